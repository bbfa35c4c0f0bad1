// A lease on an AES key for records.
#pragma once

#include <memory>

#include "aead/batch.h"
#include "lease/lease.h"

namespace mortise {

struct CipherPurposes {
  bool encrypt;
  bool decrypt;
  Layout layout = Layout::kRecord;
};

class CipherLease final : public Lease {
 public:
  static Result<std::unique_ptr<CipherLease>> Open(KeyRef key, CipherPurposes purposes, LeaseBinding binding);
  ~CipherLease() override { Unregister(); }

  size_t overhead() const { return overhead_; }
  Status Seal(ByteView plaintext, ByteView aad, ByteSpan out);
  Status OpenRecord(ByteView record, ByteView aad, ByteSpan out);

  Result<Batch> ToSeal(ByteView arena, Slices slices, const BatchAad& aad, ByteSpan out) const;
  Result<Batch> ToOpen(ByteView arena, Slices slices, const BatchAad& aad, ByteSpan out, ByteSpan status) const;
  Status SealBatch(Batch& batch);
  Status OpenBatch(Batch& batch);
  // Counts the uses now, for work that runs elsewhere and that an end does not interrupt: one cipher for each part of it,
  // with random bytes of its own in its nonces.
  Result<std::vector<RecordCipher>> CiphersFor(size_t uses, size_t parts);

 private:
  CipherLease(KeyRef key, RecordCipher cipher, CipherPurposes purposes, LeaseBinding binding)
      : Lease(std::move(binding)),
        key_(std::move(key)),
        cipher_(std::move(cipher)),
        overhead_(cipher_->overhead()),
        purposes_(purposes) {}
  void DropKey() override;
  Status MayEncrypt() const;
  Status MayDecrypt() const;

  KeyRef key_;
  std::optional<RecordCipher> cipher_;
  const size_t overhead_;
  const CipherPurposes purposes_;
};

}  // namespace mortise
