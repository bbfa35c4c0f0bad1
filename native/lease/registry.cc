#include "lease/registry.h"

#include <unordered_set>

namespace mortise {
namespace {

struct Registry {
  std::mutex mutex;
  std::unordered_set<Lease*> leases;
};

Registry& TheRegistry() {
  static Registry& registry = *new Registry;
  return registry;
}

}  // namespace

uint32_t NewManager() {
  static std::atomic<uint32_t> last{0};
  return ++last;
}

void AddLease(Lease* lease) {
  Registry& registry = TheRegistry();
  std::lock_guard<std::mutex> hold(registry.mutex);
  registry.leases.insert(lease);
}

void RemoveLease(Lease* lease) {
  Registry& registry = TheRegistry();
  std::lock_guard<std::mutex> hold(registry.mutex);
  registry.leases.erase(lease);
}

uint32_t EndLeases(const std::string& store, const std::string* object, const std::string* principal) {
  Registry& registry = TheRegistry();
  std::lock_guard<std::mutex> hold(registry.mutex);
  uint32_t count = 0;
  for (Lease* lease : registry.leases) {
    const LeaseBinding& binding = lease->binding();
    if (binding.store != store || (object != nullptr && binding.object != *object) ||
        (principal != nullptr && binding.principal != *principal)) {
      continue;
    }
    if (!lease->ended()) count++;
    lease->End();
  }
  return count;
}

void RenewLeases(uint32_t manager, int64_t milliseconds) {
  Registry& registry = TheRegistry();
  std::lock_guard<std::mutex> hold(registry.mutex);
  for (Lease* lease : registry.leases) {
    if (lease->binding().manager == manager) lease->Renew(milliseconds);
  }
}

}  // namespace mortise
