// What every translating file shares: the state of one JavaScript environment, and the way errors cross.
#pragma once

#include <napi.h>

#include "common/ossl.h"
#include "keys/key.h"
#include "lease/cipher_lease.h"
#include "lease/mac_lease.h"
#include "lease/signer_lease.h"
#include "lease/use_lease.h"
#include "node_completions.h"
#include "node_contexts.h"
#include "node_pkcs11_mail.h"
#include "selftest/state.h"

namespace mortise::node {

// One for each environment: the main thread and every worker has its own.
struct Addon {
  // (code, message | undefined) => MortiseError
  Napi::FunctionReference error_factory;
  Napi::FunctionReference key_handle;
  Napi::FunctionReference cipher_lease;
  Napi::FunctionReference signer_lease;
  Napi::FunctionReference verifier_lease;
  Napi::FunctionReference mac_lease;
  Napi::FunctionReference use_lease;
  // Shared with the handles, which tell it when their keys go.
  std::shared_ptr<KeptContexts> contexts = std::make_shared<KeptContexts>();
  // Shared with what the pool runs for this environment.
  std::shared_ptr<Completions> completions;
  Napi::FunctionReference pkcs11_token;
  Napi::FunctionReference pkcs11_key;
  // Shared with the pools that do something for this environment.
  std::shared_ptr<Pkcs11Mail> pkcs11_mail;
  // What a constructor of ours takes over. Empty where JavaScript calls it by itself, which throws.
  KeyRef new_key;
  std::unique_ptr<CipherLease> new_cipher_lease;
  std::unique_ptr<SignerLease> new_signer_lease;
  std::unique_ptr<VerifierLease> new_verifier_lease;
  std::unique_ptr<MacLease> new_mac_lease;
  std::unique_ptr<UseLease> new_use_lease;
  std::shared_ptr<PoolUse> new_pkcs11_use;
  pkcs11::TokenKeyRef new_pkcs11_key;
  const pkcs11::Pool* new_pkcs11_key_pool = nullptr;
};

inline Addon& AddonOf(Napi::Env env) { return *env.GetInstanceData<Addon>(); }

Napi::Value ToJs(Napi::Env env, const Error& error);
[[noreturn]] void Throw(Napi::Env env, const Error& error);

template <typename T>
T Take(Napi::Env env, Result<T> result) {
  if (!result.ok()) Throw(env, result.error());
  return std::move(result).value();
}

inline void Demand(Napi::Env env, Status status) { Take(env, std::move(status)); }

// Bytes of the core, as a Buffer.
inline Napi::Value ToBuffer(Napi::Env env, ByteView bytes) {
  return Napi::Buffer<uint8_t>::Copy(env, bytes.data, bytes.size);
}

inline void RefuseInErrorState(Napi::Env env) {
  if (InErrorState()) Throw(env, Error{Code::kSelfTestFailed});
}

// Every exported function passes through here.
template <Napi::Value (*function)(const Napi::CallbackInfo&)>
Napi::Value Guarded(const Napi::CallbackInfo& info) {
  RefuseInErrorState(info.Env());
  const ErrorQueueGuard guard;
  return function(info);
}

template <Napi::Value (*function)(const Napi::CallbackInfo&)>
void Export(Napi::Object exports, const char* name) {
  exports.Set(name, Napi::Function::New<Guarded<function>>(exports.Env(), name));
}

// In the order of the interface.
void ExportProcess(Napi::Object exports);
void ExportKeys(Napi::Object exports);
void ExportAead(Napi::Object exports);
void ExportWrap(Napi::Object exports);
void ExportFormats(Napi::Object exports);
void ExportDerive(Napi::Object exports);
void ExportSign(Napi::Object exports);
void ExportMac(Napi::Object exports);
void ExportCipher(Napi::Object exports);
void ExportLease(Napi::Object exports);
void ExportSignLease(Napi::Object exports);
void ExportMacLease(Napi::Object exports);
void ExportUseLease(Napi::Object exports);
void ExportPkcs11(Napi::Object exports);
void ExportTtlv(Napi::Object exports);

}  // namespace mortise::node
