#include "lease/mac_lease.h"

#include "aead/xaes.h"
#include "common/arena.h"
#include "lease/registry.h"

namespace mortise {

Result<std::unique_ptr<MacLease>> MacLease::Open(KeyRef key, std::optional<Hash> hash, MacPurposes purposes,
                                                 LeaseBinding binding) {
  const auto make = [hash](const Key& key) { return InArena([&] { return Mac::Make(key, hash); }); };
  MORTISE_TRY(mac, make(*key));
  return std::unique_ptr<MacLease>(
      new Registered<MacLease>(std::move(key), std::move(mac), make, purposes, std::move(binding)));
}

Status MacLease::MayGenerate() const {
  if (!purposes_.generate) return Error{Code::kUnsupported, "the lease was not opened to generate MACs"};
  return Done{};
}

Status MacLease::MayVerify() const {
  if (!purposes_.verify) return Error{Code::kUnsupported, "the lease was not opened to verify MACs"};
  return Done{};
}

Status MacLease::Generate(ByteView message, ByteSpan out) {
  MORTISE_CHECK(MayGenerate());
  if (out.size < size_) return Error{Code::kInputInvalid, "out is too small for the MAC"};
  return Use(1, [&] { return context().Generate(message, out.data); });
}

Result<bool> MacLease::Verify(ByteView message, ByteView mac) {
  MORTISE_CHECK(MayVerify());
  return Use(1, [&] { return context().Verify(message, mac); });
}

Result<MessageBatch> MacLease::ToGenerate(ByteView arena, Slices slices, ByteSpan out) const {
  MORTISE_CHECK(MayGenerate());
  MORTISE_TRY(batch, MessageBatch::ToMake(arena, slices, out, size_));
  if (!spares_labels_) return batch;
  for (const ByteView message : batch.messages()) {
    if (IsXaesLabel(message)) return HasNoMac();
  }
  return batch;
}

Result<MessageBatch> MacLease::ToVerify(ByteView arena, Slices slices, ByteView macs, ByteSpan status) const {
  MORTISE_CHECK(MayVerify());
  return MessageBatch::ToVerify(arena, slices, macs, status, size_);
}

Status MacLease::GenerateBatch(MessageBatch& batch) {
  return Use(batch.count(), [&] { return batch.Generate(context(), 0, batch.count()); });
}

Status MacLease::VerifyBatch(MessageBatch& batch) {
  return Use(batch.count(), [&] { return batch.Verify(context(), 0, batch.count()); });
}

}  // namespace mortise
