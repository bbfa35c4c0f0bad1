#include <sys/wait.h>
#include <unistd.h>

#include <cstring>
#include <string>
#include <thread>

#include "aead/batch.h"
#include "aead/blob.h"
#include "aead/gcm.h"
#include "aead/xaes.h"
#include "check.h"
#include "keyfile/keyfile.h"
#include "keys/secret.h"
#include "selftest/kat.h"
#include "wrap/keywrap.h"

namespace mortise {
namespace {

ByteView Text(const char* text) { return ByteView(std::string_view(text)); }

}  // namespace

void TestSelfTests() {
  for (const SelfTestResult& result : RunSelfTests()) {
    if (!result.passed) std::fprintf(stderr, "%s\n", result.name);
    CHECK(result.passed);
  }
}

void TestSecureMemory() {
  std::vector<SecureBytes> all;
  for (size_t size : {0, 1, 31, 32, 33, 4096, 4097, 100000}) {
    Result<SecureBytes> made = SecureBytes::Make(size);
    CHECK(made.ok() && made.value().size() == size);
    for (size_t i = 0; i < size; i++) CHECK(made.value().data()[i] == 0);
    if (size > 0) memset(made.value().data(), 0xa5, size);
    all.push_back(std::move(made).value());
  }
  CHECK(!SecureBytes::Make(size_t{1} << 40).ok());

  // The next one of a size gets the slot of the last, wiped.
  const uint8_t* slot = nullptr;
  {
    Result<SecureBytes> first = SecureBytes::Copy(Text("0123456789abcdef0123456789abcdef"));
    CHECK(first.ok());
    slot = first.value().data();
  }
  Result<SecureBytes> second = SecureBytes::Make(32);
  CHECK(second.ok() && second.value().data() == slot);
  for (size_t i = 0; i < 32; i++) CHECK(slot[i] == 0);

  memset(second.value().data(), 0x5a, 32);
  const pid_t child = fork();
  if (child == 0) _exit(slot[0] == 0 ? 0 : 1);
  int status = 1;
  CHECK(waitpid(child, &status, 0) == child && WIFEXITED(status) && WEXITSTATUS(status) == 0);

  std::vector<std::thread> threads;
  for (int i = 0; i < 4; i++) {
    threads.emplace_back([] {
      for (size_t n = 0; n < 5000; n++) CHECK(SecureBytes::Make(n % 5000).ok());
    });
  }
  for (std::thread& thread : threads) thread.join();
}

void TestRecords() {
  for (uint32_t bits : {128, 192, 256}) {
    Result<KeyRef> key = GenerateSecret(KeyType::kAes, bits);
    CHECK(key.ok());
    Result<RecordCipher> cipher = RecordCipher::Make(*key.value());
    CHECK(cipher.ok());
    const size_t overhead = cipher.value().overhead();
    const ByteView text = Text("the plaintext");
    std::vector<uint8_t> record(text.size + overhead);
    std::vector<uint8_t> opened(text.size);
    CHECK(cipher.value().Seal(3, text, Text("aad"), record.data()).ok());
    CHECK(cipher.value().Open(3, record, Text("aad"), opened.data()).ok());
    CHECK(memcmp(opened.data(), text.data, text.size) == 0);
    for (size_t i = 0; i < record.size(); i++) {
      record[i] ^= 1;
      memset(opened.data(), 0xff, opened.size());
      CHECK(!cipher.value().Open(3, record, Text("aad"), opened.data()).ok());
      for (uint8_t byte : opened) CHECK(byte == 0);
      record[i] ^= 1;
    }
  }
}

namespace {

// What SHAKE-128 makes of the input; with OpenSSL before 3.3 it is squeezed out all at once.
std::vector<uint8_t> Shake128(ByteView input, size_t size) {
  std::vector<uint8_t> out(size);
  const MdCtxPtr ctx(EVP_MD_CTX_new());
  CHECK(ctx != nullptr && EVP_DigestInit_ex2(ctx.get(), EVP_shake128(), nullptr) == 1 &&
        EVP_DigestUpdate(ctx.get(), input.data, input.size) == 1 && EVP_DigestFinalXOF(ctx.get(), out.data(), size) == 1);
  return out;
}

}  // namespace

// C2SP XAES-256-GCM, the accumulated randomized test of 10,000 iterations.
void TestXaes() {
  constexpr size_t kIterations = 10000;
  const std::vector<uint8_t> stream = Shake128({}, kIterations * (32 + kXaesNonce + 2 + 2 * 255));
  CHECK(stream[0] == 0x7f && stream[1] == 0x9c);
  const uint8_t* at = stream.data();
  const auto read = [&at](size_t size) {
    const ByteView part(at, size);
    at += size;
    return part;
  };
  std::vector<uint8_t> all;
  for (size_t i = 0; i < kIterations; i++) {
    Result<XaesKey> key = XaesKey::Make(read(32));
    const ByteView nonce = read(kXaesNonce);
    const ByteView plaintext = read(read(1).data[0]);
    const ByteView aad = read(read(1).data[0]);
    CHECK(key.ok());
    Result<Gcm> gcm = key.value().Derive(nonce.data);
    CHECK(gcm.ok());
    const uint8_t* const iv = nonce.data + kXaesPrefix;
    const size_t begin = all.size();
    all.resize(begin + plaintext.size + kGcmTag);
    CHECK(gcm.value().Seal(iv, {{}, aad}, plaintext, all.data() + begin).ok());
    std::vector<uint8_t> opened(plaintext.size);
    const ByteView sealed(all.data() + begin, plaintext.size + kGcmTag);
    CHECK(gcm.value().Open(iv, {{}, aad}, sealed, opened.data()).ok());
    CHECK(plaintext.size == 0 || memcmp(opened.data(), plaintext.data, plaintext.size) == 0);
  }
  constexpr uint8_t expected[] = {0xe6, 0xb9, 0xed, 0xf2, 0xdf, 0x6c, 0xec, 0x60, 0xc8, 0xcb, 0xd8,
                                  0x64, 0xe2, 0x21, 0x1b, 0x59, 0x7f, 0xb6, 0x9a, 0x52, 0x91, 0x60,
                                  0xcd, 0x04, 0x0d, 0x56, 0xc0, 0xc2, 0x10, 0x08, 0x19, 0x39};
  CHECK(memcmp(Shake128(all, sizeof expected).data(), expected, sizeof expected) == 0);
}

void TestKeyWrap() {
  Result<KeyRef> key = GenerateSecret(KeyType::kAes, 256);
  CHECK(key.ok());
  for (size_t size = 1; size < 100; size++) {
    const std::vector<uint8_t> bytes(size, 7);
    Result<std::vector<uint8_t>> wrapped = WrapBytes(*key.value(), bytes, WrapMode::kKwp);
    CHECK(wrapped.ok());
    Result<SecureBytes> back = UnwrapBytes(*key.value(), wrapped.value(), WrapMode::kKwp);
    CHECK(back.ok() && back.value().size() == size && memcmp(back.value().data(), bytes.data(), size) == 0);
    CHECK(WrapBytes(*key.value(), bytes, WrapMode::kKw).ok() == (size >= 16 && size % 8 == 0));
  }
  for (size_t size = 0; size < 24; size++) {
    CHECK(!UnwrapBytes(*key.value(), std::vector<uint8_t>(size), WrapMode::kKw).ok());
  }
}

void TestKeyFile() {
  char directory[] = "/tmp/mortise-XXXXXX";
  CHECK(mkdtemp(directory) != nullptr);
  const std::string path = std::string(directory) + "/root.key";
  CHECK(CreateKeyFile(path).ok());
  CHECK(!CreateKeyFile(path).ok());
  CHECK(ReadKeyFile(path).ok());
  CHECK(unlink(path.c_str()) == 0 && rmdir(directory) == 0);
  CHECK(!ReadKeyFile(path).ok());
}

}  // namespace mortise
