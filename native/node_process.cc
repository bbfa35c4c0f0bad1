// Self-tests, the process and randomness.
#include "keyfile/keyfile.h"
#include "node_args.h"
#include "node_key_handle.h"
#include "process/harden.h"
#include "selftest/kat.h"

namespace mortise::node {
namespace {

// Not guarded: it is the way to learn what failed.
Napi::Value SelfTest(const Napi::CallbackInfo& info) {
  const ErrorQueueGuard guard;
  const Napi::Env env = info.Env();
  const std::vector<SelfTestResult> results = RunSelfTests();
  Napi::Array list = Napi::Array::New(env, results.size());
  for (uint32_t i = 0; i < results.size(); i++) {
    Napi::Object entry = Napi::Object::New(env);
    entry.Set("name", results[i].name);
    entry.Set("passed", results[i].passed);
    entry.Set("microseconds", results[i].microseconds);
    entry.Set("vectors", static_cast<double>(results[i].vectors));
    list.Set(i, entry);
  }
  return list;
}

Napi::Value BreakTest(const Napi::CallbackInfo& info) {
  if (!BreakSelfTest(StringArg(info, 0, "name"), Uint32Of(info[1], "vector"))) {
    Invalid(info.Env(), "there is no self-test of this name, or it has fewer vectors");
  }
  return info.Env().Undefined();
}

Napi::Value Harden(const Napi::CallbackInfo& info) {
  Demand(info.Env(), HardenProcess());
  return info.Env().Undefined();
}

Napi::Value SetLock(const Napi::CallbackInfo& info) {
  const std::string mode = StringArg(info, 0, "mode");
  if (mode != "required" && mode != "preferred") Invalid(info.Env(), "mode must be required or preferred");
  Demand(info.Env(), SetMemoryLock(mode == "required" ? MemoryLock::kRequired : MemoryLock::kPreferred));
  return info.Env().Undefined();
}

Napi::Value RandomFill(const Napi::CallbackInfo& info) {
  Demand(info.Env(), Random(BytesArg(info, 0, "target")));
  return info.Env().Undefined();
}

Napi::Value Equal(const Napi::CallbackInfo& info) {
  const ByteView a = BytesArg(info, 0, "a");
  const ByteView b = BytesArg(info, 1, "b");
  return Napi::Boolean::New(info.Env(), a.size == b.size && CRYPTO_memcmp(a.data, b.data, a.size) == 0);
}

Napi::Value CreateFile(const Napi::CallbackInfo& info) {
  Demand(info.Env(), CreateKeyFile(StringArg(info, 0, "path")));
  return info.Env().Undefined();
}

Napi::Value ReadFile(const Napi::CallbackInfo& info) {
  return KeyHandle::New(info.Env(), Take(info.Env(), ReadKeyFile(StringArg(info, 0, "path"))));
}

}  // namespace

void ExportProcess(Napi::Object exports) {
  exports.Set("selfTest", Napi::Function::New<SelfTest>(exports.Env(), "selfTest"));
  Export<BreakTest>(exports, "breakSelfTest");
  Export<Harden>(exports, "hardenProcess");
  Export<SetLock>(exports, "setMemoryLock");
  Export<RandomFill>(exports, "randomFill");
  Export<Equal>(exports, "equal");
  Export<CreateFile>(exports, "createKeyFile");
  Export<ReadFile>(exports, "readKeyFile");
}

}  // namespace mortise::node
