// JSON Web Keys (RFC 7517, RFC 7518 section 6, RFC 8037): oct, RSA, EC and OKP. What a JWK says of use, algorithm and
// certificates is passed by.
#pragma once

#include "keys/key.h"

namespace mortise {

struct JwkKey {
  KeyKind kind;
  // Bytes of a secret, PKCS#8 or SPKI: not checked yet.
  SecureBytes material;
  // The raw public key that an OKP private key says it has.
  SecureBytes public_key;
};

Result<JwkKey> ParseJwk(ByteView text);
Result<SecureBytes> ToJwk(const Key& key);

}  // namespace mortise
