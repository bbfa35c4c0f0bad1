// The error state (FIPS 140-3 section 7.10): once a self-test has failed, this process does no more cryptography.
#pragma once

#include <atomic>

namespace mortise {

inline std::atomic<bool> error_state{false};

inline void EnterErrorState() { error_state.store(true); }
inline bool InErrorState() { return error_state.load(std::memory_order_relaxed); }

}  // namespace mortise
