// Writes TTLV messages from a list of commands, so that a message takes one call however many items it has.
#pragma once

#include "ttlv/tape.h"

namespace mortise::ttlv {

// A command is some words. The first is tag and type, as in the message, and behind it stand
//   Structure                                  nothing: what follows is inside, until a word of 0 ends it
//   Integer, Enumeration, Interval, Boolean    the value
//   Long Integer, Date-Time, its extended kin  the value, its high word first
//   Text String                                how many UTF-16 code units of `texts` it takes
//   Byte String, Big Integer, prepared text    how many bytes, and these, in as many words as they need
// The type of a Text String whose UTF-8 stands in its command.
constexpr uint32_t kPrepared = 0x80;
constexpr uint32_t kPreparedText = kPrepared | static_cast<uint32_t>(Type::kTextString);

struct Commands {
  const uint32_t* words;
  size_t count;
};

enum class Encoding : uint8_t {
  kDone,
  // `out` ends before the message does.
  kNoRoom,
  // No list of commands: a structure that is not ended, a text that is not there, half a character.
  kInvalid,
};

struct Encoded {
  Encoding result;
  size_t size;
};

// `texts` are those of all commands, one behind the other, in UTF-8; `units` are their UTF-16 code units.
// Behind both, as many bytes may be read as kSlack says.
constexpr size_t kSlack = 8;
Encoded Encode(Commands commands, ByteView texts, size_t units, ByteSpan out);

}  // namespace mortise::ttlv
