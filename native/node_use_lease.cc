// The face of leases on keys that are elsewhere.
#include "lease/registry.h"
#include "node_lease.h"

namespace mortise::node {

Napi::Function UseLeaseFace::Define(Napi::Env env) {
  std::vector<Property> properties = Common();
  properties.push_back(InstanceMethod<&UseLeaseFace::Take>("take"));
  return DefineClass(env, "UseLease", properties);
}

UseLeaseFace::UseLeaseFace(const Napi::CallbackInfo& info) : LeaseFace(info) {
  lease_ = std::move(AddonOf(info.Env()).new_use_lease);
  if (lease_ == nullptr) Invalid(info.Env(), "leases are opened by the functions of Mortise");
}

void UseLeaseFace::Take(const Napi::CallbackInfo& info) {
  Enter(info);
  Demand(info.Env(), lease_->Take(CountOf(info[0], "uses")));
}

namespace {

Napi::Value OpenUseLease(const Napi::CallbackInfo& info) {
  Addon& addon = AddonOf(info.Env());
  addon.new_use_lease = std::make_unique<Registered<UseLease>>(BindingArg(info, 0));
  return addon.use_lease.New({});
}

}  // namespace

void ExportUseLease(Napi::Object exports) {
  const Napi::Env env = exports.Env();
  Addon& addon = AddonOf(env);
  addon.use_lease = Napi::Persistent(UseLeaseFace::Define(env));
  exports.Set("UseLease", addon.use_lease.Value());
  Export<OpenUseLease>(exports, "openUseLease");
}

}  // namespace mortise::node
