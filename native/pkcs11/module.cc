#include "pkcs11/module.h"

#include <dlfcn.h>

#include <map>

namespace mortise::pkcs11 {
namespace {

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__) || !defined(RTLD_DEEPBIND)
// The sanitizers' allocators must be the modules' as well.
constexpr int kBinding = 0;
#else
// A module brings an OpenSSL of its own, and must not be given the symbols that Node exports.
constexpr int kBinding = RTLD_DEEPBIND;
#endif

// Never destroyed: threads that hang in a module outlive everything.
struct Registry {
  std::mutex mutex;
  std::map<std::string, std::shared_ptr<Module>> modules;
};
Registry& TheRegistry() {
  static Registry& registry = *new Registry;
  return registry;
}

Error Unusable(const std::string& path, const std::string& reason) { return Error{Code::kHsmModule, path + ": " + reason}; }

struct Functions {
  const CK_FUNCTION_LIST* list;
  CK_VERSION version;
};

Result<Functions> Load(const std::string& path) {
  void* const library = dlopen(path.c_str(), RTLD_NOW | RTLD_LOCAL | kBinding);
  if (library == nullptr) {
    const char* const reason = dlerror();
    return Unusable(path, reason == nullptr ? "it cannot be loaded" : reason);
  }
  if (const auto get = reinterpret_cast<CK_C_GetInterface>(dlsym(library, "C_GetInterface"))) {
    CK_INTERFACE* found = nullptr;
    CK_UTF8CHAR name[] = "PKCS 11";
    if (get(name, nullptr, &found, 0) == CKR_OK && found != nullptr && found->pFunctionList != nullptr) {
      const auto list = static_cast<const CK_FUNCTION_LIST*>(found->pFunctionList);
      return Functions{list, list->version};
    }
  }
  const auto get = reinterpret_cast<CK_C_GetFunctionList>(dlsym(library, "C_GetFunctionList"));
  if (get == nullptr) return Unusable(path, "it is no PKCS#11 module: C_GetFunctionList is missing");
  CK_FUNCTION_LIST* list = nullptr;
  const CK_RV answer = get(&list);
  if (answer != CKR_OK || list == nullptr) {
    return Unusable(path, std::string("C_GetFunctionList: ") + ReturnCodeOf(answer).name);
  }
  return Functions{list, list->version};
}

}  // namespace

Result<std::shared_ptr<Module>> Module::Acquire(const std::string& real_path, const std::string& initialization, bool foreign) {
  std::shared_ptr<Module> module;
  {
    Registry& registry = TheRegistry();
    const std::lock_guard<std::mutex> lock(registry.mutex);
    std::shared_ptr<Module>& entry = registry.modules[real_path];
    if (entry == nullptr) {
      MORTISE_TRY(functions, Load(real_path));
      entry.reset(new Module(functions.list, functions.version, initialization));
    }
    module = entry;
  }
  std::unique_lock<std::mutex> lock(module->mutex_);
  module->BeginExclusive(lock);
  CK_RV answer = CKR_OK;
  if (!module->initialized_) {
    lock.unlock();
    answer = module->Initialize();
    lock.lock();
  }
  module->EndExclusive(lock);
  if (answer == CKR_CRYPTOKI_ALREADY_INITIALIZED && !module->owned_ && !foreign) {
    return Unusable(real_path, "somebody else has initialised it in this process, perhaps for one thread only");
  }
  if (answer != CKR_OK && answer != CKR_CRYPTOKI_ALREADY_INITIALIZED) {
    return Unusable(real_path, std::string("C_Initialize: ") + ReturnCodeOf(answer).name);
  }
  module->users_++;
  return module;
}

void Module::Release() {
  std::unique_lock<std::mutex> lock(mutex_);
  users_--;
  BeginExclusive(lock);
  // Somebody may have come meanwhile.
  if (users_ == 0 && inside_ == 0 && owned_ && initialized_) {
    lock.unlock();
    functions_->C_Finalize(nullptr);
    lock.lock();
    initialized_ = owned_ = false;
  }
  EndExclusive(lock);
}

void Module::Enter() {
  std::unique_lock<std::mutex> lock(mutex_);
  changed_.wait(lock, [this] { return !exclusive_; });
  inside_++;
}

void Module::Leave() {
  const std::lock_guard<std::mutex> lock(mutex_);
  inside_--;
  if (exclusive_) changed_.notify_all();
}

bool Module::Reinitialize(Clock::time_point until, CK_RV& answer) {
  std::unique_lock<std::mutex> lock(mutex_);
  BeginExclusive(lock);
  const bool left = (!initialized_ || (owned_ && working_ == 0)) &&
                    changed_.wait_until(lock, until, [this] { return inside_ == 0; });
  if (left) {
    if (initialized_) {
      lock.unlock();
      functions_->C_Finalize(nullptr);
      lock.lock();
      initialized_ = false;
    }
    lock.unlock();
    answer = Initialize();
    lock.lock();
    if (answer == CKR_CRYPTOKI_ALREADY_INITIALIZED) answer = CKR_OK;
  }
  EndExclusive(lock);
  return left;
}

void Module::BeginExclusive(std::unique_lock<std::mutex>& lock) {
  changed_.wait(lock, [this] { return !exclusive_; });
  exclusive_ = true;
}

void Module::EndExclusive(std::unique_lock<std::mutex>&) {
  exclusive_ = false;
  changed_.notify_all();
}

void Module::MarkFinalized() {
  const std::lock_guard<std::mutex> lock(mutex_);
  initialized_ = false;
}

CK_RV Module::Initialize() {
  CK_C_INITIALIZE_ARGS args = {};
  args.flags = CKF_OS_LOCKING_OK;
  args.pReserved = initialization_.empty() ? nullptr : const_cast<char*>(initialization_.c_str());
  const CK_RV answer = functions_->C_Initialize(&args);
  const std::lock_guard<std::mutex> lock(mutex_);
  if (answer == CKR_OK) owned_ = true;
  initialized_ = answer == CKR_OK || answer == CKR_CRYPTOKI_ALREADY_INITIALIZED;
  return answer;
}

}  // namespace mortise::pkcs11
