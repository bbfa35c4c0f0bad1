// Symmetric keys: AES of its three sizes, the two keys of AES-XTS (SP 800-38E), the two or three of 3DES (SP 800-67), ChaCha20, HMAC of 112 to 1024 bits (SP 800-131A section 10).
// And data of any content, 1 to 65,536 bytes, that is kept as keys are.
#pragma once

#include "keys/key.h"

namespace mortise {

Result<KeyRef> GenerateSecret(KeyType type, uint32_t bits);
Result<KeyRef> ImportSecret(KeyType type, ByteView bytes);
// Takes the bytes over, once checked.
Result<KeyRef> AdoptSecret(KeyType type, SecureBytes bytes);

}  // namespace mortise
