// A PKCS#11 module. There is one of each for the whole process, by the real path of its file, because it has one state however
// often it is loaded: whoever finalises it takes everybody's sessions away.
#pragma once

#include <sys/types.h>

#include <atomic>
#include <condition_variable>
#include <memory>
#include <mutex>
#include <string>

#include "pkcs11/options.h"
#include "pkcs11/return_codes.h"

namespace mortise::pkcs11 {

class Module {
 public:
  // Loads it and initialises it, unless that is done. It is never unloaded: modules have threads and handlers of their own.
  static Result<std::shared_ptr<Module>> Acquire(const std::string& real_path, const std::string& initialization, bool foreign);
  // The last user that leaves finalises it, unless somebody else has initialised it or a call is still in it.
  void Release();

  const CK_FUNCTION_LIST& functions() const { return *functions_; }
  CK_VERSION version() const { return version_; }

  // Between these calls nobody finalises it. Waits while somebody does.
  void Enter();
  void Leave();
  // Finalises and initialises it again once everybody has left. Not where somebody else has initialised it, nor where a token of
  // it still works, nor before `until` where a call stays in it: then false, and nothing was done. CKR_OK where it is up again.
  bool Reinitialize(Clock::time_point until, CK_RV& answer);
  // Somebody else has finalised it, or the last attempt failed half way.
  void MarkFinalized();

  // Tokens that work, for Reinitialize.
  void CountWorking(int change) { working_ += change; }

 private:
  Module(const CK_FUNCTION_LIST* functions, CK_VERSION version, std::string initialization)
      : functions_(functions), version_(version), initialization_(std::move(initialization)) {}
  // Without the lock, while nobody else is inside.
  CK_RV Initialize();
  void BeginExclusive(std::unique_lock<std::mutex>& lock);
  void EndExclusive(std::unique_lock<std::mutex>& lock);

  const CK_FUNCTION_LIST* const functions_;
  const CK_VERSION version_;
  const std::string initialization_;

  std::mutex mutex_;
  std::condition_variable changed_;
  // Calls under way that the condition waits for.
  size_t inside_ = 0;
  size_t users_ = 0;
  std::atomic<int> working_{0};
  bool exclusive_ = false;
  bool initialized_ = false;
  // Ours to finalise.
  bool owned_ = false;
};

}  // namespace mortise::pkcs11
