#include "node_completions.h"

#include "common/registers.h"
#include "pool/pool.h"

namespace mortise::node {

std::shared_ptr<Completions> Completions::Make(Napi::Env env) {
  std::shared_ptr<Completions> made(new Completions(env));
  const Napi::String name = Napi::String::New(env, "mortise");
  const napi_status status = napi_create_threadsafe_function(
      env, nullptr, nullptr, name, 0, 1, nullptr, nullptr, made.get(),
      [](napi_env, napi_value, void* context, void*) { static_cast<Completions*>(context)->Drain(); }, &made->wake_);
  if (status != napi_ok || napi_unref_threadsafe_function(env, made->wake_) != napi_ok) {
    throw Napi::Error::New(env, "the threads of Mortise cannot be reached");
  }
  // Added after the function's own hook, so that it runs before that one.
  env.AddCleanupHook([](Completions* completions) { completions->Close(); }, made.get());
  return made;
}

void Completions::Run(std::unique_ptr<Task> task) {
  Task* const running = task.get();
  const size_t parts = running->parts();
  running->left_ = parts;
  if (tasks_.empty()) napi_ref_threadsafe_function(env_, wake_);
  tasks_.emplace(running, std::move(task));
  for (size_t part = 0; part < parts; part++) {
    RunOnPool([self = shared_from_this(), running, part] { self->ExecutePart(running, part); });
  }
}

void Completions::ExecutePart(Task* task, size_t part) {
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    if (closing_) return;
    running_++;
  }
  task->Execute(part);
  // Before anybody is told: this thread may wait long for what overwrites them.
  WipeRegisters();
  const std::lock_guard<std::mutex> lock(mutex_);
  running_--;
  if (closing_) return idle_.notify_all();
  if (--task->left_ > 0) return;
  done_.push_back(task);
  // While the environment is there, which Close() waits for.
  if (done_.size() == 1) napi_call_threadsafe_function(wake_, nullptr, napi_tsfn_nonblocking);
}

void Completions::Drain() {
  std::vector<Task*> done;
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    if (closing_) return;
    done.swap(done_);
  }
  for (Task* const one : done) {
    const Napi::HandleScope scope(env_);
    const auto found = tasks_.find(one);
    const std::unique_ptr<Task> task = std::move(found->second);
    tasks_.erase(found);
    try {
      task->Settle(env_);
    } catch (const Napi::Error&) {
      // JavaScript runs no more: the worker is being terminated.
    }
  }
  if (tasks_.empty()) napi_unref_threadsafe_function(env_, wake_);
}

void Completions::Close() {
  {
    std::unique_lock<std::mutex> lock(mutex_);
    closing_ = true;
    idle_.wait(lock, [this] { return running_ == 0; });
    done_.clear();
  }
  tasks_.clear();
  napi_release_threadsafe_function(wake_, napi_tsfn_abort);
}

}  // namespace mortise::node
