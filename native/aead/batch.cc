#include "aead/batch.h"

namespace mortise {

template <typename Room>
Result<Batch> Batch::Check(ByteView arena, Slices slices, const BatchAad& aad, ByteSpan out, Room room,
                           const char* too_small) {
  if (Overlap(arena, out) || Overlap(aad.bytes, out)) {
    return Error{Code::kInputInvalid, "out must not overlap the arena or the additional data"};
  }
  if (aad.each && aad.each->count != slices.count) {
    return Error{Code::kInputInvalid, "there must be additional data for each record"};
  }
  Batch batch;
  batch.entries_.reserve(slices.count);
  for (size_t i = 0; i < slices.count; i++) {
    ByteView record;
    ByteView own = aad.bytes;
    if (!SliceOf(arena, slices, i, record)) return BadSlice(arena, record);
    if (aad.each && !SliceOf(aad.bytes, *aad.each, i, own)) return BadSlice(aad.bytes, own);
    const ByteSpan place = {out.data + batch.written_, room(record.size)};
    if (place.size > out.size - batch.written_) return Error{Code::kInputInvalid, too_small};
    batch.entries_.push_back({record, own, place});
    batch.size_ += record.size;
    batch.written_ += place.size;
  }
  return batch;
}

Result<Batch> Batch::ToSeal(ByteView arena, Slices slices, const BatchAad& aad, ByteSpan out, size_t overhead) {
  return Check(
      arena, slices, aad, out, [overhead](size_t record) { return record + overhead; },
      "out is too small for the records");
}

Result<Batch> Batch::ToOpen(ByteView arena, Slices slices, const BatchAad& aad, ByteSpan out, ByteSpan status,
                            size_t overhead) {
  if (Overlap(arena, status) || Overlap(out, status) || Overlap(aad.bytes, status)) {
    return Error{Code::kInputInvalid, "status must not overlap the arena, the additional data or out"};
  }
  if (status.size < slices.count) return Error{Code::kInputInvalid, "status is too small for the records"};
  MORTISE_TRY(batch, Check(
                         arena, slices, aad, out,
                         [overhead](size_t record) { return record < overhead ? 0 : record - overhead; },
                         "out is too small for the plaintexts"));
  batch.status_ = status.data;
  return batch;
}

Status Batch::Seal(RecordCipher& cipher, uint32_t version, size_t from, size_t to) {
  for (size_t i = from; i < to; i++) {
    const Entry& entry = entries_[i];
    MORTISE_CHECK(cipher.Seal(version, entry.record, entry.aad, entry.out.data));
  }
  return Done{};
}

void Batch::Open(RecordCipher& cipher, uint32_t version, size_t from, size_t to) {
  for (size_t i = from; i < to; i++) {
    const Entry& entry = entries_[i];
    const bool opened = cipher.Open(version, entry.record, entry.aad, entry.out.data).ok();
    // Whatever the reason was, nothing of a record that fails may be seen.
    if (!opened && entry.out.size > 0) OPENSSL_cleanse(entry.out.data, entry.out.size);
    status_[i] = opened ? 1 : 0;
  }
}

}  // namespace mortise
