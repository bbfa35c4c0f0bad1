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

KeyRef PrivateKey(ByteView pkcs8) {
  Result<SecureBytes> der = SecureBytes::Copy(pkcs8);
  if (!der.ok()) return nullptr;
  Result<KeyRef> key = RestorePrivate(std::move(der).value());
  return key.ok() ? key.value() : nullptr;
}

const ByteView kMessage(std::string_view("abc"));
const ByteView kOtherMessage(std::string_view("abd"));

bool Verifies(const Key& key, const char* scheme, ByteView message, ByteView signature, bool p1363 = false) {
  Result<bool> verified = Verify(key, *FindScheme(scheme), {false, p1363}, message, signature);
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

// Of schemes that give one signature, which is the known one.
bool Signs(const Octets& pkcs8, const char* scheme, const Octets& message, const Octets& signature) {
  const KeyRef key = PrivateKey(pkcs8);
  return key != nullptr && Same(Signed(*key, scheme, message), signature) &&
         Verifies(*key, scheme, message, signature) && !Verifies(*key, scheme, kOtherMessage, signature);
}

// Of schemes that give another one each time.
bool KnowsSignature(const Octets& pkcs8, const char* scheme, const Octets& message, const Octets& signature,
                    bool p1363) {
  const KeyRef key = PrivateKey(pkcs8);
  return key != nullptr && Verifies(*key, scheme, message, signature, p1363) &&
         Verifies(*key, scheme, kMessage, Signed(*key, scheme, kMessage));
}

bool Rs1(Vectors& v) { return Signs(v.Hex(kRsaPkcs8), "RS1", v.Text("abc"), v.Hex(kRs1Signature)); }
bool Ps1(Vectors& v) { return KnowsSignature(v.Hex(kRsaPkcs8), "PS1", v.Text("abc"), v.Hex(kPs1Signature), false); }
bool Rs256(Vectors& v) { return Signs(v.Hex(kRsaPkcs8), "RS256", v.Text("abc"), v.Hex(kRs256Signature)); }
bool Rs384(Vectors& v) { return Signs(v.Hex(kRsaPkcs8), "RS384", v.Text("abc"), v.Hex(kRs384Signature)); }
bool Rs512(Vectors& v) { return Signs(v.Hex(kRsaPkcs8), "RS512", v.Text("abc"), v.Hex(kRs512Signature)); }
bool Ps256(Vectors& v) {
  return KnowsSignature(v.Hex(kRsaPkcs8), "PS256", v.Text("abc"), v.Hex(kPs256Signature), false);
}
bool Ps384(Vectors& v) {
  return KnowsSignature(v.Hex(kRsaPkcs8), "PS384", v.Text("abc"), v.Hex(kPs384Signature), false);
}
bool Ps512(Vectors& v) {
  return KnowsSignature(v.Hex(kRsaPkcs8), "PS512", v.Text("abc"), v.Hex(kPs512Signature), false);
}

bool RsaOaep(Vectors& v) {
  const KeyRef key = PrivateKey(v.Hex(kRsaPkcs8));
  if (key == nullptr) return false;
  const Octets message = v.Text("abc");
  Result<SecureBytes> opened = OaepDecrypt(*key, Hash::kSha256, v.Hex(kRsaOaepCiphertext));
  if (!opened.ok() || !Same(opened.value().view(), message)) return false;
  Result<Octets> sealed = OaepEncrypt(*key, Hash::kSha256, message);
  if (!sealed.ok()) return false;
  Result<SecureBytes> again = OaepDecrypt(*key, Hash::kSha256, sealed.value());
  return again.ok() && Same(again.value().view(), message);
}

// RFC 6979 appendices A.2.5, A.2.6 and A.2.7, of "sample" with the hash of the scheme.
bool Es256(Vectors& v) {
  const Octets key = v.Hex(
      "308187020100301306072a8648ce3d020106082a8648ce3d030107046d306b0201010420"
      "c9afa9d845ba75166b5c215767b1d6934e50c3db36e89b127b8a622b120f6721a14403420004"
      "60fed4ba255a9d31c961eb74c6356d68c049b8923b61fa6ce669622e60f29fb6"
      "7903fe1008b8bc99a41ae9e95628bc64f2f1b20c2d7e9f5177a3c294d4462299");
  return KnowsSignature(key, "ES256", v.Text("sample"),
                        v.Hex("efd48b2aacb6a8fd1140dd9cd45e81d69d2c877b56aaf991c34d0ea84eaf3716"
                              "f7cb1c942d657c41d436c7a1b6e29f65f3e900dbb9aff4064dc4ab2f843acda8"),
                        true);
}

bool Es384(Vectors& v) {
  const Octets key = v.Hex(
      "3081b6020100301006072a8648ce3d020106052b8104002204819e30819b0201010430"
      "6b9d3dad2e1b8c1c05b19875b6659f4de23c3b667bf297ba9aa47740787137d896d5724e4c70a825f872c9ea60d2edf5"
      "a16403620004"
      "ec3a4e415b4e19a4568618029f427fa5da9a8bc4ae92e02e06aae5286b300c64def8f0ea9055866064a254515480bc13"
      "8015d9b72d7d57244ea8ef9ac0c621896708a59367f9dfb9f54ca84b3f1c9db1288b231c3ae0d4fe7344fd2533264720");
  return KnowsSignature(key, "ES384", v.Text("sample"),
                        v.Hex("94edbb92a5ecb8aad4736e56c691916b3f88140666ce9fa73d64c4ea95ad133c81a648152e44acf96e36dd1e80fabe46"
                              "99ef4aeb15f178cea1fe40db2603138f130e740a19624526203b6351d0a3a94fa329c145786e679e7b82c71a38628ac8"),
                        true);
}

bool Es512(Vectors& v) {
  const Octets key = v.Hex(
      "3081ee020100301006072a8648ce3d020106052b810400230481d63081d30201010442"
      "00fad06daa62ba3b25d2fb40133da757205de67f5bb0018fee8c86e1b68c7e75caa896eb32f1f47c70855836a6d16fcc"
      "1466f6d8fbec67db89ec0c08b0e996b83538"
      "a181890381860004"
      "01894550d0785932e00eaa23b694f213f8c3121f86dc97a04e5a7167db4e5bcd371123d46e45db6b5d5370a7f20fb633"
      "155d38ffa16d2bd761dcac474b9a2f5023a4"
      "00493101c962cd4d2fddf782285e64584139c2f91b47f87ff82354d6630f746a28a0db25741b5b34a828008b22acc23f"
      "924faafbd4d33f81ea66956dfeaa2bfdfcf5");
  return KnowsSignature(key, "ES512", v.Text("sample"),
                        v.Hex("00c328fafcbd79dd77850370c46325d987cb525569fb63c5d3bc53950e6d4c5f174e25a1ee9017b5d450606add152b53"
                              "4931d7d4e8455cc91f9b15bf05ec36e377fa"
                              "00617cce7cf5064806c467f678d3b4080d6f1cc50af26ca209417308281b68af282623eaa63e5b5c0723d8b8c37ff077"
                              "7b1a20f8ccb1dccc43997f1ee0e44da4a67a"),
                        true);
}

constexpr char kSecp256k1Pkcs8[] =
    "308184020100301006072a8648ce3d020106052b8104000a046d306b0201010420"
    "68a2f22eab191bbfd827cd589e89706c8a90a36903f9e7f5336b42d07c7e5115a144034200045bc7"
    "633d2099b29085121a0d89d637e4147735731481f9b9a00b051dbc80777f1081a4c76d7a0e24b6bc"
    "e4078781424e76ed12c8c76b8a320686664a9b618bfd";

// A signature made once of "abc".
bool Es256k(Vectors& v) {
  return KnowsSignature(v.Hex(kSecp256k1Pkcs8), "ES256K", v.Text("abc"),
                        v.Hex("304402206608923bfe75ee6350371d58e6fd63d24dd0b63827d0462a301ec8889bd07ac2"
                              "02202222b5f9a1c0fd36db547e90fc9a50a4d64919e419741c0d27690ad1a71a5099"),
                        false);
}

// RFC 8032 section 7.1, test 2.
bool Ed25519(Vectors& v) {
  return Signs(v.Hex("302e020100300506032b6570042204204ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb"),
               "EdDSA", v.Hex("72"),
               v.Hex("92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da"
                     "085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00"));
}

// RFC 8032 section 7.4, 1 octet.
bool Ed448(Vectors& v) {
  return Signs(v.Hex("3047020100300506032b6571043b0439c4eab05d357007c632f3dbb48489924d552b08fe0c353a0d"
                     "4a1f00acda2c463afbea67c5e8d2877c5e3bc397a659949ef8021e954e0a12274e"),
               "Ed448", v.Hex("03"),
               v.Hex("26b8f91727bd62897af15e41eb43c377efb9c610d48f2335cb0bd0087810f4352541b143c4b981b7e18f62de8ccdf633"
                     "fc1bf037ab7cd779805e0dbcc0aae1cbcee1afb2e027df36bc04dcecbf154336c19f0af7e0a6472905e799f1953d2a0f"
                     "f3348ab21aa4adafd1d234441cf807c03a00"));
}

bool Agrees(const Octets& pkcs8, const Octets& spki, const Octets& secret) {
  const KeyRef key = PrivateKey(pkcs8);
  Result<PkeyPtr> peer = DecodePkey(KeyKind::kPublic, spki);
  if (key == nullptr || !peer.ok()) return false;
  Result<PkeyPtr> own = ExpandedPkey(*key);
  if (!own.ok()) return false;
  Result<SecureBytes> agreed = SharedSecret(own.value().get(), peer.value().get());
  return agreed.ok() && Same(agreed.value().view(), secret);
}

// The CAVP file of KAS ECC CDH primitives, count 0 of each curve.
bool EcdhP256(Vectors& v) {
  return Agrees(v.Hex("308187020100301306072a8648ce3d020106082a8648ce3d030107046d306b0201010420"
                      "7d7dc5f71eb29ddaf80d6214632eeae03d9058af1fb6d22ed80badb62bc1a534a144034200"
                      "04ead218590119e8876b29146ff89ca61770c4edbbf97d38ce385ed281d8a6b230"
                      "28af61281fd35e2fa7002523acc85a429cb06ee6648325389f59edfce1405141"),
                v.Hex("3059301306072a8648ce3d020106082a8648ce3d03010703420004"
                      "700c48f77f56584c5cc632ca65640db91b6bacce3a4df6b42ce7cc838833d287"
                      "db71e509e3fd9b060ddb20ba5c51dcc5948d46fbf640dfe0441782cab85fa4ac"),
                v.Hex("46fc62106420ff012e54a434fbdd2d25ccc5852060561e68040dd7778997bd7b"));
}

bool EcdhP384(Vectors& v) {
  return Agrees(v.Hex("3081b6020100301006072a8648ce3d020106052b8104002204819e30819b0201010430"
                      "3cc3122a68f0d95027ad38c067916ba0eb8c38894d22e1b15618b6818a661774ad463b205da88cf699ab4d43c9cf98a1"
                      "a16403620004"
                      "9803807f2f6d2fd966cdd0290bd410c0190352fbec7ff6247de1302df86f25d34fe4a97bef60cff548355c015dbb3e5f"
                      "ba26ca69ec2f5b5d9dad20cc9da711383a9dbe34ea3fa5a2af75b46502629ad54dd8b7d73a8abb06a3a3be47d650cc99"),
                v.Hex("3076301006072a8648ce3d020106052b8104002203620004"
                      "a7c76b970c3b5fe8b05d2838ae04ab47697b9eaf52e764592efda27fe7513272734466b400091adbf2d68c58e0c50066"
                      "ac68f19f2e1cb879aed43a9969b91a0839c4c38a49749b661efedf243451915ed0905a32b060992b468c64766fc8437a"),
                v.Hex("5f9d29dc5e31a163060356213669c8ce132e22f57c9a04f40ba7fcead493b457e5621e766c40a2e3d4d6a04b25e533f1"));
}

bool EcdhP521(Vectors& v) {
  return Agrees(v.Hex("3081ee020100301006072a8648ce3d020106052b810400230481d63081d30201010442"
                      "017eecc07ab4b329068fba65e56a1f8890aa935e57134ae0ffcce802735151f4eac6564f6ee9974c5e6887a1fefee574"
                      "3ae2241bfeb95d5ce31ddcb6f9edb4d6fc47"
                      "a181890381860004"
                      "00602f9d0cf9e526b29e22381c203c48a886c2b0673033366314f1ffbcba240ba42f4ef38a76174635f91e6b4ed34275"
                      "eb01c8467d05ca80315bf1a7bbd945f550a5"
                      "01b7c85f26f5d4b2d7355cf6b02117659943762b6d1db5ab4f1dbc44ce7b2946eb6c7de342962893fd387d1b73d7a867"
                      "2d1f236961170b7eb3579953ee5cdc88cd2d"),
                v.Hex("30819b301006072a8648ce3d020106052b810400230381860004"
                      "00685a48e86c79f0f0875f7bc18d25eb5fc8c0b07e5da4f4370f3a9490340854334b1e1b87fa395464c60626124a4e70"
                      "d0f785601d37c09870ebf176666877a2046d"
                      "01ba52c56fc8776d9e8f5db4f0cc27636d0b741bbe05400697942e80b739884a83bde99e0f6716939e632bc8986fa18d"
                      "ccd443a348b6c3e522497955a4f3c302f676"),
                v.Hex("005fc70477c3e63bc3954bd0df3ea0d1f41ee21746ed95fc5e1fdf90930d5e136672d72cc770742d1711c3c3a4c334a0"
                      "ad9759436a4d3c5bf6e74b9578fac148c831"));
}

// The answer is another implementation's.
bool EcdhSecp256k1(Vectors& v) {
  return Agrees(v.Hex(kSecp256k1Pkcs8),
                v.Hex("3056301006072a8648ce3d020106052b8104000a03420004"
                      "4646ae5047316b4230d0086c8acec687f00b1cd9d1dc634f6cb358ac0a9a8fff"
                      "fe77b4dd0a4bfb95851f3b7355c781dd60f8418fc8a65d14907aff47c903a559"),
                v.Hex("bd1c1d8b2c1e0f2d20e573b1c2ba2cd5d02d735b876af745a895d770369f03d9"));
}

// RFC 7748 section 5.2.
bool X25519(Vectors& v) {
  return Agrees(
      v.Hex("302e020100300506032b656e04220420a546e36bf0527c9d3b16154b82465edd62144c0ac1fc5a18506a2244ba449ac4"),
      v.Hex("302a300506032b656e032100e6db6867583030db3594c1a424b15f7c726624ec26b3353b10a903a6d0ab1c4c"),
      v.Hex("c3da55379de9c6908e94ea4df28d084f32eccf03491c71f754b4075577a28552"));
}

bool X448(Vectors& v) {
  return Agrees(
      v.Hex("3046020100300506032b656f043a0438"
            "3d262fddf9ec8e88495266fea19a34d28882acef045104d0d1aae121700a779c984c24f8cdd78fbff44943eba368f54b"
            "29259a4f1c600ad3"),
      v.Hex("3042300506032b656f033900"
            "06fce640fa3487bfda5f6cf2d5263f8aad88334cbd07437f020f08f9814dc031ddbdc38c19c6da2583fa5429db94ada1"
            "8aa7a7fb4ef8a086"),
      v.Hex("ce3e4ff95a60dc6697da1db1d85e6afbdf79b50a2412d7546d5f239fe14fbaadeb445fc66a01b0779d98223961111e21"
            "766282f73dd96b6f"));
}

}  // namespace

std::vector<KnownAnswer> AsymmetricAnswers() {
  return {
      {"RS256", Rs256},
      {"RS384", Rs384},
      {"RS512", Rs512},
      {"PS256", Ps256},
      {"PS384", Ps384},
      {"PS512", Ps512},
      {"RS1", Rs1},
      {"PS1", Ps1},
      {"ES256", Es256},
      {"ES384", Es384},
      {"ES512", Es512},
      {"ES256K", Es256k},
      {"EdDSA", Ed25519},
      {"Ed448", Ed448},
      {"RSA-OAEP-256", RsaOaep},
      {"ECDH-P-256", EcdhP256},
      {"ECDH-P-384", EcdhP384},
      {"ECDH-P-521", EcdhP521},
      {"ECDH-secp256k1", EcdhSecp256k1},
      {"X25519", X25519},
      {"X448", X448},
  };
}

}  // namespace mortise
