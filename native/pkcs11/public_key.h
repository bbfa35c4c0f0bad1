// Public keys between PKCS#11's attributes and SubjectPublicKeyInfo.
#pragma once

#include <vector>

#include "keys/key.h"

namespace mortise::pkcs11 {

// SubjectPublicKeyInfo (RFC 8017 A.1, RFC 5480, RFC 8410), empty for what is no such key.
std::vector<uint8_t> SpkiOfRsa(ByteView modulus, ByteView exponent);
// `point` as CKA_EC_POINT: in an OCTET STRING, as the specification has it, or bare, as some vendors do.
std::vector<uint8_t> SpkiOfEc(ByteView parameters, ByteView point);

// The curves of RFC 8410, whose public keys are bytes of one length.
struct OctetCurve {
  KeyType type;
  // CKA_EC_PARAMS: the object identifier.
  ByteView parameters;
  // As those have it who hold to the draft: a PrintableString.
  ByteView name;
  size_t size;
  uint32_t bits;
};
// Null for other types, and for parameters of other curves.
const OctetCurve* OctetCurveOf(KeyType type);
const OctetCurve* OctetCurveOf(ByteView parameters);
std::vector<uint8_t> SpkiOfOctets(const OctetCurve& curve, ByteView point);

struct EcPublic {
  std::vector<uint8_t> parameters;
  // Bare.
  std::vector<uint8_t> point;
};
// The other way.
Result<EcPublic> EcOfSpki(ByteView spki);

struct RsaPublic {
  std::vector<uint8_t> modulus;
  std::vector<uint8_t> exponent;
};
Result<RsaPublic> RsaOfSpki(ByteView spki);

// CKA_EC_PARAMS of a named curve; kNone for another.
Curve CurveOf(ByteView parameters);
ByteView ParametersOf(Curve curve);
// As CKA_EC_POINT has it.
std::vector<uint8_t> InOctetString(ByteView bytes);

uint32_t BitsOf(Curve curve);

}  // namespace mortise::pkcs11
