// Work on the pool behind a promise. What it needs is copied or shared before it is queued.
#pragma once

#include <functional>
#include <optional>

#include "node_addon.h"
#include "node_completions.h"

namespace mortise::node {

template <typename T>
class Job final : public Task {
 public:
  using Work = std::function<Result<T>()>;
  using Convert = Napi::Value (*)(Napi::Env, T&);

  static Napi::Value Run(Napi::Env env, Work work, Convert convert) {
    std::unique_ptr<Job> job(new Job(env, std::move(work), convert));
    const Napi::Promise promise = job->deferred_.Promise();
    AddonOf(env).completions->Run(std::move(job));
    return promise;
  }

  void Execute(size_t) override {
    const ErrorQueueGuard guard;
    result_.emplace(work_());
    // Keys and contexts go here and not when the loop gets round to it.
    work_ = nullptr;
  }

  void Settle(Napi::Env env) override {
    if (InErrorState()) return deferred_.Reject(ToJs(env, Error{Code::kSelfTestFailed}));
    if (!result_->ok()) {
      deferred_.Reject(ToJs(env, result_->error()));
      return;
    }
    deferred_.Resolve(convert_(env, result_->value()));
  }

 private:
  Job(Napi::Env env, Work work, Convert convert)
      : deferred_(Napi::Promise::Deferred::New(env)), work_(std::move(work)), convert_(convert) {}

  Napi::Promise::Deferred deferred_;
  Work work_;
  Convert convert_;
  std::optional<Result<T>> result_;
};

}  // namespace mortise::node
