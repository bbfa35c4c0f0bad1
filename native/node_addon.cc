// The door of the add-on: initialize(errorFactory) answers the functions of lib/native/addon.ts.
#include "node_addon.h"

#include "selftest/kat.h"

namespace mortise::node {

Napi::Value ToJs(Napi::Env env, const Error& error) {
  const Napi::Value message = error.message.empty() ? env.Undefined() : Napi::String::New(env, error.message);
  return AddonOf(env).error_factory.Call({Napi::String::New(env, CodeName(error.code)), message});
}

void Throw(Napi::Env env, const Error& error) { throw Napi::Error(env, ToJs(env, error)); }

namespace {

Napi::Value Initialize(const Napi::CallbackInfo& info) {
  const Napi::Env env = info.Env();
  if (!info[0].IsFunction()) throw Napi::TypeError::New(env, "initialize takes a function that makes errors");
  auto* addon = new Addon;
  addon->error_factory = Napi::Persistent(info[0].As<Napi::Function>());
  addon->completions = Completions::Make(env);
  env.SetInstanceData(addon);

  RunSelfTestsOnce();
  Napi::Object exports = Napi::Object::New(env);
  exports.Set("opensslVersion", Napi::String::New(env, OpenSSL_version(OPENSSL_VERSION)));
  ExportProcess(exports);
  ExportKeys(exports);
  ExportAead(exports);
  ExportWrap(exports);
  ExportFormats(exports);
  ExportDerive(exports);
  ExportSign(exports);
  ExportMac(exports);
  ExportCipher(exports);
  ExportLease(exports);
  ExportSignLease(exports);
  ExportMacLease(exports);
  ExportUseLease(exports);
  ExportPkcs11(exports);
  ExportTtlv(exports);
  return exports;
}

Napi::Object Init(Napi::Env env, Napi::Object exports) {
  exports.Set("initialize", Napi::Function::New(env, Initialize, "initialize"));
  return exports;
}

}  // namespace
}  // namespace mortise::node

namespace {
Napi::Object InitMortise(Napi::Env env, Napi::Object exports) { return mortise::node::Init(env, exports); }
}  // namespace

NODE_API_MODULE(mortise, InitMortise)
