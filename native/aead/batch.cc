#include "aead/batch.h"

namespace mortise {
namespace {

bool Overlap(ByteView a, ByteView b) {
  const auto at = reinterpret_cast<uintptr_t>(a.data);
  const auto bt = reinterpret_cast<uintptr_t>(b.data);
  return a.size > 0 && b.size > 0 && at < bt + b.size && bt < at + a.size;
}

size_t SealedSize(size_t record, size_t overhead) { return record + overhead; }

size_t OpenedSize(size_t record, size_t overhead) { return record < overhead ? 0 : record - overhead; }

Result<ByteView> SliceOf(ByteView arena, Slices slices, size_t i) {
  const size_t offset = slices.offsets[i];
  const size_t length = slices.lengths[i];
  if (offset > arena.size || length > arena.size - offset) {
    return Error{Code::kInputInvalid, "an offset or length reaches out of the arena"};
  }
  if (length > kLargestInput) return Code::kInputTooLarge;
  return arena.Slice(offset, length);
}

}  // namespace

Result<Batch> Batch::Check(ByteView arena, Slices slices, const BatchAad& aad, ByteSpan out) {
  if (Overlap(arena, out) || Overlap(aad.bytes, out)) {
    return Error{Code::kInputInvalid, "out must not overlap the arena or the additional data"};
  }
  if (aad.each && aad.each->count != slices.count) {
    return Error{Code::kInputInvalid, "there must be additional data for each record"};
  }
  Batch batch;
  batch.entries_.reserve(slices.count);
  for (size_t i = 0; i < slices.count; i++) {
    MORTISE_TRY(record, SliceOf(arena, slices, i));
    ByteView own = aad.bytes;
    if (aad.each) {
      MORTISE_TRY(slice, SliceOf(aad.bytes, *aad.each, i));
      own = slice;
    }
    batch.entries_.push_back({record, own, {}});
    batch.size_ += record.size;
  }
  return batch;
}

Status Batch::Place(ByteSpan out, size_t (*size)(size_t, size_t), size_t overhead, const char* too_small) {
  for (Entry& entry : entries_) {
    const size_t room = size(entry.record.size, overhead);
    if (room > out.size - written_) return Error{Code::kInputInvalid, too_small};
    entry.out = {out.data + written_, room};
    written_ += room;
  }
  return Done{};
}

Result<Batch> Batch::ToSeal(ByteView arena, Slices slices, const BatchAad& aad, ByteSpan out, size_t overhead) {
  MORTISE_TRY(batch, Check(arena, slices, aad, out));
  MORTISE_CHECK(batch.Place(out, SealedSize, overhead, "out is too small for the records"));
  return batch;
}

Result<Batch> Batch::ToOpen(ByteView arena, Slices slices, const BatchAad& aad, ByteSpan out, ByteSpan status,
                            size_t overhead) {
  MORTISE_TRY(batch, Check(arena, slices, aad, out));
  if (Overlap(arena, status) || Overlap(out, status) || Overlap(aad.bytes, status)) {
    return Error{Code::kInputInvalid, "status must not overlap the arena, the additional data or out"};
  }
  if (status.size < slices.count) return Error{Code::kInputInvalid, "status is too small for the records"};
  batch.status_ = status.data;
  MORTISE_CHECK(batch.Place(out, OpenedSize, overhead, "out is too small for the plaintexts"));
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
