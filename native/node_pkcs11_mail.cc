#include "node_pkcs11_mail.h"

#include <algorithm>

namespace mortise::node {
namespace {

// What is under way when the process ends has this long to leave a module that is about to be taken apart.
constexpr pkcs11::Milliseconds kPatience{250};

}  // namespace

std::shared_ptr<Pkcs11Mail> Pkcs11Mail::Make(Napi::Env env) {
  std::shared_ptr<Pkcs11Mail> made(new Pkcs11Mail(env));
  const Napi::String name = Napi::String::New(env, "mortise-pkcs11");
  const napi_status status = napi_create_threadsafe_function(
      env, nullptr, nullptr, name, 0, 1, nullptr, nullptr, made.get(),
      [](napi_env, napi_value, void* context, void*) { static_cast<Pkcs11Mail*>(context)->Drain(); }, &made->wake_);
  if (status != napi_ok || napi_unref_threadsafe_function(env, made->wake_) != napi_ok) {
    throw Napi::Error::New(env, "the threads of Mortise cannot be reached");
  }
  // Added after the function's own hook, so that it runs before that one.
  env.AddCleanupHook([](Pkcs11Mail* mail) { mail->Close(); }, made.get());
  return made;
}

pkcs11::Settle Pkcs11Mail::Expect(std::unique_ptr<Waiting> waiting) {
  if (waiting_.empty()) napi_ref_threadsafe_function(env_, wake_);
  const uint64_t number = ++last_;
  waiting_.emplace(number, std::move(waiting));
  return [self = shared_from_this(), number](Status status) { self->Deliver(number, std::move(status)); };
}

void Pkcs11Mail::Remember(const std::shared_ptr<PoolUse>& use) {
  uses_.erase(std::remove_if(uses_.begin(), uses_.end(), [](const auto& one) { return one.expired(); }), uses_.end());
  uses_.push_back(use);
}

void Pkcs11Mail::Deliver(uint64_t number, Status status) {
  const std::lock_guard<std::mutex> lock(mutex_);
  if (closed_) return;
  done_.emplace_back(number, std::move(status));
  if (done_.size() == 1) napi_call_threadsafe_function(wake_, nullptr, napi_tsfn_nonblocking);
}

void Pkcs11Mail::Drain() {
  std::vector<std::pair<uint64_t, Status>> done;
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    if (closed_) return;
    done.swap(done_);
  }
  for (const auto& [number, status] : done) {
    const Napi::HandleScope scope(env_);
    const auto found = waiting_.find(number);
    const std::unique_ptr<Waiting> waiting = std::move(found->second);
    waiting_.erase(found);
    try {
      waiting->Settle(env_, status);
    } catch (const Napi::Error&) {
      // JavaScript runs no more: the worker is being terminated.
    }
  }
  if (waiting_.empty()) napi_unref_threadsafe_function(env_, wake_);
}

void Pkcs11Mail::Close() {
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    closed_ = true;
    done_.clear();
  }
  for (const auto& one : uses_) {
    const std::shared_ptr<PoolUse> use = one.lock();
    if (use == nullptr || use->left()) continue;
    use->Leave([] {});
    use->pool().AwaitIdle(kPatience);
  }
  waiting_.clear();
  napi_release_threadsafe_function(wake_, napi_tsfn_abort);
}

}  // namespace mortise::node
