// Cuts the input of a fuzz target into the parts that it needs.
#pragma once

#include <algorithm>
#include <vector>

#include "common/bytes.h"

namespace mortise {

class Input {
 public:
  Input(const uint8_t* data, size_t size) : rest_(data, size) {}

  // 0 behind the end.
  uint8_t Byte() {
    if (rest_.size == 0) return 0;
    const uint8_t byte = rest_.data[0];
    rest_ = rest_.From(1);
    return byte;
  }

  uint32_t Word() {
    uint32_t word = 0;
    for (int i = 0; i < 4; i++) word = word << 8 | Byte();
    return word;
  }

  // As many bytes as the next one says, or what there is.
  ByteView Part() {
    const size_t size = std::min<size_t>(Byte(), rest_.size);
    const ByteView part = rest_.Slice(0, size);
    rest_ = rest_.From(size);
    return part;
  }

  std::vector<uint8_t> Copy() {
    const ByteView part = Part();
    return {part.data, part.data + part.size};
  }

  ByteView Rest() const { return rest_; }

 private:
  ByteView rest_;
};

}  // namespace mortise
