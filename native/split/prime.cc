#include "split/prime.h"

#include "common/ossl.h"

namespace mortise {
namespace {

using Number = BnPtr;

Result<Number> NumberOf(ByteView bytes) {
  Number number(BN_bin2bn(bytes.data, static_cast<int>(bytes.size), nullptr));
  if (number == nullptr) return Code::kCryptoFailed;
  BN_set_flags(number.get(), BN_FLG_CONSTTIME);
  return number;
}

// The field of a prime, in which everything is done.
class PrimeField {
 public:
  static Result<PrimeField> Of(ByteView prime) {
    BnCtxPtr context(BN_CTX_secure_new());
    MORTISE_TRY(modulus, NumberOf(prime));
    if (context == nullptr) return Code::kCryptoFailed;
    const int is_prime = BN_check_prime(modulus.get(), context.get(), nullptr);
    if (is_prime < 0) return Code::kCryptoFailed;
    if (is_prime == 0) return Error{Code::kInputInvalid, "the size of the field is no prime"};
    return PrimeField(std::move(modulus), std::move(context));
  }

  const BIGNUM* modulus() const { return modulus_.get(); }
  size_t size() const { return static_cast<size_t>(BN_num_bytes(modulus_.get())); }

  Result<Number> Random() const {
    Number number(BN_secure_new());
    if (number == nullptr || BN_priv_rand_range(number.get(), modulus_.get()) != 1) return Code::kCryptoFailed;
    return number;
  }

  // a + b c, in place of a.
  bool AddProduct(BIGNUM* a, const BIGNUM* b, const BIGNUM* c) const {
    Number product(BN_secure_new());
    return product != nullptr && BN_mod_mul(product.get(), b, c, modulus_.get(), context_.get()) == 1 &&
           BN_mod_add(a, a, product.get(), modulus_.get(), context_.get()) == 1;
  }

  bool MultiplyBy(BIGNUM* a, const BIGNUM* b) const { return BN_mod_mul(a, a, b, modulus_.get(), context_.get()) == 1; }

  // What a share counts for where the polynomial is at 0 (Lagrange): the product of x / (x - own) over the others. It is no secret.
  Result<Number> Weight(const std::vector<NumberShare>& shares, size_t index) const {
    Number weight(BN_new());
    Number below(BN_new());
    Number difference(BN_new());
    if (weight == nullptr || below == nullptr || difference == nullptr) return Code::kCryptoFailed;
    bool ok = BN_one(weight.get()) == 1 && BN_one(below.get()) == 1;
    for (size_t i = 0; ok && i < shares.size(); i++) {
      if (i == index) continue;
      const BN_ULONG x = shares[i].identifier;
      const BN_ULONG own = shares[index].identifier;
      ok = BN_set_word(difference.get(), x) == 1 && MultiplyBy(weight.get(), difference.get()) &&
           BN_sub_word(difference.get(), own) == 1 &&
           BN_nnmod(difference.get(), difference.get(), modulus_.get(), context_.get()) == 1 &&
           MultiplyBy(below.get(), difference.get());
    }
    ok = ok && BN_mod_inverse(below.get(), below.get(), modulus_.get(), context_.get()) != nullptr &&
         MultiplyBy(weight.get(), below.get());
    if (!ok) return Code::kCryptoFailed;
    return weight;
  }

 private:
  PrimeField(Number modulus, BnCtxPtr context) : modulus_(std::move(modulus)), context_(std::move(context)) {}

  Number modulus_;
  BnCtxPtr context_;
};

Result<SecureBytes> BytesOf(const BIGNUM* number, size_t size) {
  MORTISE_TRY(bytes, SecureBytes::Make(size));
  if (BN_bn2binpad(number, bytes.data(), static_cast<int>(size)) < 0) {
    return Error{Code::kInputInvalid, "these are not shares of one key"};
  }
  return bytes;
}

}  // namespace

Result<std::vector<SecureBytes>> SplitPrime(ByteView secret, ByteView prime, size_t parts, size_t threshold) {
  MORTISE_TRY(field, PrimeField::Of(prime));
  if (BN_num_bits(field.modulus()) <= static_cast<int>(8 * secret.size)) {
    return Error{Code::kInputInvalid, "the size of the field must be larger than every key of this length"};
  }
  MORTISE_TRY(constant, NumberOf(secret));
  std::vector<Number> coefficients;
  for (size_t i = 1; i < threshold; i++) {
    MORTISE_TRY(coefficient, field.Random());
    coefficients.push_back(std::move(coefficient));
  }
  std::vector<SecureBytes> shares;
  for (size_t i = 1; i <= parts; i++) {
    Number x(BN_new());
    Number power(BN_new());
    Number value(BN_secure_new());
    if (x == nullptr || power == nullptr || value == nullptr) return Code::kCryptoFailed;
    bool ok = BN_set_word(x.get(), i) == 1 && BN_one(power.get()) == 1 && BN_copy(value.get(), constant.get()) != nullptr;
    for (const Number& coefficient : coefficients) {
      ok = ok && field.MultiplyBy(power.get(), x.get()) && field.AddProduct(value.get(), coefficient.get(), power.get());
    }
    if (!ok) return Code::kCryptoFailed;
    MORTISE_TRY(share, BytesOf(value.get(), field.size()));
    shares.push_back(std::move(share));
  }
  return shares;
}

Result<SecureBytes> JoinPrime(const std::vector<NumberShare>& shares, ByteView prime, size_t size) {
  MORTISE_TRY(field, PrimeField::Of(prime));
  Number secret(BN_secure_new());
  if (secret == nullptr) return Code::kCryptoFailed;
  for (size_t i = 0; i < shares.size(); i++) {
    MORTISE_TRY(value, NumberOf(shares[i].value));
    if (BN_cmp(value.get(), field.modulus()) >= 0) return Error{Code::kInputInvalid, "a share is larger than its field"};
    MORTISE_TRY(weight, field.Weight(shares, i));
    if (!field.AddProduct(secret.get(), value.get(), weight.get())) return Code::kCryptoFailed;
  }
  return BytesOf(secret.get(), size);
}

}  // namespace mortise
