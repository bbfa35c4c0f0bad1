// A lease on an AES key for records.
#pragma once

#include <memory>

#include "aead/batch.h"
#include "lease/context_lease.h"

namespace mortise {

struct CipherPurposes {
  bool encrypt;
  bool decrypt;
  Layout layout = Layout::kRecord;
};

class CipherLease : public ContextLease<RecordCipher> {
 public:
  static Result<std::unique_ptr<CipherLease>> Open(KeyRef key, CipherPurposes purposes, LeaseBinding binding);

  size_t overhead() const { return overhead_; }
  Status Seal(ByteView plaintext, ByteView aad, ByteSpan out);
  Status OpenRecord(ByteView record, ByteView aad, ByteSpan out);

  Result<Batch> ToSeal(ByteView arena, Slices slices, const BatchAad& aad, ByteSpan out) const;
  Result<Batch> ToOpen(ByteView arena, Slices slices, const BatchAad& aad, ByteSpan out, ByteSpan status) const;
  Status SealBatch(Batch& batch);
  Status OpenBatch(Batch& batch);

 protected:
  // Each context draws random bytes of its own for its nonces.
  CipherLease(KeyRef key, RecordCipher cipher, Make make, CipherPurposes purposes, LeaseBinding binding)
      : ContextLease(std::move(key), std::move(cipher), std::move(make), std::move(binding)),
        overhead_(context().overhead()),
        purposes_(purposes) {}

 private:
  Status MayEncrypt() const;
  Status MayDecrypt() const;

  const size_t overhead_;
  const CipherPurposes purposes_;
};

}  // namespace mortise
