// Byte strings laid out in one buffer.
#pragma once

#include "common/ossl.h"

namespace mortise {

// The i-th is lengths[i] bytes at offsets[i].
struct Slices {
  const uint32_t* offsets;
  const uint32_t* lengths;
  size_t count;
};

// Reads the bounds once: another thread may write to them.
inline bool SliceOf(ByteView arena, Slices slices, size_t i, ByteView& slice) {
  const size_t offset = slices.offsets[i];
  const size_t length = slices.lengths[i];
  slice = {arena.data + offset, length};
  return offset <= arena.size && length <= arena.size - offset && length <= kLargestInput;
}

// What is wrong with one that is no slice.
inline Error BadSlice(ByteView arena, ByteView slice) {
  if (slice.size > kLargestInput && slice.size <= arena.size) return Error{Code::kInputTooLarge};
  return Error{Code::kInputInvalid, "an offset or length reaches out of the arena"};
}

inline bool Overlap(ByteView a, ByteView b) {
  const auto at = reinterpret_cast<uintptr_t>(a.data);
  const auto bt = reinterpret_cast<uintptr_t>(b.data);
  return a.size > 0 && b.size > 0 && at < bt + b.size && bt < at + a.size;
}

}  // namespace mortise
