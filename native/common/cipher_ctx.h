// Contexts of ciphers, whose memory will hold keys.
#pragma once

#include "common/ossl.h"

namespace mortise {

// Of the cipher and without a key, which the caller sets with no cipher named. From the arena; null where there is none.
CipherCtxPtr NewCipherCtx(EVP_CIPHER* cipher);

}  // namespace mortise
