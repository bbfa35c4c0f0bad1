// Known answers of hashes, MACs and derivations.
#include "kdf/kdf.h"
#include "keys/secret.h"
#include "mac/hash.h"
#include "mac/mac.h"
#include "selftest/known_answers.h"

namespace mortise {
namespace {

// FIPS 180-4 and FIPS 202, the one-block examples.
template <Hash hash>
bool HashOfAbc(Vectors& v) {
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
  Result<Octets> digest = Digest(hash, v.Text("abc"));
  return digest.ok() && Same(digest.value(), v.Hex(expected[static_cast<size_t>(hash)]));
}

// RFC 2202 section 3 and RFC 4231 section 4.2, test case 1 of each; for SHA-512/256 and SHA-3 the same key and message with the
// answer of another implementation.
template <Hash hash>
bool HmacOfHiThere(Vectors& v) {
  constexpr const char* expected[kHashes] = {
      "b617318655057264e28bc0b6fb378c8ef146be00",
      "896fb1128abbdf196832107cd49df33f47b4b1169912ba4f53684b22",
      "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7",
      "afd03944d84895626b0825f4ab46907f15f9dadbe4101ec682aa034c7cebc59c"
      "faea9ea9076ede7f4af152e8b2fa9cb6",
      "87aa7cdea5ef619d4ff0b4241a1d6cb02379f4e2ce4ec2787ad0b30545e17cde"
      "daa833b7d6b8a702038b274eaea3f4e4be9d914eeb61f1702e696c203a126854",
      "9f9126c3d9c3c330d760425ca8a217e31feae31bfe70196ff81642b868402eab",
      "3b16546bbc7be2706a031dcafd56373d9884367641d8c59af3c860f7",
      "ba85192310dffa96e2a3a40e69774351140bb7185e1202cdcc917589f95e16bb",
      "68d2dcf7fd4ddd0a2240c8a437305f61fb7334cfb5d0226e1bc27dc10a2e723a"
      "20d370b47743130e26ac7e3d532886bd",
      "eb3fbd4b2eaab8f5c504bd3a41465aacec15770a7cabac531e482f860b5ec7ba"
      "47ccb2c6f2afce8f88d22b6dc61380f23a668fd3888bb80537c0a0b86407689e",
  };
  Result<KeyRef> key = ImportSecret(KeyType::kHmac, v.Repeated(20, 0x0b));
  if (!key.ok()) return false;
  Result<Octets> mac = Hmac(*key.value(), hash, v.Text("Hi There"));
  return mac.ok() && Same(mac.value(), v.Hex(expected[static_cast<size_t>(hash)]));
}

// RFC 4493 section 4, example 2.
bool AesCmac(Vectors& v) {
  Result<KeyRef> key = ImportSecret(KeyType::kAes, v.Hex("2b7e151628aed2a6abf7158809cf4f3c"));
  if (!key.ok()) return false;
  Result<Mac> cmac = Mac::Make(*key.value(), std::nullopt);
  Octets made(16);
  return cmac.ok() && cmac.value().Generate(v.Hex("6bc1bee22e409f96e93d7e117393172a"), made.data()).ok() &&
         Same(made, v.Hex("070a16b46b4d4144f79bdd9dd04a287c"));
}

// RFC 5869 appendix A.1.
bool HkdfSha256(Vectors& v) {
  Result<SecureBytes> okm = Hkdf(Hash::kSha256, v.Repeated(22, 0x0b), v.Hex("000102030405060708090a0b0c"),
                                 v.Hex("f0f1f2f3f4f5f6f7f8f9"), 42);
  return okm.ok() && Same(okm.value().view(), v.Hex("3cb25f25faacd57a90434f64d0362f2a2d2d0a90cf1a5a4c5db02d56ecc4c5bf"
                                                    "34007208d5b887185865"));
}

// RFC 7914 section 11.
bool Pbkdf2Sha256(Vectors& v) {
  Result<SecureBytes> key = Pbkdf2(Hash::kSha256, v.Text("passwd"), v.Text("salt"), 1, 64);
  return key.ok() && Same(key.value().view(), v.Hex("55ac046e56e3089fec1691c22544b605f94185216dde0465e68b9d57c20dacbc"
                                                    "49ca9cccf179b645991664b39d77ef317c71b845b1e30bd509112041d3a19783"));
}

// The answers of this and the next two are another implementation's.
bool CounterKdfSha256(Vectors& v) {
  Result<SecureBytes> key = CounterKdf(Hash::kSha256, v.Repeated(32, 1), v.Text("label"), v.Text("context"), 40);
  return key.ok() && Same(key.value().view(), v.Hex("fbe2327615e0fbe0295988d895cae2457c0ca27e99aacb5fcc8fdb042157d242"
                                                    "070361d8d8c2c794"));
}

bool FeedbackKdfSha256(Vectors& v) {
  Result<SecureBytes> key = FeedbackKdf(Hash::kSha256, v.Repeated(32, 1), v.Text("label"), v.Text("context"), 40);
  return key.ok() && Same(key.value().view(), v.Hex("fbe2327615e0fbe0295988d895cae2457c0ca27e99aacb5fcc8fdb042157d242"
                                                    "e4761ba532539057"));
}

bool PipelineKdfSha256(Vectors& v) {
  Result<SecureBytes> key = PipelineKdf(Hash::kSha256, v.Repeated(32, 1), v.Text("label"), v.Text("context"), 40);
  return key.ok() && Same(key.value().view(), v.Hex("3aca6d63e05e5173ec9d06d9eb24377220ae181e4ebbf5f830924db55689b0b0"
                                                    "3f86bd3975bfaf03"));
}

// RFC 7518 appendix C.
bool ConcatKdfSha256(Vectors& v) {
  Result<SecureBytes> key =
      ConcatKdf(v.Hex("9e56d91d817135d372834283bf84269cfb316ea3da806a48f6daa7798cfe90c4"),
                v.Hex("000000074131323847434d00000005416c69636500000003426f6200000080"), 16);
  return key.ok() && Same(key.value().view(), v.Hex("56aa8deaf8236d205c2228cd71a7101a"));
}

}  // namespace

std::vector<KnownAnswer> HashAnswers() {
  return {
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
      {"HMAC-SHA-1", HmacOfHiThere<Hash::kSha1>},
      {"HMAC-SHA-224", HmacOfHiThere<Hash::kSha224>},
      {"HMAC-SHA-256", HmacOfHiThere<Hash::kSha256>},
      {"HMAC-SHA-384", HmacOfHiThere<Hash::kSha384>},
      {"HMAC-SHA-512", HmacOfHiThere<Hash::kSha512>},
      {"HMAC-SHA-512/256", HmacOfHiThere<Hash::kSha512_256>},
      {"HMAC-SHA3-224", HmacOfHiThere<Hash::kSha3_224>},
      {"HMAC-SHA3-256", HmacOfHiThere<Hash::kSha3_256>},
      {"HMAC-SHA3-384", HmacOfHiThere<Hash::kSha3_384>},
      {"HMAC-SHA3-512", HmacOfHiThere<Hash::kSha3_512>},
      {"AES-CMAC", AesCmac},
      {"HKDF-SHA-256", HkdfSha256},
      {"PBKDF2-SHA-256", Pbkdf2Sha256},
      {"SP800-108-counter", CounterKdfSha256},
      {"SP800-108-feedback", FeedbackKdfSha256},
      {"SP800-108-pipeline", PipelineKdfSha256},
      {"Concat-KDF", ConcatKdfSha256},
  };
}

}  // namespace mortise
