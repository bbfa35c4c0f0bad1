// The two forms of an ECDSA signature: DER (RFC 3279 section 2.2.3), and r and s of the length of the field one behind
// the other (IEEE P1363, RFC 7518 section 3.4).
#pragma once

#include <array>

#include "keys/key.h"

namespace mortise {

// SEQUENCE of two INTEGERs of at most 67 bytes.
using EcdsaDer = std::array<uint8_t, 144>;

constexpr size_t FieldSize(Curve curve) {
  return curve == Curve::kP256 || curve == Curve::kSecp256k1 ? 32 : curve == Curve::kP384 ? 48 : curve == Curve::kP521 ? 66 : 0;
}

// `out` has room for two fields.
Status EcdsaDerToFixed(ByteView der, size_t field, uint8_t* out);
// Answers the length, 0 where the input is not two fields long.
size_t EcdsaFixedToDer(ByteView fixed, size_t field, EcdsaDer& out);

}  // namespace mortise
