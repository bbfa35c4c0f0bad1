// What is common to leases: an end, a deadline and a count of uses. A lease is used by one thread; any thread may end it
// or move its deadline.
#pragma once

#include <atomic>
#include <mutex>
#include <string>

#include "common/result.h"

namespace mortise {

struct LeaseBinding {
  uint32_t manager;
  std::string store;
  std::string object;
  std::string principal;
  uint32_t key_version;
  uint64_t uses;
  int64_t milliseconds;
  // From when it is opened: it ends then, however often it is renewed.
  int64_t lifetime;
};

// Of a clock that no one sets and that counts sleep.
int64_t NowMilliseconds();

class Lease {
 public:
  Lease(const Lease&) = delete;
  Lease& operator=(const Lease&) = delete;
  virtual ~Lease();

  const LeaseBinding& binding() const { return binding_; }
  bool ended() const;
  uint64_t used() const { return used_.load(); }
  uint64_t left() const;
  void Reserve(uint64_t uses);

  // Drops the key now, or, where a use of it is under way, as soon as that is done.
  void End();
  // Without effect on a lease that is overdue.
  void Renew(int64_t milliseconds);

 protected:
  explicit Lease(LeaseBinding binding);

  // Counts the uses and runs `work` while the key cannot be dropped.
  template <typename Work>
  auto Use(uint64_t uses, Work work) -> decltype(work());
  virtual void DropKey() = 0;

 private:
  Status Count(uint64_t uses);
  void DropIfEnded();

  const LeaseBinding binding_;
  std::mutex in_use_;
  std::atomic<bool> ended_{false};
  const int64_t last_;
  std::atomic<int64_t> deadline_;
  std::atomic<uint64_t> reserved_;
  std::atomic<uint64_t> used_{0};
};

template <typename Work>
auto Lease::Use(uint64_t uses, Work work) -> decltype(work()) {
  auto result = [&]() -> decltype(work()) {
    std::lock_guard<std::mutex> hold(in_use_);
    MORTISE_CHECK(Count(uses));
    return work();
  }();
  DropIfEnded();
  return result;
}

}  // namespace mortise
