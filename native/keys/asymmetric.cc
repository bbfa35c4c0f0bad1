#include "keys/asymmetric.h"

#include <cstring>
#include <string_view>

#include "common/arena.h"
#include "keys/pkey_cache.h"
#include "keys/pkey_check.h"
#include "selftest/state.h"
#include "sign/signer.h"

namespace mortise {
namespace {

// Far above an RSA-4096 key, far below what would cost time.
constexpr size_t kLargestDer = 16 * 1024;

Result<PkeyPtr> DecodePrivate(ByteView pkcs8) {
  const uint8_t* at = pkcs8.data;
  Pkcs8Ptr info;
  PkeyPtr pkey = InArena([&]() -> PkeyPtr {
    info.reset(d2i_PKCS8_PRIV_KEY_INFO(nullptr, &at, static_cast<long>(pkcs8.size)));
    if (info == nullptr || at != pkcs8.data + pkcs8.size) return nullptr;
    PkeyPtr decoded(EVP_PKCS82PKEY(info.get()));
    KeepInArena(decoded.get());
    return decoded;
  });
  if (info == nullptr || at != pkcs8.data + pkcs8.size) {
    return Error{Code::kKeyInvalid, "the private key is not PKCS#8 in DER"};
  }
  if (pkey == nullptr) return Error{Code::kKeyInvalid, "the private key is of no known algorithm or is damaged"};
  return pkey;
}

// The private keys inside PKCS#8 that have a version of their own: 0 of RSA (two primes, RFC 8017 appendix A.1.2), 1 of EC
// (RFC 5915 section 3). OpenSSL takes any and writes it again.
Status CheckVersion(ByteView pkcs8, KeyType type) {
  if (type != KeyType::kRsa && type != KeyType::kEc) return Done{};
  const uint8_t* at = pkcs8.data;
  const Pkcs8Ptr info = InArena([&] { return Pkcs8Ptr(d2i_PKCS8_PRIV_KEY_INFO(nullptr, &at, static_cast<long>(pkcs8.size))); });
  const uint8_t* inner = nullptr;
  int size = 0;
  if (info == nullptr || PKCS8_pkey_get0(nullptr, &inner, &size, nullptr, info.get()) != 1) return Code::kCryptoFailed;
  const uint8_t version[] = {V_ASN1_INTEGER, 1, static_cast<uint8_t>(type == KeyType::kEc ? 1 : 0)};
  long length = 0;
  int tag = 0;
  int kind = 0;
  const uint8_t* const end = inner + size;
  const bool opened = (ASN1_get_object(&inner, &length, &tag, &kind, size) & 0x80) == 0;
  if (!opened || end - inner < static_cast<long>(sizeof version) || memcmp(inner, version, sizeof version) != 0) {
    return Error{Code::kKeyInvalid, "the private key is of an unknown version"};
  }
  return Done{};
}

// SubjectPublicKeyInfo of the curves up to the coordinates of an uncompressed point (RFC 5480 section 2), which are all that
// differs from key to key.
struct EcHead {
  Curve curve;
  size_t coordinates;
  std::string_view der;
};

using std::string_view_literals::operator""sv;

constexpr EcHead kEcHeads[] = {
    {Curve::kP256, 64, "\x30\x59\x30\x13\x06\x07\x2a\x86\x48\xce\x3d\x02\x01\x06\x08\x2a\x86\x48\xce\x3d\x03\x01\x07\x03\x42\x00\x04"sv},
    {Curve::kP384, 96, "\x30\x76\x30\x10\x06\x07\x2a\x86\x48\xce\x3d\x02\x01\x06\x05\x2b\x81\x04\x00\x22\x03\x62\x00\x04"sv},
    {Curve::kP521, 132, "\x30\x81\x9b\x30\x10\x06\x07\x2a\x86\x48\xce\x3d\x02\x01\x06\x05\x2b\x81\x04\x00\x23\x03\x81\x86\x00\x04"sv},
    {Curve::kSecp256k1, 64, "\x30\x56\x30\x10\x06\x07\x2a\x86\x48\xce\x3d\x02\x01\x06\x05\x2b\x81\x04\x00\x0a\x03\x42\x00\x04"sv},
};

const EcHead* EcHeadOf(ByteView spki) {
  for (const EcHead& head : kEcHeads) {
    if (spki.size == head.der.size() + head.coordinates && memcmp(spki.data, head.der.data(), head.der.size()) == 0) return &head;
  }
  return nullptr;
}

// OpenSSL's decoders and encoders try one format after another: this takes a fifth of their time. A point that is not on the curve
// is refused.
PkeyPtr EcPublic(const EcHead& head, ByteView spki) {
  const ByteView point(spki.data + head.der.size() - 1, head.coordinates + 1);
  OSSL_PARAM params[] = {
      OSSL_PARAM_construct_utf8_string(OSSL_PKEY_PARAM_GROUP_NAME, const_cast<char*>(CurveName(head.curve)), 0),
      OSSL_PARAM_construct_octet_string(OSSL_PKEY_PARAM_PUB_KEY, const_cast<uint8_t*>(point.data), point.size),
      OSSL_PARAM_construct_end(),
  };
  const PkeyCtxPtr ctx(EVP_PKEY_CTX_new_from_name(nullptr, "EC", nullptr));
  EVP_PKEY* pkey = nullptr;
  if (ctx == nullptr || EVP_PKEY_fromdata_init(ctx.get()) != 1 ||
      EVP_PKEY_fromdata(ctx.get(), &pkey, EVP_PKEY_PUBLIC_KEY, params) != 1) {
    return nullptr;
  }
  return PkeyPtr(pkey);
}

Result<PkeyPtr> DecodePublic(ByteView spki) {
  if (const EcHead* head = EcHeadOf(spki)) {
    PkeyPtr pkey = EcPublic(*head, spki);
    if (pkey == nullptr) return Error{Code::kKeyInvalid, "the public key is not a point of its curve"};
    return pkey;
  }
  const uint8_t* at = spki.data;
  PkeyPtr pkey(d2i_PUBKEY(nullptr, &at, static_cast<long>(spki.size)));
  if (pkey == nullptr || at != spki.data + spki.size) {
    return Error{Code::kKeyInvalid, "the public key is not a SubjectPublicKeyInfo in DER of a known algorithm"};
  }
  return pkey;
}

Result<SecureBytes> EncodePrivate(EVP_PKEY* pkey) {
  const Pkcs8Ptr info = InArena([pkey] { return Pkcs8Ptr(EVP_PKEY2PKCS8(pkey)); });
  const int size = info == nullptr ? -1 : i2d_PKCS8_PRIV_KEY_INFO(info.get(), nullptr);
  if (size <= 0) return Code::kCryptoFailed;
  MORTISE_TRY(der, SecureBytes::Make(static_cast<size_t>(size)));
  uint8_t* at = der.data();
  if (i2d_PKCS8_PRIV_KEY_INFO(info.get(), &at) != size) return Code::kCryptoFailed;
  return der;
}

// Empty where it is not of a listed curve, or its point is not written uncompressed.
std::vector<uint8_t> EncodeEcPublic(EVP_PKEY* pkey, Curve curve) {
  for (const EcHead& head : kEcHeads) {
    if (head.curve != curve) continue;
    const size_t before = head.der.size() - 1;
    std::vector<uint8_t> der(head.der.begin(), head.der.end());
    der.resize(head.der.size() + head.coordinates);
    size_t size = 0;
    if (EVP_PKEY_get_octet_string_param(pkey, OSSL_PKEY_PARAM_PUB_KEY, der.data() + before, der.size() - before, &size) == 1 &&
        size == der.size() - before && der[before] == POINT_CONVERSION_UNCOMPRESSED) {
      return der;
    }
  }
  return {};
}

Result<std::vector<uint8_t>> EncodePublic(EVP_PKEY* pkey, Curve curve) {
  if (std::vector<uint8_t> der = EncodeEcPublic(pkey, curve); !der.empty()) return der;
  const int size = i2d_PUBKEY(pkey, nullptr);
  if (size <= 0) return Code::kCryptoFailed;
  std::vector<uint8_t> der(static_cast<size_t>(size));
  uint8_t* at = der.data();
  if (i2d_PUBKEY(pkey, &at) != size) return Code::kCryptoFailed;
  return der;
}

Status Uncompress(EVP_PKEY* pkey, KeyType type) {
  if (type != KeyType::kEc) return Done{};
  if (EVP_PKEY_set_utf8_string_param(pkey, OSSL_PKEY_PARAM_EC_POINT_CONVERSION_FORMAT, "uncompressed") != 1) {
    return Code::kCryptoFailed;
  }
  return Done{};
}

Result<KeyRef> NewKey(KeyKind kind, const PkeyPtr& pkey, const PkeyShape& shape, SecureBytes der) {
  KeyRef key = Key::MakeAsymmetric(kind, shape.type, shape.curve, shape.bits, std::move(der));
  RememberPkey(*key, pkey);
  return key;
}

Result<KeyRef> PrivateKey(const PkeyPtr& pkey, const PkeyShape& shape) {
  MORTISE_CHECK(Uncompress(pkey.get(), shape.type));
  MORTISE_TRY(der, EncodePrivate(pkey.get()));
  return NewKey(KeyKind::kPrivate, pkey, shape, std::move(der));
}

Result<KeyPair> CheckedPair(PkeyPtr pkey) {
  if (pkey == nullptr) return Error{Code::kCryptoFailed, "the key pair could not be generated"};
  MORTISE_TRY(shape, ShapeOf(pkey.get()));
  MORTISE_TRY(private_key, PrivateKey(pkey, shape));
  MORTISE_TRY(spki, EncodePublic(pkey.get(), shape.curve));
  if (!PairwiseCheck(*private_key, spki).ok()) {
    EnterErrorState();
    return Error{Code::kSelfTestFailed, "a generated key pair does not fit together: every operation is refused"};
  }
  return KeyPair{std::move(private_key), std::move(spki)};
}

}  // namespace

Result<PkeyPtr> DecodePkey(KeyKind kind, ByteView der) {
  if (der.size > kLargestDer) return Error{Code::kKeyInvalid, "the encoded key is too long"};
  if (kind == KeyKind::kPrivate) return DecodePrivate(der);
  if (kind == KeyKind::kPublic) return DecodePublic(der);
  return Code::kInternal;
}

Result<KeyRef> ImportPrivate(ByteView pkcs8) {
  MORTISE_TRY(pkey, DecodePkey(KeyKind::kPrivate, pkcs8));
  MORTISE_TRY(shape, ShapeOf(pkey.get()));
  MORTISE_CHECK(CheckVersion(pkcs8, shape.type));
  MORTISE_CHECK(CheckPublicPart(pkey.get(), shape));
  MORTISE_CHECK(CheckPrivatePart(pkey.get(), shape));
  MORTISE_TRY(key, PrivateKey(pkey, shape));
  MORTISE_TRY(spki, EncodePublic(pkey.get(), shape.curve));
  if (!PairwiseCheck(*key, spki).ok()) {
    return Error{Code::kKeyInvalid, "the private and the public part of the key do not belong together"};
  }
  return key;
}

Result<KeyRef> RestorePrivate(SecureBytes pkcs8) {
  MORTISE_TRY(pkey, DecodePkey(KeyKind::kPrivate, pkcs8.view()));
  MORTISE_TRY(shape, ShapeOf(pkey.get()));
  return NewKey(KeyKind::kPrivate, pkey, shape, std::move(pkcs8));
}

Result<KeyRef> ImportPublic(ByteView spki) {
  MORTISE_TRY(pkey, DecodePkey(KeyKind::kPublic, spki));
  MORTISE_TRY(shape, ShapeOf(pkey.get()));
  MORTISE_CHECK(CheckPublicPart(pkey.get(), shape));
  if (EcHeadOf(spki) != nullptr) {
    // It is what would be written.
    MORTISE_TRY(der, SecureBytes::Copy(spki));
    return NewKey(KeyKind::kPublic, pkey, shape, std::move(der));
  }
  MORTISE_CHECK(Uncompress(pkey.get(), shape.type));
  MORTISE_TRY(canonical, EncodePublic(pkey.get(), shape.curve));
  MORTISE_TRY(der, SecureBytes::Copy(canonical));
  return NewKey(KeyKind::kPublic, pkey, shape, std::move(der));
}

Result<KeyPair> GenerateRsa(uint32_t bits) {
  // Of 1024 bits for old clients: the policy says whether.
  if (bits != 1024 && bits != 2048 && bits != 3072 && bits != 4096) {
    return Error{Code::kUnsupported, "RSA keys are generated of 1024, 2048, 3072 or 4096 bits"};
  }
  // Made here, because it takes long, and then decoded into the arena.
  PkeyPtr made(EVP_PKEY_Q_keygen(nullptr, nullptr, "RSA", static_cast<size_t>(bits)));
  if (made == nullptr) return CheckedPair(nullptr);
  MORTISE_TRY(der, EncodePrivate(made.get()));
  made.reset();
  MORTISE_TRY(pkey, DecodePrivate(der.view()));
  return CheckedPair(std::move(pkey));
}

Result<KeyPair> GenerateEc(Curve curve) {
  const char* name = CurveName(curve);
  if (name == nullptr) return Error{Code::kUnsupported, "the curve is not supported"};
  return CheckedPair(InArena([name] { return PkeyPtr(EVP_PKEY_Q_keygen(nullptr, nullptr, "EC", name)); }));
}

Result<KeyPair> GenerateOnCurve(KeyType type) {
  const char* name = OpensslName(type);
  if (name == nullptr) return Code::kInternal;
  return CheckedPair(InArena([name] { return PkeyPtr(EVP_PKEY_Q_keygen(nullptr, nullptr, name)); }));
}

Result<std::vector<uint8_t>> SpkiOf(const Key& key) {
  if (key.kind() == KeyKind::kSecret) return Error{Code::kInputInvalid, "a secret key has no public part"};
  MORTISE_TRY(pkey, ExpandedPkey(key));
  return EncodePublic(pkey.get(), key.curve());
}

}  // namespace mortise
