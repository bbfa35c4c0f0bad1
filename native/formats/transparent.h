// Keys as KMIP has them by their numbers: the TTLV-encoded Key Material of the Transparent formats (KMIP 2.1 sections 3.4 to 3.12 and 10.1).
#pragma once

#include "keys/key.h"

namespace mortise {

// Of secret keys, RSA and EC.
Result<SecureBytes> ToTransparent(const Key& key);

}  // namespace mortise
