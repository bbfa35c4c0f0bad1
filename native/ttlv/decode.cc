#include <cstring>

#include "ttlv/tape.h"
#include "ttlv/utf8.h"

namespace mortise::ttlv {
namespace {

constexpr uint8_t kStandard = 0x42;
constexpr uint8_t kExtension = 0x54;
constexpr uint64_t kHighBits = 0x8080808080808080;

inline uint64_t Load64(const uint8_t* in) {
  uint64_t word;
  memcpy(&word, in, sizeof word);
  return word;
}

inline size_t Padded(size_t length) { return (length + 7) & ~size_t{7}; }

// Of a value whose padding lies within.
inline bool IsPaddedWithZeros(const uint8_t* value, size_t length) {
  const size_t tail = length % 8;
  return tail == 0 || (Load64(value + length - tail) & ~((uint64_t{1} << 8 * tail) - 1)) == 0;
}
static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__);

// Of a text that is padded with zeros.
inline bool IsText(const uint8_t* text, size_t length) {
  uint64_t all = 0;
  for (size_t i = 0; i < length; i += 8) all |= Load64(text + i);
  return (all & kHighBits) == 0 || IsUtf8({text, length});
}

// What can be told from fewer bytes than a header is told; `whole` is left as it is until it is known.
Fault Frame(ByteView message, uint32_t largest, uint32_t& whole) {
  if (message.size > 0 && message.data[0] != kStandard) return Fault::kNotMessage;
  if (message.size > 3 && message.data[3] != static_cast<uint8_t>(Type::kStructure)) return Fault::kNotMessage;
  if (message.size < kHeader) return Fault::kIncomplete;
  const uint32_t length = GetBigEndian32(message.data + 4);
  if (largest < kHeader || length > largest - kHeader) return Fault::kTooLarge;
  if (length % 8 != 0) return Fault::kLength;
  whole = static_cast<uint32_t>(kHeader + length);
  return message.size < whole ? Fault::kIncomplete : Fault::kNone;
}

struct Open {
  uint32_t node;
  size_t end;
};

}  // namespace

Decoded Decode(ByteView bytes, size_t start, Limits limits, Node* tape, uint32_t first, uint32_t room) {
  uint32_t whole = 0;
  const Fault framed = Frame(bytes.From(start), limits.message, whole);
  if (framed != Fault::kNone) return {framed, framed == Fault::kIncomplete ? whole : static_cast<uint32_t>(start), 0};

  const uint8_t* const data = bytes.data;
  Open open[kDeepest];
  size_t depth = 0;
  uint32_t node = first;
  uint32_t batch_items = 0;
  size_t at = start;
  size_t end = start + whole;
  const auto refused = [&at](Fault fault) { return Decoded{fault, static_cast<uint32_t>(at), 0}; };
  for (;;) {
    const uint32_t head = GetBigEndian32(data + at);
    const uint32_t length = GetBigEndian32(data + at + 4);
    const auto type = static_cast<Type>(head & 0xff);
    const uint8_t space = static_cast<uint8_t>(head >> 24);
    const size_t value = at + kHeader;
    const size_t left = end - value;
    size_t taken = 8;
    uint32_t word = length;
    if (space != kStandard && space != kExtension) return refused(Fault::kTag);
    if (node == room) return refused(Fault::kTooManyItems);
    switch (type) {
      case Type::kStructure:
        if (length % 8 != 0) return refused(Fault::kLength);
        if (length > left) return refused(Fault::kOverrun);
        if (depth == kDeepest) return refused(Fault::kTooDeep);
        if (depth == 1 && head >> 8 == kBatchItem && ++batch_items > kMostBatchItems) return refused(Fault::kTooManyBatchItems);
        open[depth++] = {node, end};
        end = value + length;
        taken = 0;
        break;
      case Type::kInteger:
      case Type::kEnumeration:
      case Type::kInterval:
        if (length != 4) return refused(Fault::kLength);
        if (left < 8) return refused(Fault::kOverrun);
        if (GetBigEndian32(data + value + 4) != 0) return refused(Fault::kPadding);
        word = GetBigEndian32(data + value);
        break;
      case Type::kLongInteger:
      case Type::kDateTime:
      case Type::kDateTimeExtended:
        if (length != 8) return refused(Fault::kLength);
        if (left < 8) return refused(Fault::kOverrun);
        break;
      case Type::kBoolean:
        if (length != 8) return refused(Fault::kLength);
        if (left < 8) return refused(Fault::kOverrun);
        word = GetBigEndian32(data + value + 4);
        if (GetBigEndian32(data + value) != 0 || word > 1) return refused(Fault::kBoolean);
        break;
      case Type::kBigInteger:
        if (length == 0 || (limits.strict && length % 8 != 0)) return refused(Fault::kLength);
        [[fallthrough]];
      case Type::kTextString:
      case Type::kByteString:
        taken = Padded(length);
        if (taken > left) return refused(Fault::kOverrun);
        if (!IsPaddedWithZeros(data + value, length)) return refused(Fault::kPadding);
        if (type == Type::kTextString && !IsText(data + value, length)) return refused(Fault::kText);
        break;
      default: return refused(Fault::kType);
    }
    tape[node] = {head, static_cast<uint32_t>(value), word, node + 1};
    node++;
    at = value + taken;
    if (type == Type::kTextString && length % 8 == 0 && !limits.strict && end - at >= kHeader && Load64(data + at) == 0) {
      at += kHeader;
    }
    while (at == end) {
      const Open& closed = open[--depth];
      tape[closed.node].next = node;
      end = closed.end;
      if (depth == 0) return {Fault::kNone, 0, node};
    }
    if (end - at < kHeader) return refused(Fault::kOverrun);
  }
}

}  // namespace mortise::ttlv
