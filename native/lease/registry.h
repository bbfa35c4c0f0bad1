// Every lease of the process, whichever thread opened it.
#pragma once

#include <memory>
#include <string>
#include <utility>

#include "lease/lease.h"

namespace mortise {

uint32_t NewManager();
void AddLease(Lease* lease);
void RemoveLease(Lease* lease);

// The last class of every lease: whoever ends leases sees none that is being made or unmade.
template <typename Kind>
class Registered final : public Kind {
 public:
  template <typename... Arguments>
  explicit Registered(Arguments&&... arguments) : Kind(std::forward<Arguments>(arguments)...) {
    AddLease(this);
  }
  ~Registered() override { RemoveLease(this); }
};

// Null: all objects, all principals. Answers how many were ended that had not ended before.
uint32_t EndLeases(const std::string& store, const std::string* object, const std::string* principal);
void RenewLeases(uint32_t manager, int64_t milliseconds);

}  // namespace mortise
