// Public keys of Ed25519 and Ed448 as points (RFC 8032 sections 5.1.3 and 5.2.3), which OpenSSL decodes only to verify.
#pragma once

#include "keys/key.h"

namespace mortise {

// Refuses what does not decode, what is not the one encoding of its point, and points of small order, under which
// one signature would fit many messages.
Status CheckEdwardsPoint(EVP_PKEY* pkey, KeyType type);

}  // namespace mortise
