#include "node_lease.h"

#include <limits>

#include "lease/registry.h"
#include "node_parts.h"

namespace mortise::node {
namespace {

std::string TextOf(Napi::Object object, const char* name) {
  const Napi::Value value = object.Get(name);
  if (!value.IsString()) Invalid(object.Env(), std::string(name) + " must be a string");
  return value.As<Napi::String>();
}

// Longer than any deadline that is meant, shorter than what overflows a clock.
int64_t MillisecondsOf(Napi::Value value) {
  return static_cast<int64_t>(Uint32Of(value, "milliseconds"));
}

constexpr int64_t kNever = std::numeric_limits<int64_t>::max() / 2;

// For ever where it is left out.
int64_t LifetimeOf(Napi::Value value) {
  return value.IsUndefined() ? kNever : static_cast<int64_t>(CountOf(value, "lifetime"));
}

// What a record costs beside its bytes, in bytes.
constexpr size_t kRecordBytes = 512;

// One for all records or, with offsets and lengths behind it, one for each.
BatchAad BatchAadArg(const Napi::CallbackInfo& info, size_t index) {
  const ByteView bytes = OptionalBytesArg(info, index, "aad");
  if (info[index + 1].IsUndefined()) return {bytes, {}};
  return {bytes, SlicesArg(info, index + 1)};
}

}  // namespace

LeaseBinding BindingArg(const Napi::CallbackInfo& info, size_t index) {
  const Napi::Object object = ObjectArg(info, index, "binding");
  return LeaseBinding{Uint32Of(object.Get("manager"), "manager"),
                      TextOf(object, "store"),
                      TextOf(object, "object"),
                      TextOf(object, "principal"),
                      Uint32Of(object.Get("keyVersion"), "keyVersion"),
                      CountOf(object.Get("uses"), "uses"),
                      MillisecondsOf(object.Get("milliseconds")),
                      LifetimeOf(object.Get("lifetime"))};
}

Napi::Function CipherLeaseFace::Define(Napi::Env env) {
  std::vector<Property> properties = Common();
  properties.push_back(InstanceMethod<&CipherLeaseFace::SealInto>("sealInto"));
  properties.push_back(InstanceMethod<&CipherLeaseFace::OpenInto>("openInto"));
  properties.push_back(InstanceMethod<&CipherLeaseFace::SealBatch>("sealBatch"));
  properties.push_back(InstanceMethod<&CipherLeaseFace::OpenBatch>("openBatch"));
  properties.push_back(InstanceMethod<&CipherLeaseFace::SealBatchAsync>("sealBatchAsync"));
  properties.push_back(InstanceMethod<&CipherLeaseFace::OpenBatchAsync>("openBatchAsync"));
  return DefineClass(env, "CipherLease", properties);
}

CipherLeaseFace::CipherLeaseFace(const Napi::CallbackInfo& info) : LeaseFace(info) {
  lease_ = std::move(AddonOf(info.Env()).new_cipher_lease);
  if (lease_ == nullptr) Invalid(info.Env(), "leases are opened by the functions of Mortise");
  SetSize(info, "overhead", lease_->overhead());
}

void CipherLeaseFace::SealInto(const Napi::CallbackInfo& info) {
  Enter(info);
  const ErrorQueueGuard guard;
  const ByteView plaintext = BytesArg(info, 0, "plaintext");
  const ByteSpan out = BytesArg(info, 1, "out");
  Demand(info.Env(), lease_->Seal(plaintext, OptionalBytesArg(info, 2, "aad"), out));
}

void CipherLeaseFace::OpenInto(const Napi::CallbackInfo& info) {
  Enter(info);
  const ErrorQueueGuard guard;
  const ByteView record = BytesArg(info, 0, "record");
  const ByteSpan out = BytesArg(info, 1, "out");
  Demand(info.Env(), lease_->OpenRecord(record, OptionalBytesArg(info, 2, "aad"), out));
}

CipherLeaseFace::Checked CipherLeaseFace::BatchToSeal(const Napi::CallbackInfo& info) {
  const BatchAad aad = BatchAadArg(info, 4);
  const ByteView arena = BytesArg(info, 0, "arena");
  const ByteSpan out = BytesArg(info, 3, "out");
  const Slices slices = SlicesArg(info, 1);
  return {slices.count, [=] { return lease_->ToSeal(arena, slices, aad, out); }};
}

CipherLeaseFace::Checked CipherLeaseFace::BatchToOpen(const Napi::CallbackInfo& info) {
  const BatchAad aad = BatchAadArg(info, 5);
  const ByteView arena = BytesArg(info, 0, "arena");
  const ByteSpan out = BytesArg(info, 3, "out");
  const ByteSpan status = BytesArg(info, 4, "status");
  const Slices slices = SlicesArg(info, 1);
  return {slices.count, [=] { return lease_->ToOpen(arena, slices, aad, out, status); }};
}

Napi::Value CipherLeaseFace::SealBatch(const Napi::CallbackInfo& info) {
  Enter(info);
  const ErrorQueueGuard guard;
  Batch batch = Take(info.Env(), BatchToSeal(info).batch());
  Demand(info.Env(), lease_->SealBatch(batch));
  return Napi::Number::New(info.Env(), static_cast<double>(batch.written()));
}

Napi::Value CipherLeaseFace::OpenBatch(const Napi::CallbackInfo& info) {
  Enter(info);
  const ErrorQueueGuard guard;
  Batch batch = Take(info.Env(), BatchToOpen(info).batch());
  Demand(info.Env(), lease_->OpenBatch(batch));
  return Napi::Number::New(info.Env(), static_cast<double>(batch.written()));
}

Napi::Value CipherLeaseFace::RunBatch(const Napi::CallbackInfo& info, const Checked& checked, bool seals) {
  const auto planning = [this, check = checked.batch, seals]() -> Result<Plan> {
    MORTISE_TRY(batch, check());
    // Shared, because a function must be copyable.
    const auto shared = std::make_shared<Batch>(std::move(batch));
    const size_t parts = PartsFor(shared->size() + kRecordBytes * shared->count(), shared->count());
    MORTISE_TRY(made, lease_->ContextsFor(shared->count(), parts));
    const auto ciphers = std::make_shared<std::vector<RecordCipher>>(std::move(made));
    const uint32_t version = lease_->binding().key_version;
    const auto work = [shared, ciphers, version, seals](size_t part, size_t from, size_t to) -> Status {
      if (seals) return shared->Seal((*ciphers)[part], version, from, to);
      shared->Open((*ciphers)[part], version, from, to);
      return Done{};
    };
    return Plan{shared->count(), parts, work, shared->written()};
  };
  return RunPlanned(info, checked.count, planning);
}

Napi::Value CipherLeaseFace::SealBatchAsync(const Napi::CallbackInfo& info) {
  Enter(info);
  const ErrorQueueGuard guard;
  return RunBatch(info, BatchToSeal(info), true);
}

Napi::Value CipherLeaseFace::OpenBatchAsync(const Napi::CallbackInfo& info) {
  Enter(info);
  const ErrorQueueGuard guard;
  return RunBatch(info, BatchToOpen(info), false);
}

namespace {

Napi::Value NewManagerNumber(const Napi::CallbackInfo& info) { return Napi::Number::New(info.Env(), NewManager()); }

Napi::Value OpenCipherLease(const Napi::CallbackInfo& info) {
  const Napi::Env env = info.Env();
  const KeyRef key = KeyArg(info, 0, "key");
  const Napi::Object purposes = ObjectArg(info, 1, "purposes");
  const CipherPurposes chosen = {purposes.Get("encrypt").ToBoolean(), purposes.Get("decrypt").ToBoolean(),
                                 purposes.Get("bare").ToBoolean() ? Layout::kBare : Layout::kRecord};
  Addon& addon = AddonOf(env);
  addon.new_cipher_lease = Take(env, CipherLease::Open(key, chosen, BindingArg(info, 2)));
  return addon.cipher_lease.New({});
}

Napi::Value EndLeasesOf(const Napi::CallbackInfo& info) {
  const std::string store = StringArg(info, 0, "store");
  const std::string object = info[1].IsNull() ? "" : StringArg(info, 1, "object");
  const std::string principal = info[2].IsNull() ? "" : StringArg(info, 2, "principal");
  const uint32_t count =
      EndLeases(store, info[1].IsNull() ? nullptr : &object, info[2].IsNull() ? nullptr : &principal);
  return Napi::Number::New(info.Env(), count);
}

Napi::Value RenewLeasesOf(const Napi::CallbackInfo& info) {
  RenewLeases(Uint32Of(info[0], "manager"), MillisecondsOf(info[1]));
  return info.Env().Undefined();
}

}  // namespace

void ExportLease(Napi::Object exports) {
  const Napi::Env env = exports.Env();
  Addon& addon = AddonOf(env);
  addon.cipher_lease = Napi::Persistent(CipherLeaseFace::Define(env));
  exports.Set("CipherLease", addon.cipher_lease.Value());
  Export<NewManagerNumber>(exports, "newManager");
  Export<OpenCipherLease>(exports, "openCipherLease");
  Export<EndLeasesOf>(exports, "endLeases");
  Export<RenewLeasesOf>(exports, "renewLeases");
}

}  // namespace mortise::node
