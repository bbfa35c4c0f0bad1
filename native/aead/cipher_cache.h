// The few record ciphers that stand ready because their keys were used last: expanding a key and deriving from it cost
// ten times what a small record does. For one thread.
#pragma once

#include <list>

#include "aead/record.h"

namespace mortise {

class CipherCache {
 public:
  // Stays valid until the next call.
  Result<RecordCipher*> For(const Key& key);
  // Cleanses what was expanded of a key; to be called before it goes.
  void Forget(const Key& key);

 private:
  struct Entry {
    const Key* key;
    RecordCipher cipher;
  };

  // The most recently used first.
  std::list<Entry> entries_;
};

}  // namespace mortise
