// Diffie-Hellman on curves: ECDH (SP 800-56A section 5.7.1.2, the x coordinate), X25519 and X448 (RFC 7748 section 6).
#pragma once

#include "keys/key.h"

namespace mortise {

// Refuses another curve than the own one, and a peer of small order, whose secret would be zero.
Result<SecureBytes> SharedSecret(EVP_PKEY* own, EVP_PKEY* peer);
// The same of a private key and the public key of a peer.
Result<SecureBytes> Agree(const Key& own, const Key& peer);

}  // namespace mortise
