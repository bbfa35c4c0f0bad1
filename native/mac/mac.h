// HMAC (FIPS 198-1) and AES-CMAC (SP 800-38B, RFC 4493), over a context whose key stays set.
#pragma once

#include <optional>
#include <vector>

#include "keys/key.h"

namespace mortise {

// For one thread at a time.
class Mac {
 public:
  // HMAC with a hash, of an HMAC key or one of AES; CMAC without one, of an AES key.
  static Result<Mac> Make(const Key& key, std::optional<Hash> hash);

  // Bytes of a MAC.
  size_t size() const { return size_; }
  // Whether some messages have no MAC: those by which the keys of records are derived from the same AES key. The MAC would be
  // half of a record's key, and whoever may only make MACs must not be able to open records.
  bool spares_labels() const { return spares_labels_; }
  // `out` has room for a MAC.
  Status Generate(ByteView message, uint8_t* out);
  // In constant time. False for every MAC that is not that of the message.
  Result<bool> Verify(ByteView message, ByteView mac);

 private:
  Mac(MacCtxPtr ctx, size_t size, bool spares_labels)
      : ctx_(std::move(ctx)), size_(size), spares_labels_(spares_labels) {}
  Status Compute(ByteView message, uint8_t* out);

  MacCtxPtr ctx_;
  size_t size_;
  bool spares_labels_;
};

// What Generate answers for such a message.
Error HasNoMac();

Result<std::vector<uint8_t>> Hmac(const Key& key, Hash hash, ByteView message);

}  // namespace mortise
