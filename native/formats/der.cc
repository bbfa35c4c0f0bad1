#include "formats/der.h"

#include <cstring>

namespace mortise {

bool DerReader::Next(uint8_t tag, ByteView& contents) {
  if (rest_.size < 2 || rest_.data[0] != tag) return false;
  size_t header = 2;
  size_t length = rest_.data[1];
  if (length >= 0x80) {
    const size_t octets = length - 0x80;
    // Nothing here is longer than three octets can say.
    if (octets < 1 || octets > 3 || rest_.size < 2 + octets || rest_.data[2] == 0) return false;
    length = 0;
    for (size_t i = 0; i < octets; i++) length = length << 8 | rest_.data[2 + i];
    if (length < 0x80) return false;
    header += octets;
  }
  if (length > rest_.size - header) return false;
  contents = rest_.Slice(header, length);
  rest_ = rest_.From(header + length);
  return true;
}

bool DerReader::Number(ByteView& magnitude) {
  ByteView contents;
  if (!Next(kDerInteger, contents) || contents.size == 0 || (contents.data[0] & 0x80) != 0) return false;
  const bool padded = contents.size > 1 && contents.data[0] == 0;
  if (padded && (contents.data[1] & 0x80) == 0) return false;
  magnitude = contents.From(padded ? 1 : 0);
  return true;
}

Result<DerWriter> DerWriter::Make(size_t capacity) {
  MORTISE_TRY(room, SecureBytes::Make(capacity));
  return DerWriter(std::move(room));
}

void DerWriter::Bytes(ByteView bytes) {
  if (full_ || bytes.size > room_.size() - size_) {
    full_ = true;
    return;
  }
  size_ += bytes.size;
  if (bytes.size > 0) memcpy(room_.data() + room_.size() - size_, bytes.data, bytes.size);
}

void DerWriter::Element(uint8_t tag, ByteView contents) {
  const size_t end = mark();
  Bytes(contents);
  Wrap(tag, end);
}

void DerWriter::Number(ByteView magnitude) {
  while (magnitude.size > 1 && magnitude.data[0] == 0) magnitude = magnitude.From(1);
  const size_t end = mark();
  Bytes(magnitude);
  const uint8_t zero = 0;
  if (magnitude.size == 0 || (magnitude.data[0] & 0x80) != 0) Bytes({&zero, 1});
  Wrap(kDerInteger, end);
}

void DerWriter::Wrap(uint8_t tag, size_t mark) {
  const size_t length = size_ - mark;
  uint8_t header[5] = {tag};
  size_t size = 2;
  if (length < 0x80) {
    header[1] = static_cast<uint8_t>(length);
  } else {
    const size_t octets = length < 0x100 ? 1 : length < 0x10000 ? 2 : 3;
    header[1] = static_cast<uint8_t>(0x80 + octets);
    for (size_t i = 0; i < octets; i++) header[2 + i] = static_cast<uint8_t>(length >> 8 * (octets - 1 - i));
    size += octets;
  }
  Bytes({header, size});
}

Result<SecureBytes> DerWriter::Finish() const {
  if (full_) return Error{Code::kKeyInvalid, "the encoded key is too long"};
  return SecureBytes::Copy(room_.view().From(room_.size() - size_));
}

}  // namespace mortise
