#include "pool/pool.h"

#include <sys/resource.h>

#include <algorithm>
#include <condition_variable>
#include <deque>
#include <mutex>
#include <thread>
#include <vector>

#include "common/arena.h"
#include "common/thread.h"

namespace mortise {
namespace {

constexpr size_t kMostThreads = 4;

// Steps of priority below the thread that starts the pool: where processors are short, event loops get their turn first.
constexpr int kNicer = 10;

class Pool {
 public:
  Pool() {
    while (threads_.size() < PoolThreads()) {
      pthread_t thread;
      if (!StartThread(&thread, &Pool::Start, this)) break;
      pthread_setname_np(thread, "mortise-pool");
      threads_.push_back(thread);
    }
  }

  ~Pool() {
    {
      const std::lock_guard<std::mutex> lock(mutex_);
      ending_ = true;
      tasks_.clear();
    }
    more_.notify_all();
    for (const pthread_t thread : threads_) pthread_join(thread, nullptr);
  }

  void Run(std::function<void()> task) {
    // A system that gives no thread gives the caller's time.
    if (threads_.empty()) return task();
    {
      const std::lock_guard<std::mutex> lock(mutex_);
      tasks_.push_back(std::move(task));
    }
    more_.notify_one();
  }

 private:
  static void* Start(void* pool) {
    // On Linux each thread has a priority of its own. One that cannot be lowered stays, and the work is done all the same.
    static_cast<void>(setpriority(PRIO_PROCESS, 0, getpriority(PRIO_PROCESS, 0) + kNicer));
    // Where the system has no such thing, there it is.
    static_cast<void>(HideStack());
    static_cast<Pool*>(pool)->Work();
    return nullptr;
  }

  void Work() {
    std::unique_lock<std::mutex> lock(mutex_);
    for (;;) {
      more_.wait(lock, [this] { return ending_ || !tasks_.empty(); });
      if (ending_) return;
      std::function<void()> task = std::move(tasks_.front());
      tasks_.pop_front();
      lock.unlock();
      task();
      // What it holds goes before the lock is taken.
      task = nullptr;
      lock.lock();
    }
  }

  std::mutex mutex_;
  std::condition_variable more_;
  std::deque<std::function<void()>> tasks_;
  std::vector<pthread_t> threads_;
  bool ending_ = false;
};

}  // namespace

size_t PoolThreads() {
  static const size_t threads = std::clamp<size_t>(std::thread::hardware_concurrency(), 1, kMostThreads);
  return threads;
}

void RunOnPool(std::function<void()> task) {
  static Pool pool;
  pool.Run(std::move(task));
}

}  // namespace mortise
