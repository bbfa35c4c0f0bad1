// Work on another thread behind a promise. What it needs is copied or shared before it is queued.
#pragma once

#include <functional>
#include <optional>

#include "node_addon.h"

namespace mortise::node {

template <typename T>
class Job final : public Napi::AsyncWorker {
 public:
  using Work = std::function<Result<T>()>;
  using Convert = Napi::Value (*)(Napi::Env, T&);

  static Napi::Value Run(Napi::Env env, Work work, Convert convert) {
    auto* job = new Job(env, std::move(work), convert);
    const Napi::Promise promise = job->deferred_.Promise();
    job->Queue();
    return promise;
  }

 private:
  Job(Napi::Env env, Work work, Convert convert)
      : Napi::AsyncWorker(env, "mortise"),
        deferred_(Napi::Promise::Deferred::New(env)),
        work_(std::move(work)),
        convert_(convert) {}

  void Execute() override {
    const ErrorQueueGuard guard;
    result_.emplace(work_());
    // Keys and contexts go here and not when the loop gets round to it.
    work_ = nullptr;
  }

  void OnOK() override {
    if (!result_->ok()) {
      deferred_.Reject(ToJs(Env(), result_->error()));
      return;
    }
    deferred_.Resolve(convert_(Env(), result_->value()));
  }

  void OnError(const Napi::Error&) override {
    deferred_.Reject(ToJs(Env(), Error{Code::kInternal}));
  }

  Napi::Promise::Deferred deferred_;
  Work work_;
  Convert convert_;
  std::optional<Result<T>> result_;
};

}  // namespace mortise::node
