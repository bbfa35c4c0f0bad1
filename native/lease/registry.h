// Every lease of the process, whichever thread opened it.
#pragma once

#include <string>

#include "lease/lease.h"

namespace mortise {

uint32_t NewManager();
void AddLease(Lease* lease);
void RemoveLease(Lease* lease);

// Null: all objects, all principals. Answers how many were ended that had not ended before.
uint32_t EndLeases(const std::string& store, const std::string* object, const std::string* principal);
void RenewLeases(uint32_t manager, int64_t milliseconds);

}  // namespace mortise
