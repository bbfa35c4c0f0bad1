#include "ttlv/utf8.h"

namespace mortise::ttlv {
namespace {

bool IsTail(uint8_t byte) { return (byte & 0xc0) == 0x80; }

// The second byte alone tells overlong forms, surrogates and what is above U+10FFFF (RFC 3629 section 4).
bool IsSecond(uint8_t first, uint8_t second) {
  switch (first) {
    case 0xe0: return second >= 0xa0 && second <= 0xbf;
    case 0xed: return second >= 0x80 && second <= 0x9f;
    case 0xf0: return second >= 0x90 && second <= 0xbf;
    case 0xf4: return second >= 0x80 && second <= 0x8f;
    default: return IsTail(second);
  }
}

}  // namespace

bool IsUtf8(ByteView text) {
  for (size_t at = 0; at < text.size;) {
    const uint8_t first = text.data[at];
    if (first < 0x80) {
      at++;
      continue;
    }
    if (first < 0xc2 || first > 0xf4) return false;
    const size_t size = Utf8Size(first);
    if (size > text.size - at || !IsSecond(first, text.data[at + 1])) return false;
    for (size_t i = 2; i < size; i++) {
      if (!IsTail(text.data[at + i])) return false;
    }
    at += size;
  }
  return true;
}

}  // namespace mortise::ttlv
