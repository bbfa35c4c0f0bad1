#include "mac/batch.h"

namespace mortise {

Result<MessageBatch> MessageBatch::Check(ByteView arena, Slices slices, size_t size) {
  MessageBatch batch;
  batch.size_ = size;
  batch.messages_.reserve(slices.count);
  for (size_t i = 0; i < slices.count; i++) {
    ByteView message;
    if (!SliceOf(arena, slices, i, message)) return BadSlice(arena, message);
    batch.messages_.push_back(message);
    batch.bytes_ += message.size;
  }
  return batch;
}

Result<MessageBatch> MessageBatch::ToMake(ByteView arena, Slices slices, ByteSpan out, size_t size) {
  if (Overlap(arena, out)) return Error{Code::kInputInvalid, "out must not overlap the arena"};
  if (out.size / size < slices.count) return Error{Code::kInputInvalid, "out is too small for the results"};
  MORTISE_TRY(batch, Check(arena, slices, size));
  batch.out_ = out.data;
  return batch;
}

Result<MessageBatch> MessageBatch::ToVerify(ByteView arena, Slices slices, ByteView macs, ByteSpan status,
                                            size_t size) {
  if (Overlap(arena, status) || Overlap(macs, status)) {
    return Error{Code::kInputInvalid, "status must not overlap the arena or the MACs"};
  }
  if (macs.size / size < slices.count) return Error{Code::kInputInvalid, "there must be a MAC for each message"};
  if (status.size < slices.count) return Error{Code::kInputInvalid, "status is too small for the messages"};
  MORTISE_TRY(batch, Check(arena, slices, size));
  batch.macs_ = macs.data;
  batch.status_ = status.data;
  return batch;
}

Status MessageBatch::Digest(Hasher& hasher, size_t from, size_t to) {
  for (size_t i = from; i < to; i++) MORTISE_CHECK(hasher.Digest(messages_[i], out_ + i * size_));
  return Done{};
}

Status MessageBatch::Generate(Mac& mac, size_t from, size_t to) {
  for (size_t i = from; i < to; i++) MORTISE_CHECK(mac.Generate(messages_[i], out_ + i * size_));
  return Done{};
}

Status MessageBatch::Verify(Mac& mac, size_t from, size_t to) {
  for (size_t i = from; i < to; i++) {
    MORTISE_TRY(valid, mac.Verify(messages_[i], {macs_ + i * size_, size_}));
    status_[i] = valid ? 1 : 0;
  }
  return Done{};
}

}  // namespace mortise
