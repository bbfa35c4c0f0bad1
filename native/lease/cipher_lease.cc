#include "lease/cipher_lease.h"

#include "lease/registry.h"

namespace mortise {

Result<std::unique_ptr<CipherLease>> CipherLease::Open(KeyRef key, CipherPurposes purposes, LeaseBinding binding) {
  if (binding.key_version == 0) return Error{Code::kInputInvalid, "keyVersion must be 1 to 4294967295"};
  MORTISE_TRY(cipher, RecordCipher::Make(*key, purposes.layout));
  std::unique_ptr<CipherLease> lease(
      new CipherLease(std::move(key), std::move(cipher), purposes, std::move(binding)));
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

void CipherLease::DropKey() {
  cipher_.reset();
  key_.reset();
}

Result<Batch> CipherLease::ToSeal(ByteView arena, Slices slices, const BatchAad& aad, ByteSpan out) const {
  MORTISE_CHECK(MayEncrypt());
  return Batch::ToSeal(arena, slices, aad, out, overhead_);
}

Result<Batch> CipherLease::ToOpen(ByteView arena, Slices slices, const BatchAad& aad, ByteSpan out,
                                  ByteSpan status) const {
  MORTISE_CHECK(MayDecrypt());
  return Batch::ToOpen(arena, slices, aad, out, status, overhead_);
}

Status CipherLease::SealBatch(Batch& batch) {
  return Use(batch.count(), [&] { return batch.Seal(*cipher_, binding().key_version, 0, batch.count()); });
}

Status CipherLease::OpenBatch(Batch& batch) {
  return Use(batch.count(), [&]() -> Status {
    batch.Open(*cipher_, binding().key_version, 0, batch.count());
    return Done{};
  });
}

Result<std::vector<RecordCipher>> CipherLease::CiphersFor(size_t uses, size_t parts) {
  return Use(uses, [&]() -> Result<std::vector<RecordCipher>> {
    std::vector<RecordCipher> ciphers;
    while (ciphers.size() < parts) {
      MORTISE_TRY(cipher, RecordCipher::Make(*key_, purposes_.layout));
      ciphers.push_back(std::move(cipher));
    }
    return ciphers;
  });
}

}  // namespace mortise
