// AES Key Wrap (RFC 3394) and Key Wrap with Padding (RFC 5649), SP 800-38F; AES-GCM with a random IV in front; RSA-OAEP with
// SHA-256 (RFC 8017 section 7.1). What is wrapped is the key, or KMIP's Key Value around it in TTLV (KMIP 2.1 sections 3.1.3 and 10.1).
#pragma once

#include "keys/key.h"

namespace mortise {

enum class WrapMode { kKw, kKwp, kGcm, kOaep };
enum class WrapEncoding { kNone, kTtlv };

Result<std::vector<uint8_t>> WrapBytes(const Key& key, ByteView bytes, WrapMode mode);
Result<SecureBytes> UnwrapBytes(const Key& key, ByteView blob, WrapMode mode);
Result<std::vector<uint8_t>> WrapKey(const Key& key, const Key& target, WrapMode mode, WrapEncoding encoding = WrapEncoding::kNone);
Result<KeyRef> UnwrapKey(const Key& key, ByteView blob, WrapMode mode, KeyKind kind, KeyType type,
                         WrapEncoding encoding = WrapEncoding::kNone);

}  // namespace mortise
