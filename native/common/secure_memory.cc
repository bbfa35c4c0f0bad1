#include "common/secure_memory.h"

#include <openssl/crypto.h>
#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <memory>
#include <mutex>

namespace mortise {

// Pages cut into slots of one size.
struct SecureChunk {
  uint8_t* base = nullptr;
  size_t size = 0;
  size_t slot = 0;
  bool locked = false;
  std::vector<uint32_t> free_slots;

  size_t slots() const { return size / slot; }
  bool unused() const { return free_slots.size() == slots(); }
};

namespace {

constexpr size_t kChunkSize = 64 * 1024;
constexpr size_t kSmallestSlot = 32;
// RSA-4096 in PKCS#8 is about 2,400 bytes; whatever is larger than this has a chunk of its own.
constexpr size_t kLargestSlot = 4096;
constexpr size_t kLargestRequest = 16 * 1024 * 1024;

size_t PageSize() {
  static const size_t size = static_cast<size_t>(sysconf(_SC_PAGESIZE));
  return size;
}

size_t RoundUp(size_t value, size_t unit) { return (value + unit - 1) / unit * unit; }

size_t SlotFor(size_t size) {
  size_t slot = kSmallestSlot;
  while (slot < size) slot *= 2;
  return slot;
}

void Unmap(const SecureChunk& chunk) {
  const size_t guard = PageSize();
  munmap(chunk.base - guard, chunk.size + 2 * guard);
}

class Pool {
 public:
  struct Slot {
    SecureChunk* chunk;
    uint8_t* data;
  };

  Result<Slot> Take(size_t size) {
    std::lock_guard<std::mutex> hold(mutex_);
    const bool alone = size > kLargestSlot;
    const size_t slot = alone ? RoundUp(size, PageSize()) : SlotFor(size);
    SecureChunk* chunk = alone ? nullptr : WithRoom(slot, nullptr);
    if (chunk == nullptr) {
      MORTISE_TRY(mapped, Map(slot, alone ? slot : RoundUp(kChunkSize, PageSize())));
      chunk = mapped;
    }
    const uint32_t index = chunk->free_slots.back();
    chunk->free_slots.pop_back();
    return Slot{chunk, chunk->base + index * chunk->slot};
  }

  void Give(SecureChunk* chunk, uint8_t* data) {
    OPENSSL_cleanse(data, chunk->slot);
    std::lock_guard<std::mutex> hold(mutex_);
    // Room was reserved when the chunk was made, so this cannot fail.
    chunk->free_slots.push_back(static_cast<uint32_t>(static_cast<size_t>(data - chunk->base) / chunk->slot));
    if (!chunk->unused()) return;
    // One empty chunk a size is kept, so that a single key made and dropped does not map pages each time.
    if (chunk->slot <= kLargestSlot && WithRoom(chunk->slot, chunk) == nullptr) return;
    Unmap(*chunk);
    chunks_.erase(std::find_if(chunks_.begin(), chunks_.end(), [&](const auto& each) { return each.get() == chunk; }));
  }

  Status SetLock(MemoryLock mode) {
    std::lock_guard<std::mutex> hold(mutex_);
    if (mode == MemoryLock::kRequired) {
      for (const auto& chunk : chunks_) {
        chunk->locked = chunk->locked || mlock(chunk->base, chunk->size) == 0;
        if (!chunk->locked) return Code::kMemoryLockFailed;
      }
      // A process that will never be able to lock anything learns it now.
      if (chunks_.empty()) MORTISE_CHECK(Probe());
    }
    mode_ = mode;
    return Done{};
  }

 private:
  SecureChunk* WithRoom(size_t slot, const SecureChunk* besides) {
    for (auto each = chunks_.rbegin(); each != chunks_.rend(); ++each) {
      if ((*each)->slot == slot && !(*each)->free_slots.empty() && each->get() != besides) return each->get();
    }
    return nullptr;
  }

  Result<SecureChunk*> Map(size_t slot, size_t size) {
    const size_t guard = PageSize();
    void* whole = mmap(nullptr, size + 2 * guard, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (whole == MAP_FAILED) return Error{Code::kInternal, "no memory is left for keys"};

    auto chunk = std::make_unique<SecureChunk>();
    chunk->base = static_cast<uint8_t*>(whole) + guard;
    chunk->size = size;
    chunk->slot = slot;
    const bool prepared = mprotect(chunk->base, size, PROT_READ | PROT_WRITE) == 0 &&
                          madvise(chunk->base, size, MADV_DONTDUMP) == 0 &&
                          madvise(chunk->base, size, MADV_WIPEONFORK) == 0;
    chunk->locked = prepared && mlock(chunk->base, size) == 0;
    if (!prepared || (mode_ == MemoryLock::kRequired && !chunk->locked)) {
      Unmap(*chunk);
      if (prepared) return Code::kMemoryLockFailed;
      return Error{Code::kInternal, "memory for keys could not be protected"};
    }
    chunk->free_slots.reserve(chunk->slots());
    for (size_t index = chunk->slots(); index > 0; index--) {
      chunk->free_slots.push_back(static_cast<uint32_t>(index - 1));
    }
    chunks_.push_back(std::move(chunk));
    return chunks_.back().get();
  }

  Status Probe() {
    void* page = mmap(nullptr, kChunkSize, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (page == MAP_FAILED) return Error{Code::kInternal, "no memory is left for keys"};
    const bool locked = mlock(page, kChunkSize) == 0;
    munmap(page, kChunkSize);
    if (!locked) return Code::kMemoryLockFailed;
    return Done{};
  }

  std::mutex mutex_;
  MemoryLock mode_ = MemoryLock::kPreferred;
  std::vector<std::unique_ptr<SecureChunk>> chunks_;
};

Pool& ThePool() {
  // Never destroyed: threads may still hold keys while the process exits.
  static Pool& pool = *new Pool;
  return pool;
}

}  // namespace

Status SetMemoryLock(MemoryLock mode) { return ThePool().SetLock(mode); }

Result<SecureBytes> SecureBytes::Make(size_t size) {
  if (size > kLargestRequest) return Code::kInputTooLarge;
  MORTISE_TRY(slot, ThePool().Take(size));
  SecureBytes bytes;
  bytes.chunk_ = slot.chunk;
  bytes.data_ = slot.data;
  bytes.size_ = size;
  return bytes;
}

Result<SecureBytes> SecureBytes::Copy(ByteView bytes) {
  MORTISE_TRY(copy, Make(bytes.size));
  if (bytes.size > 0) memcpy(copy.data(), bytes.data, bytes.size);
  return copy;
}

SecureBytes& SecureBytes::operator=(SecureBytes&& other) noexcept {
  if (this == &other) return *this;
  Release();
  chunk_ = std::exchange(other.chunk_, nullptr);
  data_ = std::exchange(other.data_, nullptr);
  size_ = std::exchange(other.size_, 0);
  return *this;
}

void SecureBytes::Truncate(size_t size) { size_ = std::min(size_, size); }

void SecureBytes::Release() {
  if (chunk_ == nullptr) return;
  ThePool().Give(chunk_, data_);
  chunk_ = nullptr;
  data_ = nullptr;
  size_ = 0;
}

}  // namespace mortise
