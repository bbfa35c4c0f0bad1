// A lease on a MAC key.
#pragma once

#include <memory>

#include "lease/context_lease.h"
#include "mac/batch.h"

namespace mortise {

struct MacPurposes {
  bool generate;
  bool verify;
};

class MacLease : public ContextLease<Mac> {
 public:
  // As Mac::Make takes the key and the hash.
  static Result<std::unique_ptr<MacLease>> Open(KeyRef key, std::optional<Hash> hash, MacPurposes purposes,
                                                LeaseBinding binding);

  // Bytes of a MAC.
  size_t size() const { return size_; }
  Status Generate(ByteView message, ByteSpan out);
  Result<bool> Verify(ByteView message, ByteView mac);

  Result<MessageBatch> ToGenerate(ByteView arena, Slices slices, ByteSpan out) const;
  Result<MessageBatch> ToVerify(ByteView arena, Slices slices, ByteView macs, ByteSpan status) const;
  Status GenerateBatch(MessageBatch& batch);
  Status VerifyBatch(MessageBatch& batch);

 protected:
  MacLease(KeyRef key, Mac mac, Make make, MacPurposes purposes, LeaseBinding binding)
      : ContextLease(std::move(key), std::move(mac), std::move(make), std::move(binding)),
        size_(context().size()),
        spares_labels_(context().spares_labels()),
        purposes_(purposes) {}

 private:
  Status MayGenerate() const;
  Status MayVerify() const;

  const size_t size_;
  const bool spares_labels_;
  const MacPurposes purposes_;
};

}  // namespace mortise
