// Work on the pool in parts behind a promise, over memory of the caller, which is kept from being collected until it settles.
#pragma once

#include <algorithm>
#include <functional>
#include <optional>

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

// Work that has been checked: `work` does the items from..to, as that part. `answer` is for JavaScript, once all is done.
struct Plan {
  size_t items;
  size_t parts;
  std::function<Status(size_t part, size_t from, size_t to)> work;
  size_t answer;
};

// What the job settles, and what must not be collected before.
struct Asker {
  // Keeps every object among the arguments, and the one that the method is called on.
  explicit Asker(const Napi::CallbackInfo& info) : deferred(Napi::Promise::Deferred::New(info.Env())) {
    kept.push_back(Napi::Persistent(info.This().As<Napi::Object>()));
    for (size_t i = 0; i < info.Length(); i++) {
      if (info[i].IsObject()) kept.push_back(Napi::Persistent(info[i].As<Napi::Object>()));
    }
  }

  Napi::Promise::Deferred deferred;
  std::vector<Napi::ObjectReference> kept;
};

class PartsJob final : public Task {
 public:
  PartsJob(Asker asker, Plan plan)
      : asker_(std::move(asker)), plan_(std::move(plan)), statuses_(plan_.parts, Status(Done{})) {}

  size_t parts() const override { return plan_.parts; }

  void Execute(size_t part) override {
    const ErrorQueueGuard guard;
    statuses_[part] = plan_.work(part, plan_.items * part / parts(), plan_.items * (part + 1) / parts());
  }

  void Settle(Napi::Env env) override {
    if (InErrorState()) return asker_.deferred.Reject(ToJs(env, Error{Code::kSelfTestFailed}));
    for (const Status& status : statuses_) {
      if (!status.ok()) return asker_.deferred.Reject(ToJs(env, status.error()));
    }
    asker_.deferred.Resolve(Napi::Number::New(env, static_cast<double>(plan_.answer)));
  }

 private:
  Asker asker_;
  Plan plan_;
  std::vector<Status> statuses_;
};

using Planning = std::function<Result<Plan>()>;

// Plans on the pool, too, and then does it.
class PlanJob final : public Task {
 public:
  PlanJob(Asker asker, Planning planning) : asker_(std::move(asker)), planning_(std::move(planning)) {}

  void Execute(size_t) override {
    const ErrorQueueGuard guard;
    plan_.emplace(planning_());
  }

  void Settle(Napi::Env env) override {
    if (!plan_->ok()) return asker_.deferred.Reject(ToJs(env, plan_->error()));
    AddonOf(env).completions->Run(std::make_unique<PartsJob>(std::move(asker_), std::move(plan_->value())));
  }

 private:
  Asker asker_;
  Planning planning_;
  std::optional<Result<Plan>> plan_;
};

// Starts the job, and answers its promise.
template <typename Kind, typename Of>
Napi::Value RunJob(const Napi::CallbackInfo& info, Of of) {
  Asker asker(info);
  const Napi::Promise promise = asker.deferred.Promise();
  AddonOf(info.Env()).completions->Run(std::make_unique<Kind>(std::move(asker), std::move(of)));
  return promise;
}

inline Napi::Value RunParts(const Napi::CallbackInfo& info, Plan plan) {
  return RunJob<PartsJob>(info, std::move(plan));
}

// What is wrong with it throws at once, unless it is so many items that looking at each would hold up the event loop.
inline Napi::Value RunPlanned(const Napi::CallbackInfo& info, size_t items, Planning planning) {
  // Some 50 ns each where they are not in the cache.
  constexpr size_t kFewItems = 4 * 1024;
  if (items <= kFewItems) return RunParts(info, Take(info.Env(), planning()));
  return RunJob<PlanJob>(info, std::move(planning));
}

}  // namespace mortise::node
