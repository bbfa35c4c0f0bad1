// The faces of leases that sign and verify.
#include <algorithm>

#include "node_lease.h"
#include "node_parts.h"

namespace mortise::node {
namespace {

std::vector<ByteView> ViewsOf(const Copies& copies) { return {copies.begin(), copies.end()}; }

// Even one signature is worth a thread.
size_t PartsOf(size_t count) { return std::clamp<size_t>(count, 1, PoolThreads()); }

}  // namespace

Napi::Function SignerLeaseFace::Define(Napi::Env env) {
  std::vector<Property> properties = Common();
  properties.push_back(InstanceMethod<&SignerLeaseFace::SignBatchInto>("signBatchInto"));
  properties.push_back(InstanceMethod<&SignerLeaseFace::SignBatchIntoAsync>("signBatchIntoAsync"));
  return DefineClass(env, "SignerLease", properties);
}

SignerLeaseFace::SignerLeaseFace(const Napi::CallbackInfo& info) : LeaseFace(info) {
  lease_ = std::move(AddonOf(info.Env()).new_signer_lease);
  if (lease_ == nullptr) Invalid(info.Env(), "leases are opened by the functions of Mortise");
  SetSize(info, "signatureLength", lease_->largest());
}

// (inputs, out, lengths): signatures lie in `out` as far apart as the longest would be.
Napi::Value SignerLeaseFace::SignBatchInto(const Napi::CallbackInfo& info) {
  Enter(info);
  const ErrorQueueGuard guard;
  const Copies inputs = CopiesArg(info, 0, "inputs");
  const Room room = RoomFor(info, inputs.size());
  Demand(info.Env(), lease_->Sign(ViewsOf(inputs), room.out, room.lengths));
  return info.Env().Undefined();
}

SignerLeaseFace::Room SignerLeaseFace::RoomFor(const Napi::CallbackInfo& info, size_t count) {
  const ByteSpan out = BytesArg(info, 1, "out");
  const Words lengths = WordsArg(info, 2, "lengths");
  if (out.size / lease_->largest() < count || lengths.size < count) {
    Invalid(info.Env(), "out or lengths is too small for the signatures");
  }
  return {out.data, const_cast<uint32_t*>(lengths.data)};
}

Napi::Value SignerLeaseFace::SignBatchIntoAsync(const Napi::CallbackInfo& info) {
  Enter(info);
  const ErrorQueueGuard guard;
  const auto inputs = std::make_shared<Copies>(CopiesArg(info, 0, "inputs"));
  const size_t count = inputs->size();
  const Room room = RoomFor(info, count);
  const size_t parts = PartsOf(count);
  const auto signers = std::make_shared<std::vector<Signer>>(Take(info.Env(), lease_->ContextsFor(count, parts)));
  const auto work = [inputs, room, signers](size_t part, size_t from, size_t to) {
    return SignRange((*signers)[part], ViewsOf(*inputs), from, to, room.out, room.lengths);
  };
  return RunParts(info, {count, parts, work, count});
}

Napi::Function VerifierLeaseFace::Define(Napi::Env env) {
  std::vector<Property> properties = Common();
  properties.push_back(InstanceMethod<&VerifierLeaseFace::VerifyBatchInto>("verifyBatchInto"));
  properties.push_back(InstanceMethod<&VerifierLeaseFace::VerifyBatchIntoAsync>("verifyBatchIntoAsync"));
  return DefineClass(env, "VerifierLease", properties);
}

VerifierLeaseFace::VerifierLeaseFace(const Napi::CallbackInfo& info) : LeaseFace(info) {
  lease_ = std::move(AddonOf(info.Env()).new_verifier_lease);
  if (lease_ == nullptr) Invalid(info.Env(), "leases are opened by the functions of Mortise");
}

namespace {

struct Signed {
  Copies inputs;
  Copies signatures;
  uint8_t* status;
};

// (inputs, signatures, status)
Signed SignedArgs(const Napi::CallbackInfo& info) {
  Signed all{CopiesArg(info, 0, "inputs"), CopiesArg(info, 1, "signatures"), nullptr};
  if (all.inputs.size() != all.signatures.size()) Invalid(info.Env(), "there must be a signature for each input");
  const ByteSpan status = BytesArg(info, 2, "status");
  if (status.size < all.inputs.size()) Invalid(info.Env(), "status is too small for the signatures");
  all.status = status.data;
  return all;
}

}  // namespace

Napi::Value VerifierLeaseFace::VerifyBatchInto(const Napi::CallbackInfo& info) {
  Enter(info);
  const ErrorQueueGuard guard;
  const Signed all = SignedArgs(info);
  Demand(info.Env(), lease_->Verify(ViewsOf(all.inputs), ViewsOf(all.signatures), all.status));
  return info.Env().Undefined();
}

Napi::Value VerifierLeaseFace::VerifyBatchIntoAsync(const Napi::CallbackInfo& info) {
  Enter(info);
  const ErrorQueueGuard guard;
  const auto all = std::make_shared<Signed>(SignedArgs(info));
  const size_t count = all->inputs.size();
  const size_t parts = PartsOf(count);
  const auto verifiers =
      std::make_shared<std::vector<Verifier>>(Take(info.Env(), lease_->ContextsFor(count, parts)));
  const auto work = [all, verifiers](size_t part, size_t from, size_t to) {
    return VerifyRange((*verifiers)[part], ViewsOf(all->inputs), ViewsOf(all->signatures), from, to, all->status);
  };
  return RunParts(info, {count, parts, work, count});
}

namespace {

Napi::Value OpenSignerLease(const Napi::CallbackInfo& info) {
  const Napi::Env env = info.Env();
  const KeyRef key = KeyArg(info, 0, "key");
  const Scheme& scheme = SchemeArg(info, 1);
  const SignatureForm form = FormArg(info, 2);
  Addon& addon = AddonOf(env);
  addon.new_signer_lease = Take(env, SignerLease::Open(key, scheme, form, BindingArg(info, 3)));
  return addon.signer_lease.New({});
}

Napi::Value OpenVerifierLease(const Napi::CallbackInfo& info) {
  const Napi::Env env = info.Env();
  const KeyRef key = KeyArg(info, 0, "key");
  const Scheme& scheme = SchemeArg(info, 1);
  const SignatureForm form = FormArg(info, 2);
  Addon& addon = AddonOf(env);
  addon.new_verifier_lease = Take(env, VerifierLease::Open(key, scheme, form, BindingArg(info, 3)));
  return addon.verifier_lease.New({});
}

}  // namespace

void ExportSignLease(Napi::Object exports) {
  const Napi::Env env = exports.Env();
  Addon& addon = AddonOf(env);
  addon.signer_lease = Napi::Persistent(SignerLeaseFace::Define(env));
  addon.verifier_lease = Napi::Persistent(VerifierLeaseFace::Define(env));
  exports.Set("SignerLease", addon.signer_lease.Value());
  exports.Set("VerifierLease", addon.verifier_lease.Value());
  Export<OpenSignerLease>(exports, "openSignerLease");
  Export<OpenVerifierLease>(exports, "openVerifierLease");
}

}  // namespace mortise::node
