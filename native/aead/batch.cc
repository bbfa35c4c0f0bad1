#include "aead/batch.h"

#include <cstring>

namespace mortise {
namespace {

bool Overlap(ByteView a, ByteView b) {
  const auto at = reinterpret_cast<uintptr_t>(a.data);
  const auto bt = reinterpret_cast<uintptr_t>(b.data);
  return a.size > 0 && b.size > 0 && at < bt + b.size && bt < at + a.size;
}

size_t OpenedSize(size_t record, size_t overhead) { return record < overhead ? 0 : record - overhead; }

}  // namespace

Result<Batch> Batch::Check(ByteView arena, Slices slices, ByteSpan out) {
  if (Overlap(arena, out)) return Error{Code::kInputInvalid, "arena and out must not overlap"};
  Batch batch;
  batch.out_ = out.data;
  batch.records_.reserve(slices.count);
  for (size_t i = 0; i < slices.count; i++) {
    const size_t offset = slices.offsets[i];
    const size_t length = slices.lengths[i];
    if (offset > arena.size || length > arena.size - offset) {
      return Error{Code::kInputInvalid, "an offset or length reaches out of the arena"};
    }
    if (length > kLargestInput) return Code::kInputTooLarge;
    batch.records_.push_back(arena.Slice(offset, length));
  }
  return batch;
}

Result<Batch> Batch::ToSeal(ByteView arena, Slices slices, ByteSpan out, size_t overhead) {
  MORTISE_TRY(batch, Check(arena, slices, out));
  size_t needed = 0;
  for (const ByteView& record : batch.records_) needed += record.size + overhead;
  if (needed > out.size) return Error{Code::kInputInvalid, "out is too small for the records"};
  return batch;
}

Result<Batch> Batch::ToOpen(ByteView arena, Slices slices, ByteSpan out, ByteSpan status, size_t overhead) {
  MORTISE_TRY(batch, Check(arena, slices, out));
  if (Overlap(arena, status) || Overlap(out, status)) {
    return Error{Code::kInputInvalid, "status must not overlap arena or out"};
  }
  if (status.size < slices.count) return Error{Code::kInputInvalid, "status is too small for the records"};
  batch.status_ = status.data;
  size_t needed = 0;
  for (const ByteView& record : batch.records_) needed += OpenedSize(record.size, overhead);
  if (needed > out.size) return Error{Code::kInputInvalid, "out is too small for the plaintexts"};
  return batch;
}

Result<size_t> Batch::Seal(RecordCipher& cipher, uint32_t version, ByteView aad) {
  uint8_t* at = out_;
  for (const ByteView& record : records_) {
    MORTISE_CHECK(cipher.Seal(version, record, aad, at));
    at += record.size + cipher.overhead();
  }
  return static_cast<size_t>(at - out_);
}

Result<size_t> Batch::Open(RecordCipher& cipher, uint32_t version, ByteView aad) {
  uint8_t* at = out_;
  for (size_t i = 0; i < records_.size(); i++) {
    const size_t size = OpenedSize(records_[i].size, cipher.overhead());
    const bool opened = cipher.Open(version, records_[i], aad, at).ok();
    // Whatever the reason was, nothing of a record that fails may be seen.
    if (!opened && size > 0) OPENSSL_cleanse(at, size);
    status_[i] = opened ? 1 : 0;
    at += size;
  }
  return static_cast<size_t>(at - out_);
}

}  // namespace mortise
