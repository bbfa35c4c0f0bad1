#include "selftest/kat.h"

#include <algorithm>
#include <array>
#include <chrono>
#include <mutex>

#include "aead/gcm.h"
#include "aead/xaes.h"
#include "kdf/kdf.h"
#include "keys/secret.h"
#include "mac/hash.h"
#include "selftest/known_answers.h"
#include "wrap/keywrap.h"

namespace mortise {
namespace {

// FIPS 180-4 and FIPS 202, the one-block examples.
template <Hash hash>
bool HashOfAbc(uint8_t twist) {
  constexpr const char* expected[kHashes] = {
      "a9993e364706816aba3e25717850c26c9cd0d89d",
      "23097d223405d8228642a477bda255b32aadbce4bda0b3f7e36c9da7",
      "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad",
      "cb00753f45a35e8bb5a03d699ac65007272c32ab0eded1631a8b605a43ff5bed"
      "8086072ba1e7cc2358baeca134c825a7",
      "ddaf35a193617abacc417349ae20413112e6fa4e89a97ea20a9eeee64b55d39a"
      "2192992a274fc1a836ba3c23a3feebbd454d4423643ce80e2a9ac94fa54ca49f",
      "53048e2681941ef99b2e29b76b4c7dabe4c2d0c634fc6d46e0e2f13107e7af23",
      "e642824c3f8cf24ad09234ee7d3c766fc9a3a5168d0c94ad73b46fdf",
      "3a985da74fe225b2045c172d6bd390bd855f086e3e9d525b46bfe24511431532",
      "ec01498288516fc926459f58e2c6ad8df9b473cb0fc08c2596da7cf0e49be4b2"
      "98d88cea927ac7f539f1edf228376d25",
      "b751850b1a57168a5693cd924b6b096e08f621827444f70d884f5d0240d2712e"
      "10e116e9192af3c91a7ec57647e3934057340b4cf408d5a56592f8274eec53f0",
  };
  Result<Octets> digest = Digest(hash, Abc(twist));
  return digest.ok() && Same(digest.value(), Hex(expected[static_cast<size_t>(hash)]));
}

bool HmacOfHiThere(Hash hash, const char* expected, uint8_t twist) {
  Result<KeyRef> key = ImportSecret(KeyType::kHmac, Octets(20, 0x0b));
  if (!key.ok()) return false;
  Result<Octets> mac = Hmac(*key.value(), hash, Altered({'H', 'i', ' ', 'T', 'h', 'e', 'r', 'e'}, twist));
  return mac.ok() && Same(mac.value(), Hex(expected));
}

// RFC 2202 section 3, test case 1.
bool HmacSha1(uint8_t twist) {
  return HmacOfHiThere(Hash::kSha1, "b617318655057264e28bc0b6fb378c8ef146be00", twist);
}

// RFC 4231 section 4.2.
bool HmacSha256(uint8_t twist) {
  return HmacOfHiThere(Hash::kSha256, "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7", twist);
}

// The same key and message; the answer is another implementation's.
bool HmacSha3(uint8_t twist) {
  return HmacOfHiThere(Hash::kSha3_256, "ba85192310dffa96e2a3a40e69774351140bb7185e1202cdcc917589f95e16bb", twist);
}

// RFC 5869 appendix A.1.
bool HkdfSha256(uint8_t twist) {
  Result<SecureBytes> okm = Hkdf(Hash::kSha256, Altered(Octets(22, 0x0b), twist), Hex("000102030405060708090a0b0c"),
                                 Hex("f0f1f2f3f4f5f6f7f8f9"), 42);
  return okm.ok() && Same(okm.value().view(), Hex("3cb25f25faacd57a90434f64d0362f2a2d2d0a90cf1a5a4c5db02d56ecc4c5bf"
                                                  "34007208d5b887185865"));
}

// RFC 7914 section 11.
bool Pbkdf2Sha256(uint8_t twist) {
  Result<SecureBytes> key = Pbkdf2(Hash::kSha256, Altered({'p', 'a', 's', 's', 'w', 'd'}, twist),
                                   ByteView(std::string_view("salt")), 1, 64);
  return key.ok() && Same(key.value().view(), Hex("55ac046e56e3089fec1691c22544b605f94185216dde0465e68b9d57c20dacbc"
                                                  "49ca9cccf179b645991664b39d77ef317c71b845b1e30bd509112041d3a19783"));
}

// The answer is another implementation's.
bool CounterKdfSha256(uint8_t twist) {
  Result<SecureBytes> key = CounterKdf(Hash::kSha256, Altered(Octets(32, 1), twist), ByteView(std::string_view("label")),
                                       ByteView(std::string_view("context")), 40);
  return key.ok() && Same(key.value().view(), Hex("fbe2327615e0fbe0295988d895cae2457c0ca27e99aacb5fcc8fdb042157d242"
                                                  "070361d8d8c2c794"));
}

// RFC 7518 appendix C.
bool ConcatKdfSha256(uint8_t twist) {
  const Octets secret = Hex("9e56d91d817135d372834283bf84269cfb316ea3da806a48f6daa7798cfe90c4");
  const Octets info = Hex("000000074131323847434d00000005416c69636500000003426f6200000080");
  Result<SecureBytes> key = ConcatKdf(Altered(secret, twist), info, 16);
  return key.ok() && Same(key.value().view(), Hex("56aa8deaf8236d205c2228cd71a7101a"));
}

// Both directions, and that a wrong tag is refused.
bool SealsAndOpens(Gcm& gcm, const uint8_t* iv, ByteView aad, ByteView plaintext, ByteView expected) {
  Octets sealed(plaintext.size + kGcmTag);
  Octets opened(plaintext.size);
  if (!gcm.Seal(iv, {{}, aad}, plaintext, sealed.data()).ok() || !Same(sealed, expected)) return false;
  if (!gcm.Open(iv, {{}, aad}, sealed, opened.data()).ok() || !Same(opened, plaintext)) return false;
  sealed.back() ^= 1;
  return !gcm.Open(iv, {{}, aad}, sealed, opened.data()).ok();
}

// The GCM specification of McGrew and Viega, test case 16.
bool AesGcm(uint8_t twist) {
  Result<Gcm> gcm = Gcm::Make(Hex("feffe9928665731c6d6a8f9467308308feffe9928665731c6d6a8f9467308308"));
  const Octets plaintext = Hex(
      "d9313225f88406e5a55909c5aff5269a86a7a9531534f7da2e4c303d8a318a72"
      "1c3c0c95956809532fcf0e2449a6b525b16aedf5aa0de657ba637b39");
  return gcm.ok() &&
         SealsAndOpens(gcm.value(), Hex("cafebabefacedbaddecaf888").data(),
                       Hex("feedfacedeadbeeffeedfacedeadbeefabaddad2"), Altered(plaintext, twist),
                       Hex("522dc1f099567d07f47f37a32a84427d643a8cdcbfe5c0c97598a2bd2555d1aa"
                           "8cb08e48590dbb3da7b08b1056828838c5f61e6393ba7a0abcc9f662"
                           "76fc6ece0f4e1768cddf8853bb2d551b"));
}

// C2SP XAES-256-GCM, both vectors: the top bit of L clear and set.
bool Xaes(uint8_t twist) {
  const struct {
    uint8_t key;
    std::string_view aad;
    const char* sealed;
  } vectors[] = {
      {1, "", "ce546ef63c9cc60765923609b33a9a1974e96e52daf2fcf7075e2271"},
      {3, "c2sp.org/XAES-256-GCM", "986ec1832593df5443a179437fd083bf3fdb41abd740a21f71eb769d"},
  };
  const ByteView nonce(std::string_view("ABCDEFGHIJKLMNOPQRSTUVWX"));
  for (const auto& vector : vectors) {
    Result<XaesKey> xaes = XaesKey::Make(Altered(Octets(32, vector.key), twist));
    if (!xaes.ok()) return false;
    Result<Gcm> gcm = xaes.value().Derive(nonce.data);
    if (!gcm.ok() || !SealsAndOpens(gcm.value(), nonce.data + kXaesPrefix, ByteView(vector.aad),
                                    ByteView(std::string_view("XAES-256-GCM")), Hex(vector.sealed))) {
      return false;
    }
  }
  return true;
}

bool Wraps(const char* kek, const Octets& bytes, WrapMode mode, const char* expected) {
  Result<KeyRef> key = ImportSecret(KeyType::kAes, Hex(kek));
  if (!key.ok()) return false;
  Result<Octets> wrapped = WrapBytes(*key.value(), bytes, mode);
  if (!wrapped.ok() || !Same(wrapped.value(), Hex(expected))) return false;
  Result<SecureBytes> unwrapped = UnwrapBytes(*key.value(), wrapped.value(), mode);
  if (!unwrapped.ok() || !Same(unwrapped.value().view(), bytes)) return false;
  wrapped.value().back() ^= 1;
  return !UnwrapBytes(*key.value(), wrapped.value(), mode).ok();
}

// RFC 3394 section 4.6.
bool KeyWrap(uint8_t twist) {
  return Wraps("000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f",
               Altered(Hex("00112233445566778899aabbccddeeff000102030405060708090a0b0c0d0e0f"), twist), WrapMode::kKw,
               "28c9f404c4b810f4cbccb35cfb87f8263f5786e2d80ed326cbc7f0e71a99f43bfb988b9b7a02dd21");
}

// RFC 5649 section 6.
bool KeyWrapPadded(uint8_t twist) {
  return Wraps("5840df6e29b02af1ab493b705bf16ea1ae8338f4dcc176a8",
               Altered(Hex("c37b7e6492584340bed12207808941155068f738"), twist), WrapMode::kKwp,
               "138bdeaa9b8fa7fc61f97742e72248ee5ae6ae5360d1ae6a5f54f373fa543b6a");
}

// Two draws differ (a health check; the generator's own tests are OpenSSL's).
bool Drbg(uint8_t twist) {
  std::array<uint8_t, 32> first = {};
  std::array<uint8_t, 32> second = {};
  if (!Random({first.data(), first.size()}).ok() || !Random({second.data(), second.size()}).ok()) return false;
  if (twist != 0) second = first;
  return first != second;
}

struct Test {
  const char* name;
  bool (*passes)(uint8_t twist);
};

constexpr Test kTests[] = {
    {"SHA-1", HashOfAbc<Hash::kSha1>},
    {"SHA-224", HashOfAbc<Hash::kSha224>},
    {"SHA-256", HashOfAbc<Hash::kSha256>},
    {"SHA-384", HashOfAbc<Hash::kSha384>},
    {"SHA-512", HashOfAbc<Hash::kSha512>},
    {"SHA-512/256", HashOfAbc<Hash::kSha512_256>},
    {"SHA3-224", HashOfAbc<Hash::kSha3_224>},
    {"SHA3-256", HashOfAbc<Hash::kSha3_256>},
    {"SHA3-384", HashOfAbc<Hash::kSha3_384>},
    {"SHA3-512", HashOfAbc<Hash::kSha3_512>},
    {"HMAC-SHA-1", HmacSha1},
    {"HMAC-SHA-256", HmacSha256},
    {"HMAC-SHA3-256", HmacSha3},
    {"HKDF-SHA-256", HkdfSha256},
    {"PBKDF2-SHA-256", Pbkdf2Sha256},
    {"SP800-108-counter", CounterKdfSha256},
    {"Concat-KDF", ConcatKdfSha256},
    {"AES-GCM", AesGcm},
    {"XAES-256-GCM", Xaes},
    {"AES-CBC", AesCbc},
    {"AES-CTR", AesCtr},
    {"AES-ECB", AesEcb},
    {"AES-XTS", AesXts},
    {"3DES", TripleDes},
    {"ChaCha20-Poly1305", ChaCha20Poly1305},
    {"AES-CMAC", AesCmac},
    {"AES-KW", KeyWrap},
    {"AES-KWP", KeyWrapPadded},
    {"RSA-PKCS1", RsaPkcs1},
    {"RSA-PSS", RsaPss},
    {"RSA-OAEP", RsaOaep},
    {"ECDSA-P-256", EcdsaP256},
    {"ECDSA-secp256k1", EcdsaSecp256k1},
    {"Ed25519", Ed25519},
    {"Ed448", Ed448},
    {"ECDH-P-256", EcdhP256},
    {"X25519", X25519},
    {"X448", X448},
    {"DRBG", Drbg},
};

std::atomic<uint8_t> twists[std::size(kTests)] = {};

}  // namespace

std::vector<SelfTestResult> RunSelfTests() {
  using Clock = std::chrono::steady_clock;
  std::vector<SelfTestResult> results;
  for (size_t i = 0; i < std::size(kTests); i++) {
    const Clock::time_point start = Clock::now();
    const bool passed = kTests[i].passes(twists[i].load());
    const std::chrono::duration<double, std::micro> took = Clock::now() - start;
    if (!passed) EnterErrorState();
    results.push_back({kTests[i].name, passed, took.count()});
  }
  return results;
}

void RunSelfTestsOnce() {
  static std::once_flag once;
  std::call_once(once, [] {
    const ErrorQueueGuard guard;
    RunSelfTests();
  });
}

bool BreakSelfTest(std::string_view name) {
  for (size_t i = 0; i < std::size(kTests); i++) {
    if (name != kTests[i].name) continue;
    twists[i].store(0x80);
    return true;
  }
  return false;
}

}  // namespace mortise
