// SHA-1 and SHA-2 (FIPS 180-4), SHA-3 (FIPS 202), HMAC (FIPS 198-1) and HKDF-SHA-256 (RFC 5869).
#pragma once

#include "keys/key.h"

namespace mortise {

Result<std::vector<uint8_t>> Digest(Hash hash, ByteView data);
Result<std::vector<uint8_t>> Hmac(const Key& key, Hash hash, ByteView data);
// Without salt; the label is the info. Takes any secret key.
Result<SecureBytes> Hkdf(ByteView secret, ByteView salt, ByteView info, size_t size);
Result<KeyRef> DeriveSecret(const Key& key, ByteView label, KeyType type);

}  // namespace mortise
