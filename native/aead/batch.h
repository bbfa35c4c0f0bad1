// Many records in one call, out of and into memory of the caller.
#pragma once

#include "aead/record.h"

namespace mortise {

struct Slices {
  const uint32_t* offsets;
  const uint32_t* lengths;
  size_t count;
};

// A batch whose every bound has been checked, over copies of the offsets and lengths: the caller's may lie in memory
// that another thread writes to.
class Batch {
 public:
  static Result<Batch> ToSeal(ByteView arena, Slices slices, ByteSpan out, size_t overhead);
  static Result<Batch> ToOpen(ByteView arena, Slices slices, ByteSpan out, ByteSpan status, size_t overhead);

  size_t count() const { return records_.size(); }
  // Both answer the number of bytes written.
  Result<size_t> Seal(RecordCipher& cipher, uint32_t version, ByteView aad);
  Result<size_t> Open(RecordCipher& cipher, uint32_t version, ByteView aad);

 private:
  static Result<Batch> Check(ByteView arena, Slices slices, ByteSpan out);

  std::vector<ByteView> records_;
  uint8_t* out_ = nullptr;
  uint8_t* status_ = nullptr;
};

}  // namespace mortise
