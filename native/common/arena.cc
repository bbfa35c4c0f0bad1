#include "common/arena.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <condition_variable>
#include <cstdint>
#include <cstdlib>
#include <mutex>
#include <vector>

#include "common/registers.h"
#include "common/thread.h"

namespace mortise {
namespace {

// HEAP_MAX_SIZE of glibc on 64-bit machines: a thread's heaps are of this size and begin at multiples of it, with the address
// of what governs them all, which is behind that in the first.
constexpr uintptr_t kHeap = uintptr_t{64} << 20;
constexpr uintptr_t kHead = 4096;

// One is started when all others are busy: with a thread of the pool's or of JavaScript's that waits for it.
constexpr size_t kMostThreads = 64;
// Another thread may get a heap where one got none: some share that of the main thread.
constexpr size_t kMostFailures = 8;

// 0 where nothing can be read. The system looks, because there may be no memory at that address.
uintptr_t WordAt(uintptr_t address) {
  int ends[2];
  if (pipe2(ends, O_CLOEXEC) != 0) return 0;
  uintptr_t word = 0;
  // Not by write(), whose sanitized form would look itself.
  const bool copied = syscall(SYS_write, ends[1], address, sizeof word) == static_cast<long>(sizeof word) &&
                      read(ends[0], &word, sizeof word) == static_cast<ssize_t>(sizeof word);
  close(ends[0]);
  close(ends[1]);
  return copied ? word : 0;
}

constexpr uintptr_t HeapOf(uintptr_t address) { return address & ~(kHeap - 1); }

class Heaps {
 public:
  bool Hide(const void* allocated) {
    const uintptr_t heap = HeapOf(reinterpret_cast<uintptr_t>(allocated));
    for (const uintptr_t one : hidden_) {
      if (one == heap) return true;
    }
    const uintptr_t governor = WordAt(heap);
    const uintptr_t first = HeapOf(governor);
    if (governor == 0 || governor - first > kHead || WordAt(first) != governor) return false;
    // All of it, also what is only reserved so far.
    if (madvise(reinterpret_cast<void*>(heap), kHeap, MADV_DONTDUMP) != 0) return false;
    hidden_.push_back(heap);
    return true;
  }

 private:
  std::vector<uintptr_t> hidden_;
};

// Of a thread of the arena, and of no other.
thread_local Heaps* heaps = nullptr;

// On the stack of whoever waits for it: a queue that allocates would have its memory freed by the threads.
struct Job {
  arena::Call call;
  void* work;
  Job* next = nullptr;
  bool done = false;
  std::condition_variable finished = {};
};

class Arena {
 public:
  void Run(arena::Call call, void* work) {
    std::unique_lock<std::mutex> lock(mutex_);
    while (queued_ >= idle_ && threads_ < kMostThreads && failed_ < kMostFailures) Start(lock);
    if (threads_ == 0) {
      lock.unlock();
      return call(work);
    }
    Job job{call, work};
    (last_ == nullptr ? first_ : last_->next) = &job;
    last_ = &job;
    queued_++;
    more_.notify_one();
    job.finished.wait(lock, [&job] { return job.done; });
  }

 private:
  void Start(std::unique_lock<std::mutex>& lock) {
    starting_++;
    pthread_t thread;
    if (StartThread(&thread, &Arena::Enter, this)) {
      pthread_detach(thread);
    } else {
      starting_--;
      failed_++;
    }
    ready_.wait(lock, [this] { return starting_ == 0; });
  }

  static void* Enter(void* arena) {
    pthread_setname_np(pthread_self(), "mortise-arena");
    Heaps own;
    void* const allocated = malloc(1);
    const bool hidden = own.Hide(allocated) && HideStack();
    free(allocated);
    heaps = &own;
    static_cast<Arena*>(arena)->Work(hidden);
    return nullptr;
  }

  void Work(bool hidden) {
    std::unique_lock<std::mutex> lock(mutex_);
    starting_--;
    ready_.notify_all();
    if (!hidden) {
      failed_++;
      return;
    }
    threads_++;
    for (;;) {
      idle_++;
      more_.wait(lock, [this] { return first_ != nullptr; });
      idle_--;
      Job* const job = first_;
      first_ = job->next;
      if (first_ == nullptr) last_ = nullptr;
      queued_--;
      lock.unlock();
      job->call(job->work);
      WipeRegisters();
      lock.lock();
      job->done = true;
      // While the lock is held, because the job goes with the wait for it.
      job->finished.notify_one();
    }
  }

  std::mutex mutex_;
  std::condition_variable more_;
  std::condition_variable ready_;
  Job* first_ = nullptr;
  Job* last_ = nullptr;
  size_t queued_ = 0;
  // Threads that are not ready yet, that could not be, that work or wait, that wait.
  size_t starting_ = 0;
  size_t failed_ = 0;
  size_t threads_ = 0;
  size_t idle_ = 0;
};

}  // namespace

void arena::Run(Call call, void* work) {
  // The work of work.
  if (heaps != nullptr) return call(work);
  // Never destroyed: its threads wait when the process exits.
  static Arena& arena = *new Arena;
  arena.Run(call, work);
}

bool HideStack() {
  pthread_attr_t attributes;
  if (pthread_getattr_np(pthread_self(), &attributes) != 0) return false;
  void* stack = nullptr;
  size_t size = 0;
  const bool hidden = pthread_attr_getstack(&attributes, &stack, &size) == 0 && madvise(stack, size, MADV_DONTDUMP) == 0;
  pthread_attr_destroy(&attributes);
  return hidden;
}

void KeepInArena(const void* made) {
  if (heaps != nullptr) heaps->Hide(made);
}

}  // namespace mortise
