// The JavaScript face of a key: says what it is, and wipes it.
#pragma once

#include "node_addon.h"

namespace mortise::node {

const char* KindName(KeyKind kind);
const char* TypeName(KeyType type);

class KeyHandle : public Napi::ObjectWrap<KeyHandle> {
 public:
  static Napi::Function Define(Napi::Env env);
  static Napi::Value New(Napi::Env env, KeyRef key);
  // Null where the value is no key handle.
  static KeyHandle* From(Napi::Value value);

  explicit KeyHandle(const Napi::CallbackInfo& info);
  ~KeyHandle() override { Drop(); }
  // Null once disposed of.
  const KeyRef& key() const { return key_; }

 private:
  void Dispose(const Napi::CallbackInfo& info);
  void Drop();

  std::shared_ptr<KeptContexts> contexts_;
  KeyRef key_;
};

}  // namespace mortise::node
