// AES Key Wrap (RFC 3394) and Key Wrap with Padding (RFC 5649), SP 800-38F; AES-GCM with a random IV in front; RSA-OAEP with
// SHA-256 (RFC 8017 section 7.1).
#pragma once

#include "keys/key.h"

namespace mortise {

enum class WrapMode { kKw, kKwp, kGcm, kOaep };

Result<std::vector<uint8_t>> WrapBytes(const Key& key, ByteView bytes, WrapMode mode);
Result<SecureBytes> UnwrapBytes(const Key& key, ByteView blob, WrapMode mode);
Result<std::vector<uint8_t>> WrapKey(const Key& key, const Key& target, WrapMode mode);
Result<KeyRef> UnwrapKey(const Key& key, ByteView blob, WrapMode mode, KeyKind kind, KeyType type);

}  // namespace mortise
