#include "aead/cipher_cache.h"

namespace mortise {
namespace {

constexpr size_t kCiphers = 64;

}  // namespace

Result<RecordCipher*> CipherCache::For(const Key& key) {
  for (auto each = entries_.begin(); each != entries_.end(); ++each) {
    if (each->key != &key) continue;
    entries_.splice(entries_.begin(), entries_, each);
    return &each->cipher;
  }
  MORTISE_TRY(cipher, RecordCipher::Make(key));
  if (entries_.size() == kCiphers) entries_.pop_back();
  entries_.push_front({&key, std::move(cipher)});
  return &entries_.front().cipher;
}

void CipherCache::Forget(const Key& key) {
  entries_.remove_if([&](const Entry& entry) { return entry.key == &key; });
}

}  // namespace mortise
