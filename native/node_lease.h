// The JavaScript faces of leases, completed by lib/native/lease.ts: `sealInto` and `openInto` write into memory of the
// caller, which `seal` and `open` allocate where that is cheapest, in JavaScript. And there are methods where the
// interface has getters, because Node-API checks the object that a method is called on, but not that of a getter.
#pragma once

#include <functional>

#include "node_args.h"

namespace mortise::node {

LeaseBinding BindingArg(const Napi::CallbackInfo& info, size_t index);
// To be called first by every method that uses a key.
inline void Enter(const Napi::CallbackInfo& info) { RefuseInErrorState(info.Env()); }

// What all kinds share. `Derived` has lease().
template <typename Derived>
class LeaseFace : public Napi::ObjectWrap<Derived> {
 public:
  using Napi::ObjectWrap<Derived>::ObjectWrap;

 protected:
  using Property = Napi::ClassPropertyDescriptor<Derived>;

  static std::vector<Property> Common() {
    using Wrap = Napi::ObjectWrap<Derived>;
    return {Wrap::InstanceMethod("countUsed", &LeaseFace::CountUsed),
            Wrap::InstanceMethod("countLeft", &LeaseFace::CountLeft),
            Wrap::InstanceMethod("hasEnded", &LeaseFace::HasEnded),
            Wrap::InstanceMethod("reserve", &LeaseFace::Reserve),
            Wrap::InstanceMethod("end", &LeaseFace::End)};
  }

  // A size that does not change stands in a plain property.
  static void SetSize(const Napi::CallbackInfo& info, const char* name, size_t size) {
    const Napi::Value value = Napi::Number::New(info.Env(), static_cast<double>(size));
    info.This().As<Napi::Object>().DefineProperty(Napi::PropertyDescriptor::Value(name, value, napi_enumerable));
  }

 private:
  Lease& lease() { return static_cast<Derived*>(this)->lease(); }
  Napi::Value CountUsed(const Napi::CallbackInfo& info) {
    return Napi::Number::New(info.Env(), static_cast<double>(lease().used()));
  }
  Napi::Value CountLeft(const Napi::CallbackInfo& info) {
    return Napi::Number::New(info.Env(), static_cast<double>(lease().left()));
  }
  Napi::Value HasEnded(const Napi::CallbackInfo& info) { return Napi::Boolean::New(info.Env(), lease().ended()); }
  void Reserve(const Napi::CallbackInfo& info) { lease().Reserve(CountOf(info[0], "uses")); }
  void End(const Napi::CallbackInfo&) { lease().End(); }
};

// A batch of so many items over arguments that have the right shapes, before its bounds are checked.
template <typename Batch>
struct ToCheck {
  size_t count;
  std::function<Result<Batch>()> batch;
};

class CipherLeaseFace final : public LeaseFace<CipherLeaseFace> {
 public:
  static Napi::Function Define(Napi::Env env);
  explicit CipherLeaseFace(const Napi::CallbackInfo& info);
  CipherLease& lease() { return *lease_; }

 private:
  void SealInto(const Napi::CallbackInfo& info);
  void OpenInto(const Napi::CallbackInfo& info);
  Napi::Value SealBatch(const Napi::CallbackInfo& info);
  Napi::Value OpenBatch(const Napi::CallbackInfo& info);
  Napi::Value SealBatchAsync(const Napi::CallbackInfo& info);
  Napi::Value OpenBatchAsync(const Napi::CallbackInfo& info);
  using Checked = ToCheck<Batch>;
  Checked BatchToSeal(const Napi::CallbackInfo& info);
  Checked BatchToOpen(const Napi::CallbackInfo& info);
  Napi::Value RunBatch(const Napi::CallbackInfo& info, const Checked& checked, bool seals);

  std::unique_ptr<CipherLease> lease_;
};

class SignerLeaseFace final : public LeaseFace<SignerLeaseFace> {
 public:
  static Napi::Function Define(Napi::Env env);
  explicit SignerLeaseFace(const Napi::CallbackInfo& info);
  SignerLease& lease() { return *lease_; }

 private:
  struct Room {
    uint8_t* out;
    uint32_t* lengths;
  };

  Napi::Value SignBatchInto(const Napi::CallbackInfo& info);
  Napi::Value SignBatchIntoAsync(const Napi::CallbackInfo& info);
  Room RoomFor(const Napi::CallbackInfo& info, size_t count);

  std::unique_ptr<SignerLease> lease_;
};

class VerifierLeaseFace final : public LeaseFace<VerifierLeaseFace> {
 public:
  static Napi::Function Define(Napi::Env env);
  explicit VerifierLeaseFace(const Napi::CallbackInfo& info);
  VerifierLease& lease() { return *lease_; }

 private:
  Napi::Value VerifyBatchInto(const Napi::CallbackInfo& info);
  Napi::Value VerifyBatchIntoAsync(const Napi::CallbackInfo& info);

  std::unique_ptr<VerifierLease> lease_;
};

class MacLeaseFace final : public LeaseFace<MacLeaseFace> {
 public:
  static Napi::Function Define(Napi::Env env);
  explicit MacLeaseFace(const Napi::CallbackInfo& info);
  MacLease& lease() { return *lease_; }

 private:
  void MacInto(const Napi::CallbackInfo& info);
  Napi::Value Verify(const Napi::CallbackInfo& info);
  Napi::Value MacBatch(const Napi::CallbackInfo& info);
  Napi::Value VerifyBatch(const Napi::CallbackInfo& info);
  Napi::Value MacBatchAsync(const Napi::CallbackInfo& info);
  Napi::Value VerifyBatchAsync(const Napi::CallbackInfo& info);
  using Checked = ToCheck<MessageBatch>;
  Checked BatchToGenerate(const Napi::CallbackInfo& info);
  Checked BatchToVerify(const Napi::CallbackInfo& info);
  Napi::Value RunBatch(const Napi::CallbackInfo& info, const Checked& checked, bool generates);

  std::unique_ptr<MacLease> lease_;
};

class UseLeaseFace final : public LeaseFace<UseLeaseFace> {
 public:
  static Napi::Function Define(Napi::Env env);
  explicit UseLeaseFace(const Napi::CallbackInfo& info);
  UseLease& lease() { return *lease_; }

 private:
  void Take(const Napi::CallbackInfo& info);

  std::unique_ptr<UseLease> lease_;
};

}  // namespace mortise::node
