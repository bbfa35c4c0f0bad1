// AES Key Wrap (RFC 3394) and Key Wrap with Padding (RFC 5649); SP 800-38F.
#pragma once

#include "keys/key.h"

namespace mortise {

enum class WrapMode { kKw, kKwp };

Result<std::vector<uint8_t>> WrapBytes(const Key& key, ByteView bytes, WrapMode mode);
Result<SecureBytes> UnwrapBytes(const Key& key, ByteView blob, WrapMode mode);
Result<std::vector<uint8_t>> WrapKey(const Key& key, const Key& target, WrapMode mode);
Result<KeyRef> UnwrapKey(const Key& key, ByteView blob, WrapMode mode, KeyKind kind, KeyType type);

}  // namespace mortise
