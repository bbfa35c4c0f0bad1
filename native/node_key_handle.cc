#include "node_key_handle.h"

namespace mortise::node {
namespace {

// Random, and never used for another class.
constexpr napi_type_tag kTag = {0x6d6f72746973656b, 0x91f3c2a47be05d18};

}  // namespace

const char* KindName(KeyKind kind) {
  constexpr const char* names[] = {"", "secret", "private", "public"};
  return names[static_cast<size_t>(kind)];
}

const char* TypeName(KeyType type) {
  switch (type) {
    case KeyType::kAes: return "AES";
    case KeyType::kHmac: return "HMAC";
    case KeyType::kRsa: return "RSA";
    case KeyType::kEc: return "EC";
    case KeyType::kDsa: return "DSA";
    case KeyType::kEd25519: return "Ed25519";
    case KeyType::kEd448: return "Ed448";
    case KeyType::kX25519: return "X25519";
    case KeyType::kX448: return "X448";
    case KeyType::kAesXts: return "AES-XTS";
    case KeyType::kTripleDes: return "3DES";
    case KeyType::kChaCha20: return "ChaCha20";
    case KeyType::kSkipjack: return "SKIPJACK";
    case KeyType::kData: return "Data";
    case KeyType::kShare: return "Share";
  }
  return "";
}

Napi::Function KeyHandle::Define(Napi::Env env) {
  return DefineClass(env, "KeyHandle", {InstanceMethod<&KeyHandle::Dispose>("dispose")});
}

// What the key is stands in plain properties: a getter could be called on an object of another class, which Node-API
// does not prevent, and outlives the key.
KeyHandle::KeyHandle(const Napi::CallbackInfo& info) : Napi::ObjectWrap<KeyHandle>(info) {
  const Napi::Env env = info.Env();
  key_ = std::exchange(AddonOf(env).new_key, nullptr);
  if (key_ == nullptr) Throw(env, Error{Code::kInputInvalid, "key handles are made by the functions of Mortise"});
  contexts_ = AddonOf(env).contexts;
  const char* curve = CurveName(key_->curve());
  const auto property = [](const char* name, Napi::Value value) {
    return Napi::PropertyDescriptor::Value(name, value, napi_enumerable);
  };
  Napi::Object self = info.This().As<Napi::Object>();
  self.DefineProperties({
      property("kind", Napi::String::New(env, KindName(key_->kind()))),
      property("type", Napi::String::New(env, TypeName(key_->type()))),
      property("length", Napi::Number::New(env, key_->bits())),
      property("curve", curve == nullptr ? env.Undefined() : Napi::String::New(env, curve)),
  });
  self.TypeTag(&kTag);
}

Napi::Value KeyHandle::New(Napi::Env env, KeyRef key) {
  Addon& addon = AddonOf(env);
  addon.new_key = std::move(key);
  return addon.key_handle.New({});
}

KeyHandle* KeyHandle::From(Napi::Value value) {
  if (!value.IsObject() || !value.As<Napi::Object>().CheckTypeTag(&kTag)) return nullptr;
  return Unwrap(value.As<Napi::Object>());
}

void KeyHandle::Dispose(const Napi::CallbackInfo&) { Drop(); }

void KeyHandle::Drop() {
  if (key_ != nullptr) contexts_->Forget(*key_);
  key_.reset();
}

}  // namespace mortise::node
