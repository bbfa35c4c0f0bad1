// Many messages in one call, and a digest or MAC of fixed size for each.
#pragma once

#include "common/slices.h"
#include "mac/hash.h"
#include "mac/mac.h"

namespace mortise {

// A batch whose every bound has been checked, over copies of the offsets and lengths: the caller's may lie in memory
// that another thread writes to. Parts of it may be done at the same time, each with a context of its own.
class MessageBatch {
 public:
  // The results go to `out`, one behind the other, each of `size` bytes.
  static Result<MessageBatch> ToMake(ByteView arena, Slices slices, ByteSpan out, size_t size);
  // The MACs lie so in `macs`; each message has a byte in `status`.
  static Result<MessageBatch> ToVerify(ByteView arena, Slices slices, ByteView macs, ByteSpan status, size_t size);

  size_t count() const { return messages_.size(); }
  // Bytes of all messages.
  size_t bytes() const { return bytes_; }
  // Bytes of all results.
  size_t written() const { return count() * size_; }
  const std::vector<ByteView>& messages() const { return messages_; }

  Status Digest(Hasher& hasher, size_t from, size_t to);
  Status Generate(Mac& mac, size_t from, size_t to);
  Status Verify(Mac& mac, size_t from, size_t to);

 private:
  static Result<MessageBatch> Check(ByteView arena, Slices slices, size_t size);

  std::vector<ByteView> messages_;
  size_t bytes_ = 0;
  size_t size_ = 0;
  uint8_t* out_ = nullptr;
  const uint8_t* macs_ = nullptr;
  uint8_t* status_ = nullptr;
};

}  // namespace mortise
