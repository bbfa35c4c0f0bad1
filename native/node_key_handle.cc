#include "node_key_handle.h"

namespace mortise::node {
namespace {

// Random, and never used for another class.
constexpr napi_type_tag kTag = {0x6d6f72746973656b, 0x91f3c2a47be05d18};

}  // namespace

Napi::Function KeyHandle::Define(Napi::Env env) {
  return DefineClass(env, "KeyHandle",
                     {InstanceAccessor<&KeyHandle::Kind>("kind"), InstanceAccessor<&KeyHandle::Type>("type"),
                      InstanceAccessor<&KeyHandle::Length>("length"), InstanceAccessor<&KeyHandle::CurveOf>("curve"),
                      InstanceMethod<&KeyHandle::Dispose>("dispose")});
}

KeyHandle::KeyHandle(const Napi::CallbackInfo& info) : Napi::ObjectWrap<KeyHandle>(info) {
  key_ = std::exchange(AddonOf(info.Env()).new_key, nullptr);
  if (key_ == nullptr) Throw(info.Env(), Error{Code::kInputInvalid, "key handles are made by the functions of Mortise"});
  kind_ = key_->kind();
  type_ = key_->type();
  curve_ = key_->curve();
  bits_ = key_->bits();
  info.This().As<Napi::Object>().TypeTag(&kTag);
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

Napi::Value KeyHandle::Kind(const Napi::CallbackInfo& info) {
  constexpr const char* names[] = {"", "secret", "private", "public"};
  return Napi::String::New(info.Env(), names[static_cast<size_t>(kind_)]);
}

Napi::Value KeyHandle::Type(const Napi::CallbackInfo& info) {
  constexpr const char* names[] = {"", "AES", "HMAC", "RSA", "EC", "Ed25519"};
  return Napi::String::New(info.Env(), names[static_cast<size_t>(type_)]);
}

Napi::Value KeyHandle::Length(const Napi::CallbackInfo& info) { return Napi::Number::New(info.Env(), bits_); }

Napi::Value KeyHandle::CurveOf(const Napi::CallbackInfo& info) {
  const char* name = CurveName(curve_);
  return name == nullptr ? info.Env().Undefined() : Napi::String::New(info.Env(), name);
}

void KeyHandle::Dispose(const Napi::CallbackInfo&) { key_.reset(); }

}  // namespace mortise::node
