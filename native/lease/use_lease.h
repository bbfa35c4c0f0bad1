// A lease on a key that is elsewhere: it counts the uses and ends as all others do.
#pragma once

#include <utility>

#include "lease/lease.h"

namespace mortise {

class UseLease : public Lease {
 public:
  explicit UseLease(LeaseBinding binding) : Lease(std::move(binding)) {}

  Status Take(uint64_t uses) {
    return Use(uses, [] { return Status(Done{}); });
  }

 private:
  void DropKey() override {}
};

}  // namespace mortise
