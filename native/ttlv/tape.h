// TTLV messages (KMIP 2.1 section 10.1) on a flat tape: four words an item, in the order of the message. Nothing is copied, and
// nothing is allocated for an item.
#pragma once

#include "common/bytes.h"

namespace mortise::ttlv {

enum class Type : uint8_t {
  kStructure = 1,
  kInteger,
  kLongInteger,
  kBigInteger,
  kEnumeration,
  kBoolean,
  kTextString,
  kByteString,
  kDateTime,
  kInterval,
  kDateTimeExtended,
};

constexpr size_t kHeader = 8;
// Levels of structures, the message among them.
constexpr size_t kDeepest = 32;
constexpr uint32_t kBatchItem = 0x42000f;
constexpr uint32_t kMostBatchItems = 1000;

constexpr uint32_t kWordsOfNode = 4;
struct Node {
  // As it stands in the message: tag in three bytes, type in one.
  uint32_t head;
  // Where the value begins.
  uint32_t offset;
  // Bytes of the value; of Integer, Enumeration, Interval and Boolean the value itself.
  uint32_t length;
  // The node behind it and all that it contains.
  uint32_t next;
};
static_assert(sizeof(Node) == kWordsOfNode * sizeof(uint32_t));

// Why a message is refused, or not yet decoded. lib/native/ttlv/fault.ts has the same numbers, and the texts.
enum class Fault : uint8_t {
  kNone,
  // Not whole: `at` is how many bytes it has, 0 where its header is not there.
  kIncomplete,
  kNotMessage,
  kTooLarge,
  kTooDeep,
  kTooManyItems,
  kTooManyBatchItems,
  kTag,
  kType,
  kLength,
  kOverrun,
  kBoolean,
  kText,
  kPadding,
};

struct Decoded {
  Fault fault;
  // Of the item that is at fault, in bytes from the beginning of `bytes`.
  uint32_t at;
  // Where the nodes end.
  uint32_t end;
};

struct Limits {
  // Bytes of a message, its header among them.
  uint32_t message;
  // Refuses what real clients do wrong: eight zero bytes behind a text that needs no padding (PyKMIP), and a Big Integer whose
  // length is no multiple of eight.
  bool strict;
};

// Decodes the message that begins at `start`, onto nodes from `first` to `room`. A message that is too large is refused by its
// header alone. Nothing but nodes of that range is written.
Decoded Decode(ByteView bytes, size_t start, Limits limits, Node* tape, uint32_t first, uint32_t room);

}  // namespace mortise::ttlv
