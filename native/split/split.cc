#include "split/split.h"

#include <cstring>

#include "keys/material.h"
#include "keys/secret.h"
#include "split/prime.h"

namespace mortise {
namespace {

// GF(2^8) of a polynomial, without a branch or a table that would tell of the operands.
class Field {
 public:
  explicit Field(uint32_t polynomial) : polynomial_(polynomial) {}

  uint8_t Multiply(uint8_t a, uint8_t b) const {
    uint32_t product = 0;
    uint32_t power = a;
    for (int bit = 0; bit < 8; bit++) {
      product ^= power & (0u - (b >> bit & 1u));
      power = (power << 1) ^ (polynomial_ & (0u - (power >> 7 & 1u)));
    }
    return static_cast<uint8_t>(product);
  }

  // The inverse is the 254th power.
  uint8_t Inverse(uint8_t a) const {
    uint8_t result = 1;
    uint8_t square = a;
    for (int bit = 1; bit < 8; bit++) {
      square = Multiply(square, square);
      result = Multiply(result, square);
    }
    return result;
  }

 private:
  uint32_t polynomial_;
};

using Shares = std::vector<SecureBytes>;

Result<SecureBytes> RandomBytes(size_t size) {
  MORTISE_TRY(bytes, SecureBytes::Make(size));
  if (RAND_priv_bytes(bytes.data(), static_cast<int>(size)) != 1) return Code::kCryptoFailed;
  return bytes;
}

Result<Shares> SplitXor(ByteView secret, size_t parts) {
  Shares shares;
  MORTISE_TRY(last, SecureBytes::Copy(secret));
  for (size_t i = 1; i < parts; i++) {
    MORTISE_TRY(share, RandomBytes(secret.size));
    for (size_t at = 0; at < secret.size; at++) last.data()[at] ^= share.data()[at];
    shares.push_back(std::move(share));
  }
  shares.push_back(std::move(last));
  return shares;
}

// The i-th share is the polynomial at i + 1; its constant term is the secret, the others are random. GF(2^16) is made of pairs of
// GF(2^8), and numbers of shares are elements of that: byte by byte the shares of both are the same.
Result<Shares> SplitPolynomial(ByteView secret, const Field& field, size_t parts, size_t threshold) {
  Shares coefficients;
  for (size_t i = 1; i < threshold; i++) {
    MORTISE_TRY(coefficient, RandomBytes(secret.size));
    coefficients.push_back(std::move(coefficient));
  }
  Shares shares;
  for (size_t i = 0; i < parts; i++) {
    const auto x = static_cast<uint8_t>(i + 1);
    MORTISE_TRY(share, SecureBytes::Make(secret.size));
    for (size_t at = 0; at < secret.size; at++) {
      uint8_t value = 0;
      for (size_t power = coefficients.size(); power > 0; power--) {
        value = field.Multiply(value ^ coefficients[power - 1].data()[at], x);
      }
      share.data()[at] = value ^ secret.data[at];
    }
    shares.push_back(std::move(share));
  }
  return shares;
}

// What a share counts for where the polynomial is at 0 (Lagrange).
uint8_t Weight(const Field& field, const std::vector<Share>& shares, size_t index) {
  uint8_t weight = 1;
  for (size_t i = 0; i < shares.size(); i++) {
    if (i == index) continue;
    const uint8_t x = shares[i].identifier;
    weight = field.Multiply(weight, field.Multiply(x, field.Inverse(x ^ shares[index].identifier)));
  }
  return weight;
}

Result<SecureBytes> JoinBytes(const std::vector<Share>& shares, const Sharing& sharing) {
  const Field field(sharing.polynomial);
  MORTISE_TRY(secret, SecureBytes::Make(shares[0].key->material().size));
  for (size_t i = 0; i < shares.size(); i++) {
    const uint8_t weight = sharing.method == SplitMethod::kXor ? uint8_t{1} : Weight(field, shares, i);
    const ByteView share = shares[i].key->material();
    for (size_t at = 0; at < share.size; at++) secret.data()[at] ^= field.Multiply(share.data[at], weight);
  }
  return secret;
}

Result<SecureBytes> JoinNumbers(const std::vector<Share>& shares, const Sharing& sharing, size_t size) {
  std::vector<NumberShare> numbers;
  for (const Share& share : shares) numbers.push_back({share.identifier, share.key->material()});
  return JoinPrime(numbers, sharing.prime, size);
}

Result<Shares> SplitMaterial(ByteView secret, const Sharing& sharing, size_t parts, size_t threshold) {
  if (sharing.method == SplitMethod::kXor) return SplitXor(secret, parts);
  if (sharing.method == SplitMethod::kPrime) return SplitPrime(secret, sharing.prime, parts, threshold);
  return SplitPolynomial(secret, Field(sharing.polynomial), parts, threshold);
}

}  // namespace

Result<std::vector<KeyRef>> SplitKey(const Key& key, const Sharing& sharing, size_t parts, size_t threshold) {
  const SplitMethod method = sharing.method;
  if (parts < 2 || parts > kMostParts || threshold < 2 || threshold > parts) {
    return Error{Code::kInputInvalid, "a key is split into 2 to 255 shares, of which 2 at least are needed"};
  }
  if (method == SplitMethod::kXor && threshold != parts) {
    return Error{Code::kInputInvalid, "a key that is split by XOR needs all of its shares"};
  }
  if (method == SplitMethod::kGf16 && key.material().size % 2 != 0) {
    return Error{Code::kInputInvalid, "a key of an odd number of bytes is not split over GF(2^16)"};
  }
  MORTISE_TRY(shares, SplitMaterial(key.material(), sharing, parts, threshold));
  std::vector<KeyRef> keys;
  for (SecureBytes& share : shares) {
    MORTISE_TRY(made, AdoptSecret(KeyType::kShare, std::move(share)));
    keys.push_back(std::move(made));
  }
  return keys;
}

Result<KeyRef> JoinShares(const std::vector<Share>& shares, const Sharing& sharing, size_t size, KeyKind kind, KeyType type) {
  if (shares.size() < 2 || shares.size() > kMostParts) return Error{Code::kInputInvalid, "a key is joined of 2 to 255 shares"};
  const size_t width = shares[0].key->material().size;
  for (size_t i = 0; i < shares.size(); i++) {
    if (!shares[i].key->is_secret(KeyType::kShare) || shares[i].key->material().size != width) {
      return Error{Code::kInputInvalid, "these are not shares of one key"};
    }
    for (size_t j = 0; j <= i; j++) {
      if (shares[i].identifier == 0 || (i != j && shares[i].identifier == shares[j].identifier)) {
        return Error{Code::kInputInvalid, "a share comes twice, or has no identifier"};
      }
    }
  }
  if (sharing.method == SplitMethod::kGf16 && width % 2 != 0) {
    return Error{Code::kInputInvalid, "a share over GF(2^16) has an even number of bytes"};
  }
  MORTISE_TRY(secret, sharing.method == SplitMethod::kPrime ? JoinNumbers(shares, sharing, size) : JoinBytes(shares, sharing));
  return ImportMaterial(kind, type, std::move(secret));
}

}  // namespace mortise
