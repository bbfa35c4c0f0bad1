// AES-CMAC (SP 800-38B, RFC 4493).
#pragma once

#include "keys/key.h"

namespace mortise {

Result<std::vector<uint8_t>> Cmac(const Key& key, ByteView data);

}  // namespace mortise
