// From bytes of any kind of key to the key.
#pragma once

#include "keys/key.h"

namespace mortise {

// From elsewhere: checked.
Result<KeyRef> ImportMaterial(KeyKind kind, KeyType type, SecureBytes material);
// From what Mortise checked and sealed itself: only decoded.
Result<KeyRef> RestoreMaterial(KeyKind kind, KeyType type, SecureBytes material);

}  // namespace mortise
