// Brings what the pool has done back to the JavaScript thread that asked for it, with one wake-up for all that is done by
// then.
#pragma once

#include <napi.h>

#include <atomic>
#include <condition_variable>
#include <memory>
#include <mutex>
#include <unordered_map>
#include <vector>

namespace mortise::node {

// Work of one or more parts, which may run at the same time. It is made, settled and destroyed on the JavaScript thread.
class Task {
 public:
  virtual ~Task() = default;
  virtual size_t parts() const { return 1; }
  virtual void Execute(size_t part) = 0;
  // Once every part is done.
  virtual void Settle(Napi::Env env) = 0;

 private:
  friend class Completions;
  std::atomic<size_t> left_{0};
};

// One for each environment. When that is torn down, waits for what is running, because it uses the environment's memory,
// and drops the rest.
class Completions : public std::enable_shared_from_this<Completions> {
 public:
  static std::shared_ptr<Completions> Make(Napi::Env env);

  void Run(std::unique_ptr<Task> task);

 private:
  explicit Completions(Napi::Env env) : env_(env) {}
  void ExecutePart(Task* task, size_t part);
  void Drain();
  void Close();

  const Napi::Env env_;
  napi_threadsafe_function wake_ = nullptr;
  // Of the JavaScript thread alone.
  std::unordered_map<Task*, std::unique_ptr<Task>> tasks_;

  std::mutex mutex_;
  std::condition_variable idle_;
  std::vector<Task*> done_;
  size_t running_ = 0;
  bool closing_ = false;
};

}  // namespace mortise::node
