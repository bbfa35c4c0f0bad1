// UTF-8 (RFC 3629).
#pragma once

#include "common/bytes.h"

namespace mortise::ttlv {

// Whether it is well formed: no overlong forms, no surrogates, nothing above U+10FFFF.
bool IsUtf8(ByteView text);

// Bytes of the character that begins with `first`, in a text that is well formed.
inline size_t Utf8Size(uint8_t first) { return first < 0x80 ? 1 : first < 0xe0 ? 2 : first < 0xf0 ? 3 : 4; }

}  // namespace mortise::ttlv
