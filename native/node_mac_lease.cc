// The face of leases that make MACs and verify them.
#include "node_lease.h"
#include "node_parts.h"

namespace mortise::node {

Napi::Function MacLeaseFace::Define(Napi::Env env) {
  std::vector<Property> properties = Common();
  properties.push_back(InstanceMethod<&MacLeaseFace::MacInto>("macInto"));
  properties.push_back(InstanceMethod<&MacLeaseFace::Verify>("verify"));
  properties.push_back(InstanceMethod<&MacLeaseFace::MacBatch>("macBatch"));
  properties.push_back(InstanceMethod<&MacLeaseFace::VerifyBatch>("verifyBatch"));
  properties.push_back(InstanceMethod<&MacLeaseFace::MacBatchAsync>("macBatchAsync"));
  properties.push_back(InstanceMethod<&MacLeaseFace::VerifyBatchAsync>("verifyBatchAsync"));
  return DefineClass(env, "MacLease", properties);
}

MacLeaseFace::MacLeaseFace(const Napi::CallbackInfo& info) : LeaseFace(info) {
  lease_ = std::move(AddonOf(info.Env()).new_mac_lease);
  if (lease_ == nullptr) Invalid(info.Env(), "leases are opened by the functions of Mortise");
  SetSize(info, "macLength", lease_->size());
}

void MacLeaseFace::MacInto(const Napi::CallbackInfo& info) {
  Enter(info);
  const ErrorQueueGuard guard;
  const ByteView data = BytesArg(info, 0, "data");
  Demand(info.Env(), lease_->Generate(data, BytesArg(info, 1, "out")));
}

Napi::Value MacLeaseFace::Verify(const Napi::CallbackInfo& info) {
  Enter(info);
  const ErrorQueueGuard guard;
  const ByteView data = BytesArg(info, 0, "data");
  return Napi::Boolean::New(info.Env(), Take(info.Env(), lease_->Verify(data, BytesArg(info, 1, "mac"))));
}

// (arena, offsets, lengths, out)
MacLeaseFace::Checked MacLeaseFace::BatchToGenerate(const Napi::CallbackInfo& info) {
  const ByteView arena = BytesArg(info, 0, "arena");
  const ByteSpan out = BytesArg(info, 3, "out");
  const Slices slices = SlicesArg(info, 1);
  return {slices.count, [=] { return lease_->ToGenerate(arena, slices, out); }};
}

// (arena, offsets, lengths, macs, status)
MacLeaseFace::Checked MacLeaseFace::BatchToVerify(const Napi::CallbackInfo& info) {
  const ByteView arena = BytesArg(info, 0, "arena");
  const ByteView macs = BytesArg(info, 3, "macs");
  const ByteSpan status = BytesArg(info, 4, "status");
  const Slices slices = SlicesArg(info, 1);
  return {slices.count, [=] { return lease_->ToVerify(arena, slices, macs, status); }};
}

Napi::Value MacLeaseFace::MacBatch(const Napi::CallbackInfo& info) {
  Enter(info);
  const ErrorQueueGuard guard;
  MessageBatch batch = Take(info.Env(), BatchToGenerate(info).batch());
  Demand(info.Env(), lease_->GenerateBatch(batch));
  return Napi::Number::New(info.Env(), static_cast<double>(batch.written()));
}

Napi::Value MacLeaseFace::VerifyBatch(const Napi::CallbackInfo& info) {
  Enter(info);
  const ErrorQueueGuard guard;
  MessageBatch batch = Take(info.Env(), BatchToVerify(info).batch());
  Demand(info.Env(), lease_->VerifyBatch(batch));
  return Napi::Number::New(info.Env(), static_cast<double>(batch.count()));
}

Napi::Value MacLeaseFace::RunBatch(const Napi::CallbackInfo& info, const Checked& checked, bool generates) {
  const auto planning = [this, check = checked.batch, generates]() -> Result<Plan> {
    MORTISE_TRY(batch, check());
    // Shared, because a function must be copyable.
    const auto shared = std::make_shared<MessageBatch>(std::move(batch));
    const size_t parts = PartsForMessages(shared->bytes(), shared->count());
    MORTISE_TRY(made, lease_->ContextsFor(shared->count(), parts));
    const auto macs = std::make_shared<std::vector<Mac>>(std::move(made));
    const auto work = [shared, macs, generates](size_t part, size_t from, size_t to) {
      return generates ? shared->Generate((*macs)[part], from, to) : shared->Verify((*macs)[part], from, to);
    };
    return Plan{shared->count(), parts, work, generates ? shared->written() : shared->count()};
  };
  return RunPlanned(info, checked.count, planning);
}

Napi::Value MacLeaseFace::MacBatchAsync(const Napi::CallbackInfo& info) {
  Enter(info);
  const ErrorQueueGuard guard;
  return RunBatch(info, BatchToGenerate(info), true);
}

Napi::Value MacLeaseFace::VerifyBatchAsync(const Napi::CallbackInfo& info) {
  Enter(info);
  const ErrorQueueGuard guard;
  return RunBatch(info, BatchToVerify(info), false);
}

namespace {

// (key, hash | undefined, purposes, binding)
Napi::Value OpenMacLease(const Napi::CallbackInfo& info) {
  const Napi::Env env = info.Env();
  const KeyRef key = KeyArg(info, 0, "key");
  std::optional<Hash> hash;
  if (!info[1].IsUndefined()) hash = HashArg(info, 1);
  const Napi::Object purposes = ObjectArg(info, 2, "purposes");
  const MacPurposes chosen = {purposes.Get("generate").ToBoolean(), purposes.Get("verify").ToBoolean()};
  Addon& addon = AddonOf(env);
  addon.new_mac_lease = Take(env, MacLease::Open(key, hash, chosen, BindingArg(info, 3)));
  return addon.mac_lease.New({});
}

}  // namespace

void ExportMacLease(Napi::Object exports) {
  const Napi::Env env = exports.Env();
  Addon& addon = AddonOf(env);
  addon.mac_lease = Napi::Persistent(MacLeaseFace::Define(env));
  exports.Set("MacLease", addon.mac_lease.Value());
  Export<OpenMacLease>(exports, "openMacLease");
}

}  // namespace mortise::node
