// A lease on an AES key for records.
#pragma once

#include <memory>

#include "aead/batch.h"
#include "lease/lease.h"

namespace mortise {

struct CipherPurposes {
  bool encrypt;
  bool decrypt;
};

class CipherLease final : public Lease {
 public:
  static Result<std::unique_ptr<CipherLease>> Open(const Key& key, CipherPurposes purposes, LeaseBinding binding);
  ~CipherLease() override { Unregister(); }

  size_t overhead() const { return overhead_; }
  Status Seal(ByteView plaintext, ByteView aad, ByteSpan out);
  Status OpenRecord(ByteView record, ByteView aad, ByteSpan out);
  Result<size_t> SealBatch(ByteView arena, Slices slices, ByteView aad, ByteSpan out);
  Result<size_t> OpenBatch(ByteView arena, Slices slices, ByteView aad, ByteSpan out, ByteSpan status);

 private:
  CipherLease(RecordCipher cipher, CipherPurposes purposes, LeaseBinding binding)
      : Lease(std::move(binding)), cipher_(std::move(cipher)), overhead_(cipher_->overhead()), purposes_(purposes) {}
  void DropKey() override { cipher_.reset(); }
  Status MayEncrypt() const;
  Status MayDecrypt() const;

  std::optional<RecordCipher> cipher_;
  const size_t overhead_;
  const CipherPurposes purposes_;
};

}  // namespace mortise
