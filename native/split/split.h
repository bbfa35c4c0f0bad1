// Splitting a key into shares (KMIP 2.1 section 13.1): by exclusive or, all of whose shares are needed, and by polynomials, of which a
// threshold is (Shamir, 1979): over GF(2^8), over its extension GF(2^16), or over the field of a prime as one number.
#pragma once

#include "keys/key.h"

namespace mortise {

enum class SplitMethod { kXor, kGf8, kGf16, kPrime };

struct Sharing {
  SplitMethod method;
  // Of GF(2^8), also where GF(2^16) is an extension of it: 0x11b (KMIP 1.x) or 0x11d (KMIP 2.x, and the test cases of all versions).
  uint32_t polynomial;
  // Big endian; larger than every key of its length.
  ByteView prime;
};

constexpr size_t kMostParts = 255;
// Bytes.
constexpr size_t kLargestPrime = 1024;

// `parts` secret keys of type kShare: the i-th has the identifier i + 1.
Result<std::vector<KeyRef>> SplitKey(const Key& key, const Sharing& sharing, size_t parts, size_t threshold);

struct Share {
  uint8_t identifier;
  KeyRef key;
};

// As many shares as the method needs, of one key and with different identifiers, which the caller has seen to. `size` is the bytes of
// the key, which a number does not tell; the other methods do not look at it.
Result<KeyRef> JoinShares(const std::vector<Share>& shares, const Sharing& sharing, size_t size, KeyKind kind, KeyType type);

}  // namespace mortise
