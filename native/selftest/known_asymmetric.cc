// Known answers of signatures, RSA-OAEP and key agreement.
#include "kdf/agree.h"
#include "keys/asymmetric.h"
#include "keys/pkey_cache.h"
#include "rsa/oaep.h"
#include "selftest/known_answers.h"
#include "selftest/rsa_vectors.h"
#include "sign/signer.h"

namespace mortise {
namespace {

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

// The secret of a private and a public key, whose altered bit is of the secret that is expected.
bool Agrees(std::string_view pkcs8, std::string_view spki, std::string_view secret, uint8_t twist) {
  const KeyRef key = PrivateKey(pkcs8);
  Result<PkeyPtr> peer = DecodePkey(KeyKind::kPublic, Hex(spki));
  if (key == nullptr || !peer.ok()) return false;
  Result<PkeyPtr> own = ExpandedPkey(*key);
  if (!own.ok()) return false;
  Result<SecureBytes> agreed = SharedSecret(own.value().get(), peer.value().get());
  return agreed.ok() && Same(agreed.value().view(), Altered(Hex(secret), twist));
}

}  // namespace

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

// A signature made once of SHA-256 of "abc".
bool EcdsaSecp256k1(uint8_t twist) {
  const KeyRef key = PrivateKey(
      "308184020100301006072a8648ce3d020106052b8104000a046d306b0201010420"
      "68a2f22eab191bbfd827cd589e89706c8a90a36903f9e7f5336b42d07c7e5115a144034200045bc7"
      "633d2099b29085121a0d89d637e4147735731481f9b9a00b051dbc80777f1081a4c76d7a0e24b6bc"
      "e4078781424e76ed12c8c76b8a320686664a9b618bfd");
  return key != nullptr &&
         Verifies(*key, "ES256K", Abc(twist),
                  Hex("304402206608923bfe75ee6350371d58e6fd63d24dd0b63827d0462a301ec8889bd07ac2"
                      "02202222b5f9a1c0fd36db547e90fc9a50a4d64919e419741c0d27690ad1a71a5099")) &&
         SignsAndVerifies(*key, "ES256K");
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

// RFC 8032 section 7.4, 1 octet.
bool Ed448(uint8_t twist) {
  const KeyRef key = PrivateKey(
      "3047020100300506032b6571043b0439c4eab05d357007c632f3dbb48489924d552b08fe0c353a0d"
      "4a1f00acda2c463afbea67c5e8d2877c5e3bc397a659949ef8021e954e0a12274e");
  return key != nullptr &&
         Same(Signed(*key, "Ed448", Altered({0x03}, twist)),
              Hex("26b8f91727bd62897af15e41eb43c377efb9c610d48f2335cb0bd0087810f4352541b143c4b981b7e18f62de8ccdf633"
                  "fc1bf037ab7cd779805e0dbcc0aae1cbcee1afb2e027df36bc04dcecbf154336c19f0af7e0a6472905e799f1953d2a0f"
                  "f3348ab21aa4adafd1d234441cf807c03a00")) &&
         SignsAndVerifies(*key, "Ed448");
}

// The CAVP file of KAS ECC CDH primitives, P-256, count 0.
bool EcdhP256(uint8_t twist) {
  return Agrees(
      "308187020100301306072a8648ce3d020106082a8648ce3d030107046d306b0201010420"
      "7d7dc5f71eb29ddaf80d6214632eeae03d9058af1fb6d22ed80badb62bc1a534a144034200"
      "04ead218590119e8876b29146ff89ca61770c4edbbf97d38ce385ed281d8a6b230"
      "28af61281fd35e2fa7002523acc85a429cb06ee6648325389f59edfce1405141",
      "3059301306072a8648ce3d020106082a8648ce3d03010703420004"
      "700c48f77f56584c5cc632ca65640db91b6bacce3a4df6b42ce7cc838833d287"
      "db71e509e3fd9b060ddb20ba5c51dcc5948d46fbf640dfe0441782cab85fa4ac",
      "46fc62106420ff012e54a434fbdd2d25ccc5852060561e68040dd7778997bd7b", twist);
}

// RFC 7748 section 5.2.
bool X25519(uint8_t twist) {
  return Agrees(
      "302e020100300506032b656e04220420a546e36bf0527c9d3b16154b82465edd62144c0ac1fc5a18506a2244ba449ac4",
      "302a300506032b656e032100e6db6867583030db3594c1a424b15f7c726624ec26b3353b10a903a6d0ab1c4c",
      "c3da55379de9c6908e94ea4df28d084f32eccf03491c71f754b4075577a28552", twist);
}

bool X448(uint8_t twist) {
  return Agrees(
      "3046020100300506032b656f043a0438"
      "3d262fddf9ec8e88495266fea19a34d28882acef045104d0d1aae121700a779c984c24f8cdd78fbff44943eba368f54b29259a4f1c600ad3",
      "3042300506032b656f033900"
      "06fce640fa3487bfda5f6cf2d5263f8aad88334cbd07437f020f08f9814dc031ddbdc38c19c6da2583fa5429db94ada18aa7a7fb4ef8a086",
      "ce3e4ff95a60dc6697da1db1d85e6afbdf79b50a2412d7546d5f239fe14fbaadeb445fc66a01b0779d98223961111e21766282f73dd96b6f",
      twist);
}

}  // namespace mortise
