// DER (X.690): reading element by element, and writing from the end to the beginning, so that no length is computed twice.
#pragma once

#include "common/bytes.h"
#include "common/secure_memory.h"

namespace mortise {

constexpr uint8_t kDerInteger = 0x02;
constexpr uint8_t kDerBitString = 0x03;
constexpr uint8_t kDerOctetString = 0x04;
constexpr uint8_t kDerNull = 0x05;
constexpr uint8_t kDerOid = 0x06;
constexpr uint8_t kDerSequence = 0x30;
constexpr uint8_t kDerContext0 = 0xa0;
constexpr uint8_t kDerContext1 = 0xa1;

class DerReader {
 public:
  explicit DerReader(ByteView der) : rest_(der) {}

  bool empty() const { return rest_.size == 0; }
  // The tag of the next element, 0 behind the last.
  uint8_t tag() const { return empty() ? 0 : rest_.data[0]; }
  // Takes the next element where it has the tag. False, too, for lengths that are not the shortest, or reach too far.
  bool Next(uint8_t tag, ByteView& contents);
  // The same for an integer that is not negative, without its leading zero.
  bool Number(ByteView& magnitude);

 private:
  ByteView rest_;
};

class DerWriter {
 public:
  // Of so many bytes at most; what is more makes Finish fail.
  static Result<DerWriter> Make(size_t capacity);

  // Puts bytes in front of what is there.
  void Bytes(ByteView bytes);
  void Element(uint8_t tag, ByteView contents);
  // An integer from its magnitude.
  void Number(ByteView magnitude);
  // How much there is: what Wrap takes for the end of its element.
  size_t mark() const { return size_; }
  // Makes what was written since the mark the contents of an element.
  void Wrap(uint8_t tag, size_t mark);
  Result<SecureBytes> Finish() const;

 private:
  explicit DerWriter(SecureBytes room) : room_(std::move(room)) {}

  SecureBytes room_;
  size_t size_ = 0;
  bool full_ = false;
};

}  // namespace mortise
