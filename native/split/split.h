// Splitting a key into shares of its length (KMIP 2.1 section 4.57): by exclusive or, all of whose shares are needed, and
// by polynomials over GF(2^8), of which a threshold is (Shamir, 1979).
#pragma once

#include "keys/key.h"

namespace mortise {

enum class SplitMethod { kXor, kPolynomial };

constexpr size_t kMostParts = 255;

// `parts` secret keys of type kShare: the i-th has the identifier i + 1.
Result<std::vector<KeyRef>> SplitKey(const Key& key, SplitMethod method, size_t parts, size_t threshold);

struct Share {
  uint8_t identifier;
  KeyRef key;
};

// As many shares as the method needs, of one key and with different identifiers, which the caller has seen to.
Result<KeyRef> JoinShares(const std::vector<Share>& shares, SplitMethod method, KeyKind kind, KeyType type);

}  // namespace mortise
