// Known answers of modes, of wrapping and of envelopes, and of shares.
#include "aead/gcm.h"
#include "aead/xaes.h"
#include "cipher/mode.h"
#include "envelope/envelope.h"
#include "keys/secret.h"
#include "selftest/known_answers.h"
#include "split/split.h"
#include "wrap/keywrap.h"

namespace mortise {
namespace {

// Both directions; and an authenticating mode refuses a wrong tag.
bool Answers(KeyType type, const Octets& key_bytes, const ModeParameters& parameters, const Octets& plaintext,
             const Octets& expected) {
  Result<KeyRef> key = ImportSecret(type, key_bytes);
  if (!key.ok()) return false;
  Result<Octets> sealed = EncryptInMode(*key.value(), parameters, plaintext);
  if (!sealed.ok() || !Same(sealed.value(), expected)) return false;
  Result<Octets> opened = DecryptInMode(*key.value(), parameters, sealed.value());
  if (!opened.ok() || !Same(opened.value(), plaintext)) return false;
  if (parameters.tag == 0) return true;
  sealed.value().back() ^= 1;
  return !DecryptInMode(*key.value(), parameters, sealed.value()).ok();
}

constexpr char kAesKey[] = "2b7e151628aed2a6abf7158809cf4f3c";
constexpr char kBlock[] = "6bc1bee22e409f96e93d7e117393172a";

// SP 800-38A appendices F.2.1, F.5.1 and F.1.1, the first block of each.
bool AesCbc(Vectors& v) {
  const Octets iv = v.Hex("000102030405060708090a0b0c0d0e0f");
  return Answers(KeyType::kAes, v.Hex(kAesKey), {Mode::kCbc, false, 0, iv, {}}, v.Hex(kBlock),
                 v.Hex("7649abac8119b246cee98e9b12e9197d"));
}

bool AesCtr(Vectors& v) {
  const Octets iv = v.Hex("f0f1f2f3f4f5f6f7f8f9fafbfcfdfeff");
  return Answers(KeyType::kAes, v.Hex(kAesKey), {Mode::kCtr, false, 0, iv, {}}, v.Hex(kBlock),
                 v.Hex("874d6191b620e3261bef6864990db6ce"));
}

bool AesEcb(Vectors& v) {
  return Answers(KeyType::kAes, v.Hex(kAesKey), {Mode::kEcb, false, 0, {}, {}}, v.Hex(kBlock),
                 v.Hex("3ad77bb40d7a3660a89ecaf32466ef97"));
}

// IEEE 1619-2007 appendix B, vector 2; with keys twice as long the answer is another implementation's.
bool AesXts(Vectors& v) {
  const Octets unit = v.Hex("33333333330000000000000000000000");
  const ModeParameters parameters = {Mode::kXts, false, 0, unit, {}};
  return Answers(KeyType::kAesXts, v.Hex("1111111111111111111111111111111122222222222222222222222222222222"), parameters,
                 v.Repeated(32, 0x44), v.Hex("c454185e6a16936e39334038acef838bfb186fff7480adc4289382ecd6d394f0")) &&
         Answers(KeyType::kAesXts,
                 v.Hex("1111111111111111111111111111111111111111111111111111111111111111"
                       "2222222222222222222222222222222222222222222222222222222222222222"),
                 parameters, v.Repeated(32, 0x44),
                 v.Hex("e622334f184bbce129a25b2ac76b3d92abf98e22df5bdd15af471f3db8946a85"));
}

constexpr char kTripleDesKey[] = "0123456789abcdef23456789abcdef01456789abcdef0123";
constexpr char kTwoPartKey[] = "0123456789abcdef23456789abcdef01";

// SP 800-67 appendix B.1; with a key of two parts the answer is another implementation's.
bool TripleDesEcb(Vectors& v) {
  const ModeParameters parameters = {Mode::kEcb, false, 0, {}, {}};
  const Octets text = v.Text("The qufck brown fox jump");
  return Answers(KeyType::kTripleDes, v.Hex(kTripleDesKey), parameters, text,
                 v.Hex("a826fd8ce53b855fcce21c8112256fe668d5c05dd9b6b900")) &&
         Answers(KeyType::kTripleDes, v.Hex(kTwoPartKey), parameters, text,
                 v.Hex("c44862f70cf2fbdc9077d0909fa91b884cabd61fc58e0cbb"));
}

// Its first block, of which an IV has turned every bit.
bool TripleDesCbc(Vectors& v) {
  const Octets iv = v.Repeated(8, 0xff);
  const ModeParameters parameters = {Mode::kCbc, false, 0, iv, {}};
  const Octets turned = v.Hex("ab979adf8e8a999c");
  return Answers(KeyType::kTripleDes, v.Hex(kTripleDesKey), parameters, turned, v.Hex("a826fd8ce53b855f")) &&
         Answers(KeyType::kTripleDes, v.Hex(kTwoPartKey), parameters, turned, v.Hex("c44862f70cf2fbdc"));
}

// RFC 8439 section 2.4.2 from its second block on would need a counter; this is appendix A.1, test vectors 1 and 2.
bool ChaCha20(Vectors& v) {
  const Octets iv = v.Repeated(12, 0);
  return Answers(KeyType::kChaCha20, v.Repeated(32, 0), {Mode::kChaCha20, false, 0, iv, {}}, Octets(128, 0),
                 v.Hex("76b8e0ada0f13d90405d6ae55386bd28bdd219b8a08ded1aa836efcc8b770dc7"
                       "da41597c5157488d7724e03fb8d84a376a43b8f41518a11cc387b669b2ee6586"
                       "9f07e7be5551387a98ba977c732d080dcb0f29a048e3656912c6533e32ee7aed"
                       "29b721769ce64e43d57133b074d839d531ed1f28510afb45ace10a1f4b794d6f"));
}

// RFC 8439 section 2.8.2.
bool ChaCha20Poly1305(Vectors& v) {
  const Octets iv = v.Hex("070000004041424344454647");
  const Octets aad = v.Hex("50515253c0c1c2c3c4c5c6c7");
  return Answers(KeyType::kChaCha20, v.Hex("808182838485868788898a8b8c8d8e8f909192939495969798999a9b9c9d9e9f"),
                 {Mode::kChaCha20Poly1305, false, 16, iv, aad},
                 v.Text("Ladies and Gentlemen of the class of '99: If I could offer you only one tip for the future, "
                        "sunscreen would be it."),
                 v.Hex("d31a8d34648e60db7b86afbc53ef7ec2a4aded51296e08fea9e2b5a736ee62d6"
                       "3dbea45e8ca9671282fafb69da92728b1a71de0a9e060b2905d6a5b67ecd3b36"
                       "92ddbd7f2d778b8c9803aee328091b58fab324e4fad675945585808b4831d7bc"
                       "3ff4def08e4b7a9de576d26586cec64b61161ae10b594f09e26a7e902ecbd060"
                       "0691"));
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

// The GCM specification of McGrew and Viega, test cases 4, 10 and 16: one for each length of key.
bool AesGcm(Vectors& v) {
  const struct {
    const char* key;
    const char* sealed;
  } vectors[] = {
      {"feffe9928665731c6d6a8f9467308308",
       "42831ec2217774244b7221b784d0d49ce3aa212f2c02a4e035c17e2329aca12e21d514b25466931c7d8f6a5aac84aa05"
       "1ba30b396a0aac973d58e0915bc94fbc3221a5db94fae95ae7121a47"},
      {"feffe9928665731c6d6a8f9467308308feffe9928665731c",
       "3980ca0b3c00e841eb06fac4872a2757859e1ceaa6efd984628593b40ca1e19c7d773d00c144c525ac619d18c84a3f47"
       "18e2448b2fe324d9ccda27102519498e80f1478f37ba55bd6d27618c"},
      {"feffe9928665731c6d6a8f9467308308feffe9928665731c6d6a8f9467308308",
       "522dc1f099567d07f47f37a32a84427d643a8cdcbfe5c0c97598a2bd2555d1aa8cb08e48590dbb3da7b08b1056828838"
       "c5f61e6393ba7a0abcc9f66276fc6ece0f4e1768cddf8853bb2d551b"},
  };
  for (const auto& vector : vectors) {
    Result<Gcm> gcm = Gcm::Make(v.Hex(vector.key));
    const Octets plaintext = v.Hex(
        "d9313225f88406e5a55909c5aff5269a86a7a9531534f7da2e4c303d8a318a72"
        "1c3c0c95956809532fcf0e2449a6b525b16aedf5aa0de657ba637b39");
    const Octets iv = v.Hex("cafebabefacedbaddecaf888");
    if (!gcm.ok() || !SealsAndOpens(gcm.value(), iv.data(), v.Hex("feedfacedeadbeeffeedfacedeadbeefabaddad2"),
                                    plaintext, v.Hex(vector.sealed))) {
      return false;
    }
  }
  return true;
}

// C2SP XAES-256-GCM, both vectors: the top bit of L clear and set.
bool Xaes(Vectors& v) {
  const struct {
    uint8_t key;
    Octets aad;
    const char* sealed;
  } vectors[] = {
      {1, {}, "ce546ef63c9cc60765923609b33a9a1974e96e52daf2fcf7075e2271"},
      {3, v.Text("c2sp.org/XAES-256-GCM"), "986ec1832593df5443a179437fd083bf3fdb41abd740a21f71eb769d"},
  };
  for (const auto& vector : vectors) {
    const Octets nonce = v.Text("ABCDEFGHIJKLMNOPQRSTUVWX");
    Result<XaesKey> xaes = XaesKey::Make(v.Repeated(32, vector.key));
    if (!xaes.ok()) return false;
    Result<Gcm> gcm = xaes.value().Derive(nonce.data());
    if (!gcm.ok() || !SealsAndOpens(gcm.value(), nonce.data() + kXaesPrefix, vector.aad, v.Text("XAES-256-GCM"),
                                    v.Hex(vector.sealed))) {
      return false;
    }
  }
  return true;
}

bool Wraps(const Octets& kek, const Octets& bytes, WrapMode mode, const Octets& expected) {
  Result<KeyRef> key = ImportSecret(KeyType::kAes, kek);
  if (!key.ok()) return false;
  Result<Octets> wrapped = WrapBytes(*key.value(), bytes, mode);
  if (!wrapped.ok() || !Same(wrapped.value(), expected)) return false;
  Result<SecureBytes> unwrapped = UnwrapBytes(*key.value(), wrapped.value(), mode);
  if (!unwrapped.ok() || !Same(unwrapped.value().view(), bytes)) return false;
  wrapped.value().back() ^= 1;
  return !UnwrapBytes(*key.value(), wrapped.value(), mode).ok();
}

// RFC 3394 section 4.6.
bool KeyWrap(Vectors& v) {
  return Wraps(v.Hex("000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f"),
               v.Hex("00112233445566778899aabbccddeeff000102030405060708090a0b0c0d0e0f"), WrapMode::kKw,
               v.Hex("28c9f404c4b810f4cbccb35cfb87f8263f5786e2d80ed326cbc7f0e71a99f43bfb988b9b7a02dd21"));
}

// RFC 5649 section 6.
bool KeyWrapPadded(Vectors& v) {
  return Wraps(v.Hex("5840df6e29b02af1ab493b705bf16ea1ae8338f4dcc176a8"),
               v.Hex("c37b7e6492584340bed12207808941155068f738"), WrapMode::kKwp,
               v.Hex("138bdeaa9b8fa7fc61f97742e72248ee5ae6ae5360d1ae6a5f54f373fa543b6a"));
}

// RFC 7516 appendix A.3: a JWE with A128KW and A128CBC-HS256.
bool CbcHmacEnvelope(Vectors& v) {
  Result<KeyRef> key = ImportSecret(KeyType::kAes, v.Hex("19ac2082e1721ab58a6afec05f854a52"));
  if (!key.ok()) return false;
  Envelope envelope;
  envelope.encrypted_key =
      v.Hex("e8a07bd3b74cf584c8807b4bbed81643c98ac1ba095b7a1ff65a1c8b39034c7cc10b6225ad3d6839");
  envelope.iv = v.Hex("03163c0c2b4368696c6c69636f746865");
  envelope.ciphertext = v.Hex("283953b577218594c6b9f31898e6064b81df7f13d252b7e6a821d7688f703866");
  envelope.tag = v.Hex("5349bf6268cdd380c9bdc7852026c255");
  const Octets header = v.Text("eyJhbGciOiJBMTI4S1ciLCJlbmMiOiJBMTI4Q0JDLUhTMjU2In0");
  Result<Octets> opened = OpenEnvelope(*key.value(), KeyManagement::kAesKw, *FindContentEncryption("A128CBC-HS256"),
                                       envelope, header, {});
  return opened.ok() && Same(opened.value(), v.Text("Live long and prosper."));
}

struct KnownShare {
  uint8_t identifier;
  const char* bytes;
};

bool Joins(Vectors& v, const Sharing& sharing, const std::vector<KnownShare>& known, std::string_view expected) {
  std::vector<Share> shares;
  for (const KnownShare& share : known) {
    Result<KeyRef> key = ImportSecret(KeyType::kShare, v.Hex(share.bytes));
    if (!key.ok()) return false;
    shares.push_back({share.identifier, key.value()});
  }
  Result<KeyRef> joined = JoinShares(shares, sharing, 16, KeyKind::kSecret, KeyType::kAes);
  return joined.ok() && Same(joined.value()->material(), v.Hex(expected));
}

// The shares are another implementation's: of a polynomial of the second degree where it is at 2, 5 and 7.
bool PolynomialShares(Vectors& v) {
  return Joins(v, {SplitMethod::kGf8, 0x11b, {}},
               {{2, "993b7ae563ac00bf412ea21d9bf415a7"},
                {5, "7049ebe291a4b7ee3ed8431a69b1265b"},
                {7, "f9638314e61da14667effb1cee582de3"}},
               "101112131415161718191a1b1c1d1e1f");
}

bool ExtensionShares(Vectors& v) {
  return Joins(v, {SplitMethod::kGf16, 0x11d, {}},
               {{2, "257753156ac1dc527515a63eb1237d9f"},
                {5, "dd6b1ac6007bed64824c04e156498990"},
                {7, "e80d5bc07eaf2721ef40b8c4fb77ea10"}},
               "101112131415161718191a1b1c1d1e1f");
}

// Of the prime 2^130 - 5.
bool NumberShares(Vectors& v) {
  const Octets prime = v.Hex("03fffffffffffffffffffffffffffffffb");
  return Joins(v, {SplitMethod::kPrime, 0, prime},
               {{2, "00e5b1a8bdab264ba48d885938c8329eac"},
                {5, "02f81805056d6ec97f4f28389debf17b3b"},
                {7, "023affe9652ebe3bc03138ce071a2fcb70"}},
               "101112131415161718191a1b1c1d1e1f");
}

bool XorShares(Vectors& v) {
  return Joins(v, {SplitMethod::kXor, 0, {}},
               {{1, "116cc7227dd8338ee9449ffa55b00b66"}, {2, "017dd53169cd2599f15d85e149ad1579"}},
               "101112131415161718191a1b1c1d1e1f");
}

}  // namespace

std::vector<KnownAnswer> CipherAnswers() {
  return {
      {"AES-GCM", AesGcm},
      {"XAES-256-GCM", Xaes},
      {"AES-CBC", AesCbc},
      {"AES-CTR", AesCtr},
      {"AES-ECB", AesEcb},
      {"AES-XTS", AesXts},
      {"3DES-ECB", TripleDesEcb},
      {"3DES-CBC", TripleDesCbc},
      {"ChaCha20", ChaCha20},
      {"ChaCha20-Poly1305", ChaCha20Poly1305},
      {"AES-KW", KeyWrap},
      {"AES-KWP", KeyWrapPadded},
      {"AES-CBC-HMAC", CbcHmacEnvelope},
      {"XOR", XorShares},
      {"PolynomialSharingGF2_8", PolynomialShares},
      {"PolynomialSharingGF2_16", ExtensionShares},
      {"PolynomialSharingPrimeField", NumberShares},
  };
}

}  // namespace mortise
