// Work on the pool in parts behind a promise, over memory of the caller, which is kept from being collected until it settles.
#pragma once

#include <algorithm>
#include <functional>

#include "node_addon.h"
#include "node_completions.h"
#include "pool/pool.h"

namespace mortise::node {

// Into how many parts so many items are cut, which are as much work as AES-GCM over so many bytes. A part of less is not worth
// another thread.
inline size_t PartsFor(size_t bytes, size_t items) {
  constexpr size_t kPartBytes = 256 * 1024;
  return std::clamp<size_t>(bytes / kPartBytes, 1, std::min(PoolThreads(), std::max<size_t>(items, 1)));
}

// Of messages to hash or to make a MAC of, which takes four times as long; each costs some 200 bytes beside its own.
inline size_t PartsForMessages(size_t bytes, size_t count) { return PartsFor(4 * (bytes + 200 * count), count); }

class PartsJob final : public Task {
 public:
  // Does the items from..to, as that part.
  using Work = std::function<Status(size_t part, size_t from, size_t to)>;

  // Keeps every object among the arguments. Answers `answer` once all is done.
  static Napi::Value Run(const Napi::CallbackInfo& info, size_t items, size_t parts, Work work, size_t answer) {
    std::unique_ptr<PartsJob> job(new PartsJob(info.Env(), items, parts, std::move(work), answer));
    for (size_t i = 0; i < info.Length(); i++) {
      if (info[i].IsObject()) job->kept_.push_back(Napi::Persistent(info[i].As<Napi::Object>()));
    }
    const Napi::Promise promise = job->deferred_.Promise();
    AddonOf(info.Env()).completions->Run(std::move(job));
    return promise;
  }

  size_t parts() const override { return statuses_.size(); }

  void Execute(size_t part) override {
    const ErrorQueueGuard guard;
    statuses_[part] = work_(part, items_ * part / parts(), items_ * (part + 1) / parts());
  }

  void Settle(Napi::Env env) override {
    if (InErrorState()) return deferred_.Reject(ToJs(env, Error{Code::kSelfTestFailed}));
    for (const Status& status : statuses_) {
      if (!status.ok()) return deferred_.Reject(ToJs(env, status.error()));
    }
    deferred_.Resolve(Napi::Number::New(env, static_cast<double>(answer_)));
  }

 private:
  PartsJob(Napi::Env env, size_t items, size_t parts, Work work, size_t answer)
      : deferred_(Napi::Promise::Deferred::New(env)),
        work_(std::move(work)),
        statuses_(parts, Status(Done{})),
        items_(items),
        answer_(answer) {}

  Napi::Promise::Deferred deferred_;
  Work work_;
  std::vector<Status> statuses_;
  std::vector<Napi::ObjectReference> kept_;
  const size_t items_;
  const size_t answer_;
};

}  // namespace mortise::node
