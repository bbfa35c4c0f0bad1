// Pointers that know their length, and big-endian integers.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

namespace mortise {

struct ByteView {
  const uint8_t* data = nullptr;
  size_t size = 0;

  ByteView() = default;
  ByteView(const uint8_t* bytes, size_t length) : data(bytes), size(length) {}
  ByteView(const std::vector<uint8_t>& bytes) : data(bytes.data()), size(bytes.size()) {}
  explicit ByteView(std::string_view text) : data(reinterpret_cast<const uint8_t*>(text.data())), size(text.size()) {}

  // The caller has checked that both lie within.
  ByteView Slice(size_t offset, size_t length) const { return {data + offset, length}; }
  ByteView From(size_t offset) const { return {data + offset, size - offset}; }
};

struct ByteSpan {
  uint8_t* data = nullptr;
  size_t size = 0;

  operator ByteView() const { return {data, size}; }
};

inline void PutBigEndian32(uint8_t* out, uint32_t value) {
  out[0] = static_cast<uint8_t>(value >> 24);
  out[1] = static_cast<uint8_t>(value >> 16);
  out[2] = static_cast<uint8_t>(value >> 8);
  out[3] = static_cast<uint8_t>(value);
}

inline uint32_t GetBigEndian32(const uint8_t* in) {
  return static_cast<uint32_t>(in[0]) << 24 | static_cast<uint32_t>(in[1]) << 16 | static_cast<uint32_t>(in[2]) << 8 |
         static_cast<uint32_t>(in[3]);
}

}  // namespace mortise
