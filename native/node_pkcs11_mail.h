// Brings what the pools of PKCS#11 tokens have done back to the JavaScript thread that asked for it. Unlike the core's own threads
// those of a pool may never come back: nobody waits for them, and what they use is their own.
#pragma once

#include <napi.h>

#include <memory>
#include <mutex>
#include <unordered_map>
#include <vector>

#include "common/result.h"
#include "pkcs11/pool.h"

namespace mortise::node {

// A pool as one JavaScript object has it.
class PoolUse {
 public:
  explicit PoolUse(std::shared_ptr<pkcs11::Pool> pool) : pool_(std::move(pool)) {}
  ~PoolUse() { Leave([] {}); }
  PoolUse(const PoolUse&) = delete;
  PoolUse& operator=(const PoolUse&) = delete;

  bool left() const { return left_; }
  pkcs11::Pool& pool() { return *pool_; }
  void Leave(std::function<void()> closed) {
    if (left_) return closed();
    left_ = true;
    pool_->Leave(std::move(closed));
  }

 private:
  const std::shared_ptr<pkcs11::Pool> pool_;
  bool left_ = false;
};

// A promise.
class Waiting {
 public:
  virtual ~Waiting() = default;
  virtual void Settle(Napi::Env env, const Status& status) = 0;
};

// One for each environment. When that is torn down, what comes later is dropped, and its pools are left.
class Pkcs11Mail : public std::enable_shared_from_this<Pkcs11Mail> {
 public:
  static std::shared_ptr<Pkcs11Mail> Make(Napi::Env env);

  // Keeps the promise, and answers who is to be told.
  pkcs11::Settle Expect(std::unique_ptr<Waiting> waiting);
  void Remember(const std::shared_ptr<PoolUse>& use);

 private:
  explicit Pkcs11Mail(Napi::Env env) : env_(env) {}
  // On any thread.
  void Deliver(uint64_t number, Status status);
  void Drain();
  void Close();

  const Napi::Env env_;
  napi_threadsafe_function wake_ = nullptr;
  // Of the JavaScript thread alone.
  std::unordered_map<uint64_t, std::unique_ptr<Waiting>> waiting_;
  uint64_t last_ = 0;
  std::vector<std::weak_ptr<PoolUse>> uses_;

  std::mutex mutex_;
  std::vector<std::pair<uint64_t, Status>> done_;
  bool closed_ = false;
};

}  // namespace mortise::node
