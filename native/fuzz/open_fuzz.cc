// Records, blobs, wrapped keys, shares, key files and what a mode decrypts, made by a stranger, are refused without accident.
#include <cstdlib>

#include "aead/batch.h"
#include "aead/blob.h"
#include "cipher/mode.h"
#include "fuzz/input.h"
#include "keyfile/keyfile.h"
#include "keys/asymmetric.h"
#include "keys/secret.h"
#include "split/split.h"
#include "wrap/keywrap.h"

namespace {

using namespace mortise;

RecordCipher& CipherOf(const KeyRef& key, Layout layout) { return *new RecordCipher(RecordCipher::Make(*key, layout).value()); }

void Wrapped(const Key& key, ByteView input) {
  if (UnwrapBytes(key, input, WrapMode::kKw).ok() || UnwrapKey(key, input, WrapMode::kGcm, KeyKind::kSecret, KeyType::kAes).ok()) {
    abort();
  }
  // KWP's check is of 32 bits and some lengths: a stranger may pass it by chance.
  static_cast<void>(UnwrapKey(key, input, WrapMode::kKwp, KeyKind::kPrivate, KeyType::kEc).ok());
}

// Without authentication anything may come out, but no more than went in.
void Modes(const Key& aes, const Key& des, ByteView input) {
  Input parts(input.data, input.size);
  const ByteView iv = parts.Part();
  for (const bool padded : {false, true}) {
    for (const Key* key : {&aes, &des}) {
      Result<std::vector<uint8_t>> opened = DecryptInMode(*key, {Mode::kCbc, padded, 0, iv, {}}, parts.Rest());
      if (opened.ok() && opened.value().size() > parts.Rest().size) abort();
    }
  }
  if (DecryptInMode(aes, {Mode::kGcm, false, 16, iv, {}}, parts.Rest()).ok()) abort();
}

// Shares of any length and identifier, and kinds of keys that may not come out of them.
void Shares(ByteView input) {
  Input parts(input.data, input.size);
  std::vector<Share> shares;
  while (parts.Rest().size > 0 && shares.size() < 300) {
    const uint8_t identifier = parts.Byte();
    Result<KeyRef> key = ImportSecret(KeyType::kShare, parts.Part());
    if (key.ok()) shares.push_back({identifier, key.value()});
  }
  const uint8_t prime[] = {0x01, 0x01};
  for (const Sharing& sharing : {Sharing{SplitMethod::kXor, 0x11b, {}}, Sharing{SplitMethod::kGf8, 0x11d, {}},
                                 Sharing{SplitMethod::kGf16, 0x11b, {}}, Sharing{SplitMethod::kPrime, 0, {prime, sizeof prime}}}) {
    static_cast<void>(JoinShares(shares, sharing, 16, KeyKind::kSecret, KeyType::kAes).ok());
    static_cast<void>(JoinShares(shares, sharing, 16, KeyKind::kPrivate, KeyType::kEc).ok());
    static_cast<void>(JoinShares(shares, sharing, 16, KeyKind::kPublic, KeyType::kRsa).ok());
  }
}

// The input as offsets and lengths of batches, of the records and of their additional data, over itself.
void Batches(RecordCipher& cipher, const uint8_t* data, size_t size) {
  const ByteView arena(data, size);
  Input input(data, size);
  const size_t room = input.Word() % (2 * size + 1);
  std::vector<uint32_t> words(size / 4 / 4 * 4);
  // Small ones, too, or hardly any would lie within.
  for (uint32_t& word : words) {
    const uint32_t value = input.Word();
    word = value >> 31 == 0 ? value % static_cast<uint32_t>(size + 2) : value;
  }
  const size_t count = words.size() / 4;
  const Slices records = {words.data(), words.data() + count, count};
  const Slices aads = {words.data() + 2 * count, words.data() + 3 * count, count};
  std::vector<uint8_t> out(room);
  std::vector<uint8_t> status(count);
  for (const BatchAad& aad : {BatchAad{arena, {}}, BatchAad{arena, aads}}) {
    const ByteSpan target = {out.data(), out.size()};
    Result<Batch> opening = Batch::ToOpen(arena, records, aad, target, {status.data(), status.size()}, cipher.overhead());
    if (opening.ok()) opening.value().Open(cipher, 0, 0, opening.value().count());
    for (const uint8_t one : status) {
      if (one != 0) abort();
    }
    Result<Batch> sealing = Batch::ToSeal(arena, records, aad, target, cipher.overhead());
    if (sealing.ok() && !sealing.value().Seal(cipher, 1, 0, sealing.value().count()).ok()) abort();
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  static const KeyRef key = GenerateSecret(KeyType::kAes, 256).value();
  static const KeyRef des = GenerateSecret(KeyType::kTripleDes, 168).value();
  static RecordCipher* const ciphers[] = {&CipherOf(key, Layout::kRecord), &CipherOf(key, Layout::kBare),
                                          &CipherOf(GenerateSecret(KeyType::kAes, 128).value(), Layout::kRecord),
                                          &CipherOf(GenerateSecret(KeyType::kChaCha20, 256).value(), Layout::kBare)};
  static BlobCipher& blobs = *new BlobCipher(BlobCipher::Make(*key).value());
  const ByteView input(data, size);
  std::vector<uint8_t> out(size);
  for (RecordCipher* const cipher : ciphers) {
    if (cipher->Open(0, input, {}, out.data()).ok()) abort();
    Batches(*cipher, data, size);
  }
  if (blobs.OpenBytes(input, {}, out.data()).ok() || blobs.OpenKey(input, {}).ok()) abort();
  Wrapped(*key, input);
  Modes(*key, *des, input);
  Shares(input);
  static_cast<void>(ParseKeyFile(input).ok());
  ERR_clear_error();
  return 0;
}
