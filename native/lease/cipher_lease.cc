#include "lease/cipher_lease.h"

#include "lease/registry.h"

namespace mortise {

Result<std::unique_ptr<CipherLease>> CipherLease::Open(const Key& key, CipherPurposes purposes, LeaseBinding binding) {
  if (binding.key_version == 0) return Error{Code::kInputInvalid, "keyVersion must be 1 to 4294967295"};
  MORTISE_TRY(cipher, RecordCipher::Make(key));
  std::unique_ptr<CipherLease> lease(new CipherLease(std::move(cipher), purposes, std::move(binding)));
  AddLease(lease.get());
  return lease;
}

Status CipherLease::MayEncrypt() const {
  if (!purposes_.encrypt) return Error{Code::kUnsupported, "the lease was not opened to encrypt"};
  return Done{};
}

Status CipherLease::MayDecrypt() const {
  if (!purposes_.decrypt) return Error{Code::kUnsupported, "the lease was not opened to decrypt"};
  return Done{};
}

Status CipherLease::Seal(ByteView plaintext, ByteView aad, ByteSpan out) {
  MORTISE_CHECK(MayEncrypt());
  if (out.size < plaintext.size + overhead_) return Error{Code::kInputInvalid, "out is too small for the record"};
  return Use(1, [&] { return cipher_->Seal(binding().key_version, plaintext, aad, out.data); });
}

Status CipherLease::OpenRecord(ByteView record, ByteView aad, ByteSpan out) {
  MORTISE_CHECK(MayDecrypt());
  if (out.size + overhead_ < record.size) return Error{Code::kInputInvalid, "out is too small for the plaintext"};
  return Use(1, [&] { return cipher_->Open(binding().key_version, record, aad, out.data); });
}

Result<size_t> CipherLease::SealBatch(ByteView arena, Slices slices, ByteView aad, ByteSpan out) {
  MORTISE_CHECK(MayEncrypt());
  MORTISE_TRY(batch, Batch::ToSeal(arena, slices, out, overhead_));
  return Use(batch.count(), [&] { return batch.Seal(*cipher_, binding().key_version, aad); });
}

Result<size_t> CipherLease::OpenBatch(ByteView arena, Slices slices, ByteView aad, ByteSpan out, ByteSpan status) {
  MORTISE_CHECK(MayDecrypt());
  MORTISE_TRY(batch, Batch::ToOpen(arena, slices, out, status, overhead_));
  return Use(batch.count(), [&] { return batch.Open(*cipher_, binding().key_version, aad); });
}

}  // namespace mortise
