// The JavaScript faces of a PKCS#11 token and of a key on it.
#pragma once

#include "node_args.h"
#include "node_pkcs11_mail.h"

namespace mortise::node {

class Pkcs11Token;

class Pkcs11Key : public Napi::ObjectWrap<Pkcs11Key> {
 public:
  static Napi::Function Define(Napi::Env env);
  explicit Pkcs11Key(const Napi::CallbackInfo& info);
  // The key of an argument, which is of this pool.
  static pkcs11::TokenKeyRef Of(const Napi::CallbackInfo& info, size_t index, const char* name, pkcs11::Pool& pool);

 private:
  pkcs11::TokenKeyRef key_;
  const pkcs11::Pool* pool_ = nullptr;
};

class Pkcs11Token : public Napi::ObjectWrap<Pkcs11Token> {
 public:
  static Napi::Function Define(Napi::Env env);
  explicit Pkcs11Token(const Napi::CallbackInfo& info);

 private:
  Napi::Value NewKey(const Napi::CallbackInfo& info);
  Napi::Value Find(const Napi::CallbackInfo& info);
  Napi::Value Facts(const Napi::CallbackInfo& info);
  Napi::Value GenerateSecret(const Napi::CallbackInfo& info);
  Napi::Value GeneratePair(const Napi::CallbackInfo& info);
  Napi::Value ImportKey(const Napi::CallbackInfo& info);
  Napi::Value Sign(const Napi::CallbackInfo& info);
  Napi::Value SignBatch(const Napi::CallbackInfo& info);
  Napi::Value Verify(const Napi::CallbackInfo& info);
  Napi::Value Mac(const Napi::CallbackInfo& info);
  Napi::Value MacBatch(const Napi::CallbackInfo& info);
  Napi::Value Seal(const Napi::CallbackInfo& info);
  Napi::Value Open(const Napi::CallbackInfo& info);
  Napi::Value SealSecret(const Napi::CallbackInfo& info);
  Napi::Value OpenSecret(const Napi::CallbackInfo& info);
  Napi::Value SealBatch(const Napi::CallbackInfo& info);
  Napi::Value OpenBatch(const Napi::CallbackInfo& info);
  Napi::Value Encrypt(const Napi::CallbackInfo& info);
  Napi::Value Decrypt(const Napi::CallbackInfo& info);
  Napi::Value OpenEnvelope(const Napi::CallbackInfo& info);
  Napi::Value Wrap(const Napi::CallbackInfo& info);
  Napi::Value UnwrapKey(const Napi::CallbackInfo& info);
  Napi::Value Derive(const Napi::CallbackInfo& info);
  Napi::Value Agree(const Napi::CallbackInfo& info);
  Napi::Value Destroy(const Napi::CallbackInfo& info);
  Napi::Value SetAttributes(const Napi::CallbackInfo& info);
  Napi::Value Random(const Napi::CallbackInfo& info);
  Napi::Value Test(const Napi::CallbackInfo& info);
  Napi::Value Status(const Napi::CallbackInfo& info);
  Napi::Value Close(const Napi::CallbackInfo& info);

  // Throws MORTISE_CLOSED once it has been left.
  pkcs11::Pool& pool(const Napi::CallbackInfo& info);
  pkcs11::TokenKeyRef KeyOf(const Napi::CallbackInfo& info, size_t index = 0, const char* name = "key");

  std::shared_ptr<PoolUse> use_;
};

// Shapes of lib/native/pkcs11.ts.
pkcs11::Options Pkcs11OptionsArg(const Napi::CallbackInfo& info, size_t index);
pkcs11::KeyIdentity KeyIdentityArg(const Napi::CallbackInfo& info, size_t index);
pkcs11::KeyTemplate KeyTemplateOf(Napi::Value value, const char* name);
std::vector<uint8_t> CopyOf(Napi::Value value, const char* name);
Napi::Value ToJs(Napi::Env env, const pkcs11::KeyFacts& facts);
Napi::Value ToJs(Napi::Env env, const pkcs11::Capabilities& capabilities);
Napi::Value ToJs(Napi::Env env, const pkcs11::PoolStatus& status);

}  // namespace mortise::node
