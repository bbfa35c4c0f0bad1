// SHA-1 and SHA-2 (FIPS 180-4) and SHA-3 (FIPS 202), over a context that is kept.
#pragma once

#include <vector>

#include "common/ossl.h"

namespace mortise {

// For one thread at a time.
class Hasher {
 public:
  static Result<Hasher> Make(Hash hash);

  // Bytes of a digest.
  size_t size() const { return HashSize(hash_); }
  // `out` has room for a digest.
  Status Digest(ByteView message, uint8_t* out);

 private:
  Hasher(Hash hash, MdCtxPtr ctx) : hash_(hash), ctx_(std::move(ctx)) {}

  Hash hash_;
  MdCtxPtr ctx_;
};

Result<std::vector<uint8_t>> Digest(Hash hash, ByteView message);

}  // namespace mortise
