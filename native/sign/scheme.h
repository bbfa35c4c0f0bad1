// Signature schemes by their JOSE names (RFC 7518 section 3.1, RFC 8037, RFC 8812 section 3.2, RFC 9864 section 2.2), one row each.
#pragma once

#include <string_view>

#include "keys/key.h"

namespace mortise {

struct Scheme {
  const char* name;
  KeyType type;
  Curve curve;
  // Of no meaning for EdDSA, which takes the message itself.
  Hash hash;
  bool pss;
};

inline constexpr Scheme kSchemes[] = {
    {"RS256", KeyType::kRsa, Curve::kNone, Hash::kSha256, false},
    {"RS384", KeyType::kRsa, Curve::kNone, Hash::kSha384, false},
    {"RS512", KeyType::kRsa, Curve::kNone, Hash::kSha512, false},
    {"PS256", KeyType::kRsa, Curve::kNone, Hash::kSha256, true},
    {"PS384", KeyType::kRsa, Curve::kNone, Hash::kSha384, true},
    {"PS512", KeyType::kRsa, Curve::kNone, Hash::kSha512, true},
    {"RS1", KeyType::kRsa, Curve::kNone, Hash::kSha1, false},
    {"PS1", KeyType::kRsa, Curve::kNone, Hash::kSha1, true},
    {"ES256", KeyType::kEc, Curve::kP256, Hash::kSha256, false},
    {"ES384", KeyType::kEc, Curve::kP384, Hash::kSha384, false},
    {"ES512", KeyType::kEc, Curve::kP521, Hash::kSha512, false},
    {"ES256K", KeyType::kEc, Curve::kSecp256k1, Hash::kSha256, false},
    {"EdDSA", KeyType::kEd25519, Curve::kNone, Hash::kSha512, false},
    {"Ed448", KeyType::kEd448, Curve::kNone, Hash::kSha512, false},
};

inline const Scheme* FindScheme(std::string_view name) {
  for (const Scheme& scheme : kSchemes) {
    if (name == scheme.name) return &scheme;
  }
  return nullptr;
}

// The first that fits the key.
inline Scheme DefaultScheme(const Key& key) {
  for (const Scheme& scheme : kSchemes) {
    if (scheme.type == key.type() && scheme.curve == key.curve()) return scheme;
  }
  return kSchemes[0];
}

}  // namespace mortise
