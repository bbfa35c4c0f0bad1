#include "keys/pkey_check.h"

#include <cstring>

#include "kdf/agree.h"
#include "keys/asymmetric.h"
#include "keys/edwards.h"
#include "keys/pkey_cache.h"
#include "sign/signer.h"

namespace mortise {
namespace {

constexpr int kLargestExponentBits = 64;

Error Refuse(const char* message) { return Error{Code::kKeyInvalid, message}; }

BnPtr Number(EVP_PKEY* pkey, const char* name) {
  BIGNUM* number = nullptr;
  if (EVP_PKEY_get_bn_param(pkey, name, &number) != 1) return nullptr;
  BN_set_flags(number, BN_FLG_CONSTTIME);
  return BnPtr(number);
}

Result<PkeyShape> EcShape(EVP_PKEY* pkey) {
  // Parameters spelled out let an attacker choose the generator (CVE-2020-0601).
  int is_explicit = 0;
  if (EVP_PKEY_get_int_param(pkey, OSSL_PKEY_PARAM_EC_DECODED_FROM_EXPLICIT_PARAMS, &is_explicit) == 1 &&
      is_explicit != 0) {
    return Error{Code::kUnsupported, "EC parameters must be a named curve"};
  }
  char group[64];
  if (EVP_PKEY_get_group_name(pkey, group, sizeof group, nullptr) != 1) {
    return Error{Code::kUnsupported, "the curve is not supported"};
  }
  if (strcmp(group, "prime256v1") == 0) return PkeyShape{KeyType::kEc, Curve::kP256, 256};
  if (strcmp(group, "secp384r1") == 0) return PkeyShape{KeyType::kEc, Curve::kP384, 384};
  if (strcmp(group, "secp521r1") == 0) return PkeyShape{KeyType::kEc, Curve::kP521, 521};
  if (strcmp(group, "secp256k1") == 0) return PkeyShape{KeyType::kEc, Curve::kSecp256k1, 256};
  return Error{Code::kUnsupported, "the curve is not supported: P-256, P-384, P-521 and secp256k1 are"};
}

struct CurveType {
  KeyType type;
  const char* name;
  uint32_t bits;
};

constexpr CurveType kCurveTypes[] = {
    {KeyType::kEd25519, "ED25519", 255},
    {KeyType::kEd448, "ED448", 448},
    {KeyType::kX25519, "X25519", 255},
    {KeyType::kX448, "X448", 448},
};

// One round of Fermat finds any damage; a prime chosen to deceive harms none but its maker.
bool IsProbablePrime(const BIGNUM* candidate, BN_CTX* ctx) {
  if (!BN_is_odd(candidate)) return false;
  const BnPtr exponent(BN_dup(candidate));
  const BnPtr base(BN_new());
  const BnPtr power(BN_new());
  if (exponent == nullptr || base == nullptr || power == nullptr) return false;
  BN_set_flags(exponent.get(), BN_FLG_CONSTTIME);
  return BN_sub_word(exponent.get(), 1) == 1 && BN_set_word(base.get(), 2) == 1 &&
         BN_mod_exp(power.get(), base.get(), exponent.get(), candidate, ctx) == 1 && BN_is_one(power.get()) == 1;
}

// Whether exponent is d mod (prime - 1), and e times it is 1 there.
bool FitsPrime(const BIGNUM* prime, const BIGNUM* exponent, const BIGNUM* d, const BIGNUM* e, BN_CTX* ctx) {
  const BnPtr order(BN_dup(prime));
  const BnPtr value(BN_new());
  if (order == nullptr || value == nullptr) return false;
  BN_set_flags(order.get(), BN_FLG_CONSTTIME);
  return BN_sub_word(order.get(), 1) == 1 && BN_nnmod(value.get(), d, order.get(), ctx) == 1 &&
         BN_cmp(value.get(), exponent) == 0 && BN_mod_mul(value.get(), exponent, e, order.get(), ctx) == 1 &&
         BN_is_one(value.get()) == 1;
}

Status CheckRsaPrivate(EVP_PKEY* pkey) {
  const BnPtr n = Number(pkey, OSSL_PKEY_PARAM_RSA_N);
  const BnPtr e = Number(pkey, OSSL_PKEY_PARAM_RSA_E);
  const BnPtr d = Number(pkey, OSSL_PKEY_PARAM_RSA_D);
  const BnPtr p = Number(pkey, OSSL_PKEY_PARAM_RSA_FACTOR1);
  const BnPtr q = Number(pkey, OSSL_PKEY_PARAM_RSA_FACTOR2);
  const BnPtr dp = Number(pkey, OSSL_PKEY_PARAM_RSA_EXPONENT1);
  const BnPtr dq = Number(pkey, OSSL_PKEY_PARAM_RSA_EXPONENT2);
  const BnPtr qinv = Number(pkey, OSSL_PKEY_PARAM_RSA_COEFFICIENT1);
  if (!n || !e || !d || !p || !q || !dp || !dq || !qinv) return Refuse("the RSA key lacks one of its numbers");
  if (Number(pkey, OSSL_PKEY_PARAM_RSA_FACTOR3) != nullptr) {
    return Error{Code::kUnsupported, "RSA keys of more than two primes are not supported"};
  }
  const BnCtxPtr ctx(BN_CTX_secure_new());
  const BnPtr value(BN_new());
  if (ctx == nullptr || value == nullptr) return Code::kCryptoFailed;
  const int half = (BN_num_bits(n.get()) + 1) / 2;
  const bool consistent =
      BN_num_bits(p.get()) == half && BN_num_bits(q.get()) == half && BN_cmp(p.get(), q.get()) != 0 &&
      BN_mul(value.get(), p.get(), q.get(), ctx.get()) == 1 && BN_cmp(value.get(), n.get()) == 0 &&
      BN_cmp(d.get(), n.get()) < 0 && FitsPrime(p.get(), dp.get(), d.get(), e.get(), ctx.get()) &&
      FitsPrime(q.get(), dq.get(), d.get(), e.get(), ctx.get()) &&
      BN_mod_mul(value.get(), qinv.get(), q.get(), p.get(), ctx.get()) == 1 && BN_is_one(value.get()) == 1 &&
      IsProbablePrime(p.get(), ctx.get()) && IsProbablePrime(q.get(), ctx.get());
  if (!consistent) return Refuse("the numbers of the RSA key do not fit one another");
  return Done{};
}

Status CheckRsaPublic(EVP_PKEY* pkey) {
  const BnPtr n = Number(pkey, OSSL_PKEY_PARAM_RSA_N);
  const BnPtr e = Number(pkey, OSSL_PKEY_PARAM_RSA_E);
  if (n == nullptr || e == nullptr) return Refuse("the RSA key lacks one of its numbers");
  if (!BN_is_odd(n.get())) return Refuse("the RSA modulus is even");
  if (!BN_is_odd(e.get()) || BN_is_one(e.get()) || BN_num_bits(e.get()) > kLargestExponentBits) {
    return Refuse("the public exponent of an RSA key must be odd, more than 1 and of at most 64 bits");
  }
  return Done{};
}

}  // namespace

const char* OpensslName(KeyType type) {
  for (const CurveType& row : kCurveTypes) {
    if (row.type == type) return row.name;
  }
  return nullptr;
}

Result<PkeyShape> ShapeOf(EVP_PKEY* pkey) {
  for (const CurveType& row : kCurveTypes) {
    if (EVP_PKEY_is_a(pkey, row.name)) return PkeyShape{row.type, Curve::kNone, row.bits};
  }
  if (EVP_PKEY_is_a(pkey, "EC")) return EcShape(pkey);
  if (EVP_PKEY_is_a(pkey, "RSA")) {
    const int bits = EVP_PKEY_get_bits(pkey);
    if (bits < static_cast<int>(kSmallestModulus) || bits > static_cast<int>(kLargestModulus)) {
      return Error{Code::kUnsupported, "RSA keys must be of 1024 to 4096 bits"};
    }
    return PkeyShape{KeyType::kRsa, Curve::kNone, static_cast<uint32_t>(bits)};
  }
  if (EVP_PKEY_is_a(pkey, "DSA")) {
    const int bits = EVP_PKEY_get_bits(pkey);
    if (bits < static_cast<int>(kSmallestDsaPrime) || bits > static_cast<int>(kLargestDsaPrime)) {
      return Error{Code::kUnsupported, "DSA keys must be of 512 to 3072 bits"};
    }
    return PkeyShape{KeyType::kDsa, Curve::kNone, static_cast<uint32_t>(bits)};
  }
  return Error{Code::kUnsupported, "the key is neither RSA, EC, DSA, Ed25519, Ed448, X25519 nor X448"};
}

Status CheckPublicPart(EVP_PKEY* pkey, const PkeyShape& shape) {
  if (shape.type == KeyType::kRsa) return CheckRsaPublic(pkey);
  if (IsEdwards(shape.type)) return CheckEdwardsPoint(pkey, shape.type);
  if (shape.type == KeyType::kDsa) {
    const PkeyCtxPtr ctx(EVP_PKEY_CTX_new_from_pkey(nullptr, pkey, nullptr));
    if (ctx != nullptr && EVP_PKEY_public_check(ctx.get()) == 1) return Done{};
    return Refuse("the numbers of the DSA key do not fit one another");
  }
  if (shape.type != KeyType::kEc) return Done{};
  const PkeyCtxPtr ctx(EVP_PKEY_CTX_new_from_pkey(nullptr, pkey, nullptr));
  // The cofactor of every listed curve is 1: a point on the curve is in the group.
  if (ctx == nullptr || EVP_PKEY_public_check_quick(ctx.get()) != 1) {
    return Refuse("the public key is not a point of its curve");
  }
  return Done{};
}

Status CheckPrivatePart(EVP_PKEY* pkey, const PkeyShape& shape) {
  if (shape.type == KeyType::kRsa) return CheckRsaPrivate(pkey);
  if (shape.type != KeyType::kEc && shape.type != KeyType::kDsa) return Done{};
  const PkeyCtxPtr ctx(EVP_PKEY_CTX_new_from_pkey(nullptr, pkey, nullptr));
  if (ctx == nullptr || EVP_PKEY_private_check(ctx.get()) != 1) {
    return Refuse("the private key is out of the range of its group");
  }
  return Done{};
}

namespace {

Status AgreementCheck(const Key& private_key, ByteView spki) {
  const PkeyPtr peer(EVP_PKEY_Q_keygen(nullptr, nullptr, OpensslName(private_key.type())));
  if (peer == nullptr) return Code::kCryptoFailed;
  MORTISE_TRY(own, ExpandedPkey(private_key));
  MORTISE_TRY(own_public, DecodePkey(KeyKind::kPublic, spki));
  MORTISE_TRY(here, SharedSecret(own.get(), peer.get()));
  MORTISE_TRY(there, SharedSecret(peer.get(), own_public.get()));
  if (here.size() != there.size() || CRYPTO_memcmp(here.data(), there.data(), here.size()) != 0) {
    return Code::kKeyInvalid;
  }
  return Done{};
}

}  // namespace

Status PairwiseCheck(const Key& private_key, ByteView spki) {
  if (IsMontgomery(private_key.type())) return AgreementCheck(private_key, spki);
  // Its public part was computed from it.
  if (private_key.type() == KeyType::kDsa) return Done{};
  const Scheme scheme = DefaultScheme(private_key);
  const ByteView message(std::string_view("pairwise consistency"));
  MORTISE_TRY(signer, Signer::Make(private_key, scheme, {}));
  std::vector<uint8_t> signature(signer.largest());
  MORTISE_TRY(size, signer.Sign(message, {signature.data(), signature.size()}));
  MORTISE_TRY(pkey, DecodePkey(KeyKind::kPublic, spki));
  MORTISE_TRY(verifier, Verifier::Make(std::move(pkey), scheme, {}));
  MORTISE_TRY(fits, verifier.Verify(message, {signature.data(), size}));
  if (!fits) return Code::kKeyInvalid;
  return Done{};
}

}  // namespace mortise
