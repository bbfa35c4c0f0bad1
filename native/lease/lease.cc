#include "lease/lease.h"

#include <time.h>

#include <algorithm>
#include <limits>

namespace mortise {

int64_t NowMilliseconds() {
  timespec now = {};
  clock_gettime(CLOCK_BOOTTIME, &now);
  return static_cast<int64_t>(now.tv_sec) * 1000 + now.tv_nsec / 1000000;
}

Lease::Lease(LeaseBinding binding)
    : binding_(std::move(binding)),
      last_(NowMilliseconds() + binding_.lifetime),
      deadline_(std::min(NowMilliseconds() + binding_.milliseconds, last_)),
      reserved_(binding_.uses) {}

Lease::~Lease() = default;

bool Lease::ended() const { return ended_.load() || NowMilliseconds() >= deadline_.load(); }

uint64_t Lease::left() const { return reserved_.load() - used_.load(); }

void Lease::Reserve(uint64_t uses) {
  const uint64_t reserved = reserved_.load();
  reserved_.store(reserved + std::min(uses, std::numeric_limits<uint64_t>::max() - reserved));
}

Status Lease::Count(uint64_t uses) {
  if (ended_.load()) return Code::kLeaseEnded;
  if (NowMilliseconds() >= deadline_.load()) {
    // What has once been overdue is not to be renewed.
    ended_.store(true);
    return Code::kLeaseEnded;
  }
  if (uses > left()) return Code::kLeaseExhausted;
  used_.fetch_add(uses);
  return Done{};
}

void Lease::DropIfEnded() {
  if (!ended_.load() || !in_use_.try_lock()) return;
  DropKey();
  in_use_.unlock();
}

void Lease::End() {
  ended_.store(true);
  DropIfEnded();
}

void Lease::Renew(int64_t milliseconds) {
  const int64_t now = NowMilliseconds();
  int64_t deadline = deadline_.load();
  while (now < deadline && !deadline_.compare_exchange_weak(deadline, std::min(now + milliseconds, last_))) {
  }
}

}  // namespace mortise
