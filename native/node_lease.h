// The JavaScript faces of leases. Methods `sealInto` and `openInto` write into memory of the caller; lib/native/lease.ts
// adds `seal` and `open`, which allocate it where that is cheapest, in JavaScript.
#pragma once

#include "node_args.h"

namespace mortise::node {

// What both kinds share; `Derived` has `lease()`.
template <typename Derived>
class LeaseFace : public Napi::ObjectWrap<Derived> {
 public:
  using Napi::ObjectWrap<Derived>::ObjectWrap;

 protected:
  using Property = Napi::ClassPropertyDescriptor<Derived>;

  static std::vector<Property> Common() {
    using Wrap = Napi::ObjectWrap<Derived>;
    return {Wrap::InstanceAccessor("used", &LeaseFace::Used, nullptr),
            Wrap::InstanceAccessor("left", &LeaseFace::Left, nullptr),
            Wrap::InstanceAccessor("ended", &LeaseFace::Ended, nullptr),
            Wrap::InstanceMethod("reserve", &LeaseFace::Reserve), Wrap::InstanceMethod("end", &LeaseFace::End)};
  }

 public:
  Napi::Value Used(const Napi::CallbackInfo& info) {
    return Napi::Number::New(info.Env(), static_cast<double>(lease().used()));
  }
  Napi::Value Left(const Napi::CallbackInfo& info) {
    return Napi::Number::New(info.Env(), static_cast<double>(lease().left()));
  }
  Napi::Value Ended(const Napi::CallbackInfo& info) { return Napi::Boolean::New(info.Env(), lease().ended()); }
  void Reserve(const Napi::CallbackInfo& info) { lease().Reserve(CountOf(info[0], "uses")); }
  void End(const Napi::CallbackInfo&) { lease().End(); }

 private:
  Lease& lease() { return static_cast<Derived*>(this)->lease(); }
};

class CipherLeaseFace final : public LeaseFace<CipherLeaseFace> {
 public:
  static Napi::Function Define(Napi::Env env);
  explicit CipherLeaseFace(const Napi::CallbackInfo& info);
  CipherLease& lease() { return *lease_; }

 private:
  Napi::Value Overhead(const Napi::CallbackInfo& info);
  void SealInto(const Napi::CallbackInfo& info);
  void OpenInto(const Napi::CallbackInfo& info);
  Napi::Value SealBatch(const Napi::CallbackInfo& info);
  Napi::Value OpenBatch(const Napi::CallbackInfo& info);

  std::unique_ptr<CipherLease> lease_;
};

class SignerLeaseFace final : public LeaseFace<SignerLeaseFace> {
 public:
  static Napi::Function Define(Napi::Env env);
  explicit SignerLeaseFace(const Napi::CallbackInfo& info);
  SignerLease& lease() { return *lease_; }

 private:
  Napi::Value SignatureLength(const Napi::CallbackInfo& info);
  Napi::Value SignBatch(const Napi::CallbackInfo& info);
  Napi::Value SignBatchAsync(const Napi::CallbackInfo& info);

  std::shared_ptr<SignerLease> lease_;
};

}  // namespace mortise::node
