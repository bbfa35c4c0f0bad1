#include "keys/edwards.h"

#include <algorithm>
#include <array>

namespace mortise {
namespace {

Error Refuse() { return Error{Code::kKeyInvalid, "the public key is not a usable point of its curve"}; }

BnPtr FromHex(const char* digits) {
  BIGNUM* number = nullptr;
  BN_hex2bn(&number, digits);
  return BnPtr(number);
}

BnPtr New() { return BnPtr(BN_new()); }

// p, and d of the curve equation.
struct Field {
  BnPtr p;
  BnPtr d;
};

Field FieldOf(KeyType type) {
  if (type == KeyType::kEd25519) {
    return {FromHex("7fffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffed"),
            FromHex("52036cee2b6ffe738cc740797779e89800700a4d4141d8ab75eb4dca135978a3")};
  }
  // d = -39081.
  BnPtr p = FromHex("fffffffffffffffffffffffffffffffffffffffffffffffffffffffeffffffffffffffffffffffffffffffffffffffffffffffffffffffff");
  BnPtr d(BN_dup(p.get()));
  if (d != nullptr && BN_sub_word(d.get(), 39081) != 1) d.reset();
  return {std::move(p), std::move(d)};
}

}  // namespace

Status CheckEdwardsPoint(EVP_PKEY* pkey, KeyType type) {
  std::array<uint8_t, 57> bytes = {};
  const size_t expected = type == KeyType::kEd25519 ? 32 : 57;
  size_t size = bytes.size();
  if (EVP_PKEY_get_raw_public_key(pkey, bytes.data(), &size) != 1 || size != expected) return Refuse();
  // Little endian, but for the top bit, which is the sign of x and matters only to points of small order.
  bytes[size - 1] &= 0x7f;
  std::reverse(bytes.begin(), bytes.begin() + static_cast<std::ptrdiff_t>(size));

  const Field field = FieldOf(type);
  const BIGNUM* p = field.p.get();
  const BnCtxPtr ctx(BN_CTX_new());
  const BnPtr y(BN_bin2bn(bytes.data(), static_cast<int>(size), nullptr));
  const BnPtr yy = New();
  const BnPtr u = New();
  const BnPtr v = New();
  const BnPtr t = New();
  if (!p || !field.d || !ctx || !y || !yy || !u || !v || !t) return Code::kCryptoFailed;
  if (BN_cmp(y.get(), p) >= 0 || BN_is_zero(y.get())) return Refuse();
  // x^2 = u / v: u = y^2 - 1 on both curves, v = d y^2 + 1 where a is -1 (Ed25519) and d y^2 - 1 where it is 1 (Ed448).
  if (BN_mod_sqr(yy.get(), y.get(), p, ctx.get()) != 1 || BN_mod_sub(u.get(), yy.get(), BN_value_one(), p, ctx.get()) != 1 ||
      BN_mod_mul(v.get(), field.d.get(), yy.get(), p, ctx.get()) != 1 ||
      (type == KeyType::kEd25519 ? BN_mod_add : BN_mod_sub)(v.get(), v.get(), BN_value_one(), p, ctx.get()) != 1 ||
      BN_mod_mul(t.get(), u.get(), v.get(), p, ctx.get()) != 1) {
    return Code::kCryptoFailed;
  }
  // u v is a square where u / v is one. Zero is y = 1 or -1: order 1 or 2. y = 0, above, is order 4.
  if (BN_kronecker(t.get(), p, ctx.get()) != 1) return Refuse();
  // Order 8, which only Ed25519 has: the double has y = 0, so that y^2 = -x^2.
  if (type != KeyType::kEd25519) return Done{};
  if (BN_mod_mul(t.get(), yy.get(), v.get(), p, ctx.get()) != 1 ||
      BN_mod_add(t.get(), t.get(), u.get(), p, ctx.get()) != 1) {
    return Code::kCryptoFailed;
  }
  if (BN_is_zero(t.get())) return Refuse();
  return Done{};
}

}  // namespace mortise
