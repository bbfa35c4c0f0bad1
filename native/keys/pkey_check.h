// What is demanded of a key pair before it becomes a key.
#pragma once

#include "keys/key.h"

namespace mortise {

// Whoever takes a key in says whether one of fewer than 2048 bits will do: none is made.
constexpr uint32_t kSmallestModulus = 1024;
constexpr uint32_t kLargestModulus = 4096;
constexpr uint32_t kSmallestDsaPrime = 512;
constexpr uint32_t kLargestDsaPrime = 3072;

struct PkeyShape {
  KeyType type;
  Curve curve;
  uint32_t bits;
};

// Of a type whose name says the curve, and null for the others.
const char* OpensslName(KeyType type);
// Refuses algorithms, curves and sizes that are not listed.
Result<PkeyShape> ShapeOf(EVP_PKEY* pkey);
// RSA: the modulus and the exponent are odd, and the exponent is of 2 to 64 bits (OpenSSL uses no larger one with
// large moduli). EC: a point of the named curve (SP 800-56A section 5.6.2.3). Ed25519 and
// Ed448: a point of the curve in its one encoding, and none of small order. X25519 and X448: every string of their length
// is a public key (RFC 7748 section 5); those of small order are found when a secret is agreed.
Status CheckPublicPart(EVP_PKEY* pkey, const PkeyShape& shape);
// RSA: p and q are probable primes of half the length whose product is n, and d, dP, dQ and qInv fit them
// (RFC 8017 section 3.2). EC: the scalar is within the order of the curve.
Status CheckPrivatePart(EVP_PKEY* pkey, const PkeyShape& shape);
// Signs with the one and verifies with the other, or agrees with a fresh peer from both sides.
Status PairwiseCheck(const Key& private_key, ByteView spki);

}  // namespace mortise
