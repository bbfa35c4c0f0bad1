// Memory for keys: locked, left out of core dumps, empty in a forked child, wiped when it is given back, between guard
// pages. One pool for the process, shared by all threads.
#pragma once

#include "common/bytes.h"
#include "common/result.h"

namespace mortise {

struct SecureChunk;

enum class MemoryLock { kPreferred, kRequired };

// From now on; memory that is already in use is locked too, or the call fails.
Status SetMemoryLock(MemoryLock mode);

class SecureBytes {
 public:
  // Zeroed.
  static Result<SecureBytes> Make(size_t size);
  static Result<SecureBytes> Copy(ByteView bytes);

  SecureBytes() = default;
  SecureBytes(SecureBytes&& other) noexcept { *this = std::move(other); }
  SecureBytes& operator=(SecureBytes&& other) noexcept;
  SecureBytes(const SecureBytes&) = delete;
  SecureBytes& operator=(const SecureBytes&) = delete;
  ~SecureBytes() { Release(); }

  uint8_t* data() { return data_; }
  const uint8_t* data() const { return data_; }
  size_t size() const { return size_; }
  ByteView view() const { return {data_, size_}; }
  // Gives up the tail, which the release wipes with the rest.
  void Truncate(size_t size);

 private:
  void Release();

  SecureChunk* chunk_ = nullptr;
  uint8_t* data_ = nullptr;
  size_t size_ = 0;
};

}  // namespace mortise
