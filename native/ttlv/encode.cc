#include "ttlv/encode.h"

#include <cstring>

#include "ttlv/utf8.h"

namespace mortise::ttlv {
namespace {

constexpr uint32_t Of(Type type) { return static_cast<uint32_t>(type); }

inline size_t Padded(size_t length) { return (length + 7) & ~size_t{7}; }

// Whole words: what is behind the value is readable, and what is behind its copy is padding.
inline void CopyPadded(uint8_t* to, const uint8_t* value, size_t length) {
  uint64_t word;
  const size_t tail = length % 8;
  const size_t whole = length - tail;
  for (size_t i = 0; i < whole; i += sizeof word) {
    memcpy(&word, value + i, sizeof word);
    memcpy(to + i, &word, sizeof word);
  }
  if (tail == 0) return;
  memcpy(&word, value + whole, sizeof word);
  word &= (uint64_t{1} << 8 * tail) - 1;
  memcpy(to + whole, &word, sizeof word);
}
static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__);

// Bytes that the next `units` of a text take; false where it ends before, or within a character.
bool SizeOf(ByteView text, size_t units, size_t& size) {
  size = 0;
  while (units > 0) {
    if (size >= text.size) return false;
    const size_t bytes = Utf8Size(text.data[size]);
    const size_t taken = bytes == 4 ? 2 : 1;
    if (taken > units) return false;
    units -= taken;
    size += bytes;
  }
  return size <= text.size;
}

}  // namespace

Encoded Encode(Commands commands, ByteView texts, size_t units, ByteSpan out) {
  const bool ascii = texts.size == units;
  const uint32_t* const words = commands.words;
  const size_t count = commands.count;
  size_t starts[kDeepest];
  size_t depth = 0;
  size_t at = 0;
  size_t next = 0;
  while (next < count) {
    const uint32_t head = words[next];
    const uint32_t type = head & 0xff;
    const size_t room = out.size - at;
    if (head == 0) {
      if (depth == 0) return {Encoding::kInvalid, 0};
      const size_t start = starts[--depth];
      PutBigEndian32(out.data + start - 4, static_cast<uint32_t>(at - start));
      next++;
      continue;
    }
    if (type == Of(Type::kStructure)) {
      if (depth == kDeepest) return {Encoding::kInvalid, 0};
      if (room < kHeader) return {Encoding::kNoRoom, 0};
      PutBigEndian32(out.data + at, head);
      at += kHeader;
      starts[depth++] = at;
      next++;
      continue;
    }
    if (count - next < 2) return {Encoding::kInvalid, 0};
    const uint32_t word = words[next + 1];
    next += 2;
    // What stands in a word or two, or what is copied and padded.
    uint32_t length = 8;
    uint32_t first = 0;
    uint32_t second = word;
    const uint8_t* copied = nullptr;
    switch (type) {
      case Of(Type::kInteger):
      case Of(Type::kEnumeration):
      case Of(Type::kInterval):
        length = 4;
        first = word;
        second = 0;
        break;
      case Of(Type::kBoolean): break;
      case Of(Type::kLongInteger):
      case Of(Type::kDateTime):
      case Of(Type::kDateTimeExtended):
        if (next == count) return {Encoding::kInvalid, 0};
        first = word;
        second = words[next++];
        break;
      case Of(Type::kTextString): {
        size_t size = word;
        if (ascii ? size > texts.size : !SizeOf(texts, word, size)) return {Encoding::kInvalid, 0};
        length = static_cast<uint32_t>(size);
        copied = texts.data;
        texts = texts.From(size);
        break;
      }
      case Of(Type::kBigInteger):
        if (word == 0 || word % 8 != 0) return {Encoding::kInvalid, 0};
        [[fallthrough]];
      case Of(Type::kByteString):
      case kPreparedText: {
        const size_t taken = (size_t{word} + 3) / sizeof(uint32_t);
        if (taken > count - next) return {Encoding::kInvalid, 0};
        length = word;
        copied = reinterpret_cast<const uint8_t*>(words + next);
        next += taken;
        break;
      }
      default: return {Encoding::kInvalid, 0};
    }
    const size_t padded = Padded(length);
    if (room < kHeader + padded) return {Encoding::kNoRoom, 0};
    uint8_t* const to = out.data + at;
    PutBigEndian32(to, head & ~kPrepared);
    PutBigEndian32(to + 4, length);
    if (copied == nullptr) {
      PutBigEndian32(to + 8, first);
      PutBigEndian32(to + 12, second);
    } else {
      CopyPadded(to + kHeader, copied, length);
    }
    at += kHeader + padded;
  }
  return {depth == 0 && texts.size == 0 ? Encoding::kDone : Encoding::kInvalid, at};
}

}  // namespace mortise::ttlv
