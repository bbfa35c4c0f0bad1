// Private and public keys: checked on the way in, canonical DER afterwards.
#pragma once

#include "keys/key.h"

namespace mortise {

// PKCS#8 (RFC 5958) of RSA, EC on a listed curve, Ed25519, Ed448, X25519 or X448.
Result<KeyRef> ImportPrivate(ByteView pkcs8);
// SubjectPublicKeyInfo (RFC 5280 section 4.1.2.7) of the same.
Result<KeyRef> ImportPublic(ByteView spki);
// A private key that Mortise has checked and encoded before, and sealed since.
Result<KeyRef> RestorePrivate(SecureBytes pkcs8);

struct KeyPair {
  KeyRef private_key;
  std::vector<uint8_t> spki;
};

// Followed by a pairwise check (FIPS 140-3 IG 10.3.A), whose failure stops the process's cryptography.
Result<KeyPair> GenerateRsa(uint32_t bits);
Result<KeyPair> GenerateEc(Curve curve);
// Of a type whose name says the curve: Ed25519, Ed448, X25519, X448.
Result<KeyPair> GenerateOnCurve(KeyType type);

Result<std::vector<uint8_t>> SpkiOf(const Key& key);
Result<PkeyPtr> DecodePkey(KeyKind kind, ByteView der);

}  // namespace mortise
