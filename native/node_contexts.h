// The few contexts that stand ready because their keys were used last: expanding a key and deriving from it cost ten times
// what a small message does. What copies a key is made in the arena. For one thread.
#pragma once

#include <list>
#include <tuple>

#include "aead/blob.h"
#include "aead/record.h"
#include "mac/mac.h"
#include "sign/signer.h"

namespace mortise::node {

// One for each key, and for whatever else it was made with.
template <typename Made, typename... With>
class Kept {
 public:
  // What there is, or `make()`. Stays valid until the next call.
  template <typename Make>
  Result<Made*> For(const Key& key, Make make, With... with) {
    const std::tuple<With...> asked(with...);
    for (auto each = entries_.begin(); each != entries_.end(); ++each) {
      if (each->key != &key || each->with != asked) continue;
      entries_.splice(entries_.begin(), entries_, each);
      return &each->made;
    }
    MORTISE_TRY(made, make());
    if (entries_.size() == kMost) entries_.pop_back();
    entries_.push_front({&key, asked, std::move(made)});
    return &entries_.front().made;
  }

  void Forget(const Key& key) {
    entries_.remove_if([&](const Entry& entry) { return entry.key == &key; });
  }

 private:
  static constexpr size_t kMost = 64;

  struct Entry {
    const Key* key;
    std::tuple<With...> with;
    Made made;
  };

  // The most recently used first.
  std::list<Entry> entries_;
};

struct KeptContexts {
  Kept<RecordCipher> records;
  Kept<BlobCipher> blobs;
  Kept<Mac, Hash> macs;
  Kept<Signer, const Scheme*, SignatureForm> signers;
  Kept<Verifier, const Scheme*, SignatureForm> verifiers;

  // Cleanses what was expanded of a key; to be called before it goes.
  void Forget(const Key& key) {
    records.Forget(key);
    blobs.Forget(key);
    macs.Forget(key);
    signers.Forget(key);
    verifiers.Forget(key);
  }
};

}  // namespace mortise::node
