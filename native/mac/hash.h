// SHA-1 and SHA-2 (FIPS 180-4), SHA-3 (FIPS 202) and HMAC (FIPS 198-1).
#pragma once

#include "keys/key.h"

namespace mortise {

Result<std::vector<uint8_t>> Digest(Hash hash, ByteView data);
Result<std::vector<uint8_t>> Hmac(const Key& key, Hash hash, ByteView data);

}  // namespace mortise
