// The few keys that stand expanded in OpenSSL's own memory: the least recently used one goes, cleansed, when another
// one comes, and a key's own goes with the key.
#pragma once

#include "keys/key.h"

namespace mortise {

constexpr size_t kExpandedKeys = 64;

// The expanded form of a private or public key. It may be used from several threads.
Result<PkeyPtr> ExpandedPkey(const Key& key);
// Decoding costs more than most uses: whoever has the expanded form at hand leaves it here.
void RememberPkey(const Key& key, const PkeyPtr& pkey);
void ForgetPkey(const Key& key);

}  // namespace mortise
