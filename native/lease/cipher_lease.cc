#include "lease/cipher_lease.h"

#include "lease/registry.h"

namespace mortise {

Result<std::unique_ptr<CipherLease>> CipherLease::Open(KeyRef key, CipherPurposes purposes, LeaseBinding binding) {
  if (binding.key_version == 0) return Error{Code::kInputInvalid, "keyVersion must be 1 to 4294967295"};
  const auto make = [layout = purposes.layout](const Key& key) { return RecordCipher::Make(key, layout); };
  MORTISE_TRY(cipher, make(*key));
  return std::unique_ptr<CipherLease>(
      new Registered<CipherLease>(std::move(key), std::move(cipher), make, purposes, std::move(binding)));
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
  return Use(1, [&] { return context().Seal(binding().key_version, plaintext, aad, out.data); });
}

Status CipherLease::OpenRecord(ByteView record, ByteView aad, ByteSpan out) {
  MORTISE_CHECK(MayDecrypt());
  if (out.size + overhead_ < record.size) return Error{Code::kInputInvalid, "out is too small for the plaintext"};
  return Use(1, [&] { return context().Open(binding().key_version, record, aad, out.data); });
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
  return Use(batch.count(), [&] { return batch.Seal(context(), binding().key_version, 0, batch.count()); });
}

Status CipherLease::OpenBatch(Batch& batch) {
  return Use(batch.count(), [&]() -> Status {
    batch.Open(context(), binding().key_version, 0, batch.count());
    return Done{};
  });
}

}  // namespace mortise
