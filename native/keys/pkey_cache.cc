#include "keys/pkey_cache.h"

#include <list>
#include <mutex>
#include <unordered_map>

#include "keys/asymmetric.h"

namespace mortise {
namespace {

struct Entry {
  const Key* key;
  PkeyPtr pkey;
};

struct Cache {
  std::mutex mutex;
  std::list<Entry> by_recency;
  std::unordered_map<const Key*, std::list<Entry>::iterator> by_key;
};

Cache& TheCache() {
  static Cache& cache = *new Cache;
  return cache;
}

PkeyPtr Share(const PkeyPtr& pkey) {
  EVP_PKEY_up_ref(pkey.get());
  return PkeyPtr(pkey.get());
}

}  // namespace

Result<PkeyPtr> ExpandedPkey(const Key& key) {
  Cache& cache = TheCache();
  {
    std::lock_guard<std::mutex> hold(cache.mutex);
    const auto found = cache.by_key.find(&key);
    if (found != cache.by_key.end()) {
      cache.by_recency.splice(cache.by_recency.begin(), cache.by_recency, found->second);
      return Share(found->second->pkey);
    }
  }
  MORTISE_TRY(pkey, DecodePkey(key.kind(), key.material()));
  RememberPkey(key, pkey);
  return pkey;
}

void RememberPkey(const Key& key, const PkeyPtr& pkey) {
  Cache& cache = TheCache();
  // Freed after the lock.
  PkeyPtr evicted;
  std::lock_guard<std::mutex> hold(cache.mutex);
  if (cache.by_key.count(&key) != 0) return;
  cache.by_recency.push_front({&key, Share(pkey)});
  cache.by_key[&key] = cache.by_recency.begin();
  if (cache.by_key.size() <= kExpandedKeys) return;
  evicted = std::move(cache.by_recency.back().pkey);
  cache.by_key.erase(cache.by_recency.back().key);
  cache.by_recency.pop_back();
}

void ForgetPkey(const Key& key) {
  Cache& cache = TheCache();
  std::lock_guard<std::mutex> hold(cache.mutex);
  const auto found = cache.by_key.find(&key);
  if (found == cache.by_key.end()) return;
  cache.by_recency.erase(found->second);
  cache.by_key.erase(found);
}

}  // namespace mortise
