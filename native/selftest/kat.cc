#include "selftest/kat.h"

#include <algorithm>
#include <array>
#include <chrono>
#include <cstring>
#include <mutex>

#include "aead/gcm.h"
#include "aead/xaes.h"
#include "keys/asymmetric.h"
#include "keys/secret.h"
#include "mac/hash.h"
#include "rsa/oaep.h"
#include "selftest/rsa_vectors.h"
#include "sign/signer.h"
#include "wrap/keywrap.h"

namespace mortise {
namespace {

using Octets = std::vector<uint8_t>;

uint8_t Nibble(char digit) { return static_cast<uint8_t>(digit <= '9' ? digit - '0' : digit - 'a' + 10); }

Octets Hex(std::string_view text) {
  Octets bytes;
  bytes.reserve(text.size() / 2);
  for (size_t i = 0; i + 1 < text.size(); i += 2) {
    bytes.push_back(static_cast<uint8_t>(Nibble(text[i]) << 4 | Nibble(text[i + 1])));
  }
  return bytes;
}

bool Same(ByteView a, ByteView b) { return a.size == b.size && memcmp(a.data, b.data, a.size) == 0; }

// A test takes a byte that alters its input: 0 unless the test is broken on purpose.
Octets Altered(Octets bytes, uint8_t twist) {
  bytes[0] ^= twist;
  return bytes;
}

Octets Abc(uint8_t twist) { return Altered({'a', 'b', 'c'}, twist); }

// FIPS 180-4, the one-block examples.
bool Sha(Hash hash, const char* expected, uint8_t twist) {
  Result<Octets> digest = Digest(hash, Abc(twist));
  return digest.ok() && Same(digest.value(), Hex(expected));
}

bool Sha224(uint8_t twist) {
  return Sha(Hash::kSha224, "23097d223405d8228642a477bda255b32aadbce4bda0b3f7e36c9da7", twist);
}

bool Sha256(uint8_t twist) {
  return Sha(Hash::kSha256, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad", twist);
}

bool Sha384(uint8_t twist) {
  return Sha(Hash::kSha384,
             "cb00753f45a35e8bb5a03d699ac65007272c32ab0eded1631a8b605a43ff5bed"
             "8086072ba1e7cc2358baeca134c825a7",
             twist);
}

bool Sha512(uint8_t twist) {
  return Sha(Hash::kSha512,
             "ddaf35a193617abacc417349ae20413112e6fa4e89a97ea20a9eeee64b55d39a"
             "2192992a274fc1a836ba3c23a3feebbd454d4423643ce80e2a9ac94fa54ca49f",
             twist);
}

// RFC 4231 section 4.2.
bool HmacSha256(uint8_t twist) {
  Result<KeyRef> key = ImportSecret(KeyType::kHmac, Octets(20, 0x0b));
  if (!key.ok()) return false;
  Result<Octets> mac = Hmac(*key.value(), Hash::kSha256, Altered({'H', 'i', ' ', 'T', 'h', 'e', 'r', 'e'}, twist));
  return mac.ok() && Same(mac.value(), Hex("b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7"));
}

// RFC 5869 appendix A.1.
bool HkdfSha256(uint8_t twist) {
  Result<SecureBytes> okm = Hkdf(Altered(Octets(22, 0x0b), twist), Hex("000102030405060708090a0b0c"),
                                 Hex("f0f1f2f3f4f5f6f7f8f9"), 42);
  return okm.ok() && Same(okm.value().view(), Hex("3cb25f25faacd57a90434f64d0362f2a2d2d0a90cf1a5a4c5db02d56ecc4c5bf"
                                                  "34007208d5b887185865"));
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

KeyRef PrivateKey(std::string_view pkcs8) {
  Result<SecureBytes> der = SecureBytes::Copy(Hex(pkcs8));
  if (!der.ok()) return nullptr;
  Result<KeyRef> key = RestorePrivate(std::move(der).value());
  return key.ok() ? key.value() : nullptr;
}

bool Verifies(const Key& key, const char* scheme, ByteView message, ByteView signature) {
  Result<bool> verified = Verify(key, *FindScheme(scheme), {}, message, signature);
  return verified.ok() && verified.value();
}

Octets Signed(const Key& key, const char* scheme, ByteView message) {
  Result<Signer> signer = Signer::Make(key, *FindScheme(scheme), {});
  if (!signer.ok()) return {};
  Octets signature(signer.value().largest());
  Result<size_t> size = signer.value().Sign(message, {signature.data(), signature.size()});
  signature.resize(size.ok() ? size.value() : 0);
  return signature;
}

bool SignsAndVerifies(const Key& key, const char* scheme) {
  const Octets message = Abc(0);
  const Octets signature = Signed(key, scheme, message);
  return Verifies(key, scheme, message, signature) && !Verifies(key, scheme, Abc(1), signature);
}

bool RsaPkcs1(uint8_t twist) {
  const KeyRef key = PrivateKey(kRsaPkcs8);
  const Octets signature = Hex(kRsaPkcs1Signature);
  return key != nullptr && Same(Signed(*key, "RS256", Abc(twist)), signature) &&
         Verifies(*key, "RS256", Abc(0), signature) && !Verifies(*key, "RS256", Abc(1), signature);
}

bool RsaPss(uint8_t twist) {
  const KeyRef key = PrivateKey(kRsaPkcs8);
  return key != nullptr && Verifies(*key, "PS256", Abc(twist), Hex(kRsaPssSignature)) &&
         SignsAndVerifies(*key, "PS256");
}

bool RsaOaep(uint8_t twist) {
  const KeyRef key = PrivateKey(kRsaPkcs8);
  if (key == nullptr) return false;
  Result<SecureBytes> opened = OaepDecrypt(*key, Hash::kSha256, Altered(Hex(kRsaOaepCiphertext), twist));
  if (!opened.ok() || !Same(opened.value().view(), Abc(0))) return false;
  Result<Octets> sealed = OaepEncrypt(*key, Hash::kSha256, Abc(0));
  if (!sealed.ok()) return false;
  Result<SecureBytes> again = OaepDecrypt(*key, Hash::kSha256, sealed.value());
  return again.ok() && Same(again.value().view(), Abc(0));
}

// RFC 6979 appendix A.2.5, SHA-256 of "sample".
bool EcdsaP256(uint8_t twist) {
  const KeyRef key = PrivateKey(
      "308187020100301306072a8648ce3d020106082a8648ce3d030107046d306b0201010420"
      "c9afa9d845ba75166b5c215767b1d6934e50c3db36e89b127b8a622b120f6721a14403420004"
      "60fed4ba255a9d31c961eb74c6356d68c049b8923b61fa6ce669622e60f29fb6"
      "7903fe1008b8bc99a41ae9e95628bc64f2f1b20c2d7e9f5177a3c294d4462299");
  if (key == nullptr) return false;
  const Octets message = Altered({'s', 'a', 'm', 'p', 'l', 'e'}, twist);
  const Octets signature = Hex(
      "efd48b2aacb6a8fd1140dd9cd45e81d69d2c877b56aaf991c34d0ea84eaf3716"
      "f7cb1c942d657c41d436c7a1b6e29f65f3e900dbb9aff4064dc4ab2f843acda8");
  Result<bool> verified = Verify(*key, *FindScheme("ES256"), {false, true}, message, signature);
  return verified.ok() && verified.value() && SignsAndVerifies(*key, "ES256");
}

// RFC 8032 section 7.1, test 2.
bool Ed25519(uint8_t twist) {
  const KeyRef key =
      PrivateKey("302e020100300506032b6570042204204ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb");
  return key != nullptr &&
         Same(Signed(*key, "EdDSA", Altered({0x72}, twist)),
              Hex("92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da"
                  "085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00")) &&
         SignsAndVerifies(*key, "EdDSA");
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
    {"SHA-224", Sha224},         {"SHA-256", Sha256},      {"SHA-384", Sha384},     {"SHA-512", Sha512},
    {"HMAC-SHA-256", HmacSha256}, {"HKDF-SHA-256", HkdfSha256}, {"AES-GCM", AesGcm},     {"XAES-256-GCM", Xaes},
    {"AES-KW", KeyWrap},         {"AES-KWP", KeyWrapPadded}, {"RSA-PKCS1", RsaPkcs1}, {"RSA-PSS", RsaPss},
    {"RSA-OAEP", RsaOaep},       {"ECDSA-P-256", EcdsaP256}, {"Ed25519", Ed25519},    {"DRBG", Drbg},
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
