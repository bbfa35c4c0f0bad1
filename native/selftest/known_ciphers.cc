// Known answers of the bare modes and of CMAC.
#include "cipher/mode.h"
#include "keys/secret.h"
#include "mac/cmac.h"
#include "selftest/known_answers.h"

namespace mortise {
namespace {

// Both directions; and an authenticating mode refuses a wrong tag.
bool Answers(KeyType type, const char* key_hex, const ModeParameters& parameters, const Octets& plaintext,
             const char* expected) {
  Result<KeyRef> key = ImportSecret(type, Hex(key_hex));
  if (!key.ok()) return false;
  Result<Octets> sealed = EncryptInMode(*key.value(), parameters, plaintext);
  if (!sealed.ok() || !Same(sealed.value(), Hex(expected))) return false;
  Result<Octets> opened = DecryptInMode(*key.value(), parameters, sealed.value());
  if (!opened.ok() || !Same(opened.value(), plaintext)) return false;
  if (parameters.tag == 0) return true;
  sealed.value().back() ^= 1;
  return !DecryptInMode(*key.value(), parameters, sealed.value()).ok();
}

constexpr char kKey[] = "2b7e151628aed2a6abf7158809cf4f3c";
constexpr char kBlock[] = "6bc1bee22e409f96e93d7e117393172a";

}  // namespace

// SP 800-38A appendices F.2.1, F.5.1 and F.1.1, the first block of each.
bool AesCbc(uint8_t twist) {
  const Octets iv = Hex("000102030405060708090a0b0c0d0e0f");
  return Answers(KeyType::kAes, kKey, {Mode::kCbc, false, 0, iv, {}}, Altered(Hex(kBlock), twist),
                 "7649abac8119b246cee98e9b12e9197d");
}

bool AesCtr(uint8_t twist) {
  const Octets iv = Hex("f0f1f2f3f4f5f6f7f8f9fafbfcfdfeff");
  return Answers(KeyType::kAes, kKey, {Mode::kCtr, false, 0, iv, {}}, Altered(Hex(kBlock), twist),
                 "874d6191b620e3261bef6864990db6ce");
}

bool AesEcb(uint8_t twist) {
  return Answers(KeyType::kAes, kKey, {Mode::kEcb, false, 0, {}, {}}, Altered(Hex(kBlock), twist),
                 "3ad77bb40d7a3660a89ecaf32466ef97");
}

// IEEE 1619-2007 appendix B, vector 2.
bool AesXts(uint8_t twist) {
  const Octets unit = Hex("33333333330000000000000000000000");
  return Answers(KeyType::kAesXts, "1111111111111111111111111111111122222222222222222222222222222222",
                 {Mode::kXts, false, 0, unit, {}}, Altered(Octets(32, 0x44), twist),
                 "c454185e6a16936e39334038acef838bfb186fff7480adc4289382ecd6d394f0");
}

// SP 800-67 appendix B.1.
bool TripleDes(uint8_t twist) {
  return Answers(KeyType::kTripleDes, "0123456789abcdef23456789abcdef01456789abcdef0123",
                 {Mode::kEcb, false, 0, {}, {}},
                 Altered(Hex("5468652071756663"
                             "6b2062726f776e20"
                             "666f78206a756d70"),
                         twist),
                 "a826fd8ce53b855fcce21c8112256fe668d5c05dd9b6b900");
}

// RFC 8439 section 2.8.2.
bool ChaCha20Poly1305(uint8_t twist) {
  const ByteView message(std::string_view(
      "Ladies and Gentlemen of the class of '99: If I could offer you only one tip for the future, sunscreen would be it."));
  const Octets iv = Hex("070000004041424344454647");
  const Octets aad = Hex("50515253c0c1c2c3c4c5c6c7");
  return Answers(KeyType::kChaCha20, "808182838485868788898a8b8c8d8e8f909192939495969798999a9b9c9d9e9f",
                 {Mode::kChaCha20Poly1305, false, 16, iv, aad},
                 Altered({message.data, message.data + message.size}, twist),
                 "d31a8d34648e60db7b86afbc53ef7ec2a4aded51296e08fea9e2b5a736ee62d6"
                 "3dbea45e8ca9671282fafb69da92728b1a71de0a9e060b2905d6a5b67ecd3b36"
                 "92ddbd7f2d778b8c9803aee328091b58fab324e4fad675945585808b4831d7bc"
                 "3ff4def08e4b7a9de576d26586cec64b61161ae10b594f09e26a7e902ecbd060"
                 "0691");
}

// RFC 4493 section 4, example 2.
bool AesCmac(uint8_t twist) {
  Result<KeyRef> key = ImportSecret(KeyType::kAes, Hex(kKey));
  if (!key.ok()) return false;
  Result<Octets> mac = Cmac(*key.value(), Altered(Hex(kBlock), twist));
  return mac.ok() && Same(mac.value(), Hex("070a16b46b4d4144f79bdd9dd04a287c"));
}

}  // namespace mortise
