// Shamir's sharing over the field of a prime: a key, and each of its shares, is one number, big endian.
#pragma once

#include <vector>

#include "common/bytes.h"
#include "common/result.h"
#include "common/secure_memory.h"

namespace mortise {

// Shares as long as the prime: the i-th is the polynomial at i + 1.
Result<std::vector<SecureBytes>> SplitPrime(ByteView secret, ByteView prime, size_t parts, size_t threshold);

struct NumberShare {
  uint8_t identifier;
  ByteView value;
};

// `size` bytes of the number that the shares are of. What is larger is no key of that size: the shares are not of one.
Result<SecureBytes> JoinPrime(const std::vector<NumberShare>& shares, ByteView prime, size_t size);

}  // namespace mortise
