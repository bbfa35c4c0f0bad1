// Many records in one call, out of and into memory of the caller.
#pragma once

#include "aead/record.h"
#include "common/slices.h"

namespace mortise {

// What is authenticated with the records of a batch: the same bytes with all, or those that each slice says of `bytes`.
struct BatchAad {
  ByteView bytes;
  std::optional<Slices> each;
};

// A batch whose every bound has been checked, over copies of the offsets and lengths: the caller's may lie in memory
// that another thread writes to. Parts of it may be done at the same time, each with a cipher of its own.
class Batch {
 public:
  static Result<Batch> ToSeal(ByteView arena, Slices slices, const BatchAad& aad, ByteSpan out, size_t overhead);
  static Result<Batch> ToOpen(ByteView arena, Slices slices, const BatchAad& aad, ByteSpan out, ByteSpan status,
                              size_t overhead);

  size_t count() const { return entries_.size(); }
  // Bytes of all records.
  size_t size() const { return size_; }
  // Bytes of `out` that they take.
  size_t written() const { return written_; }

  Status Seal(RecordCipher& cipher, uint32_t version, size_t from, size_t to);
  void Open(RecordCipher& cipher, uint32_t version, size_t from, size_t to);

 private:
  struct Entry {
    ByteView record;
    ByteView aad;
    ByteSpan out;
  };

  // Gives each record its place in `out`, of the size that `room` says.
  template <typename Room>
  static Result<Batch> Check(ByteView arena, Slices slices, const BatchAad& aad, ByteSpan out, Room room,
                             const char* too_small);

  std::vector<Entry> entries_;
  size_t size_ = 0;
  size_t written_ = 0;
  uint8_t* status_ = nullptr;
};

}  // namespace mortise
