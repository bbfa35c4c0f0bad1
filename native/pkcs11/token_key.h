// A key on a token, by what it is and not by its handle, which another key may have next time.
#pragma once

#include <mutex>
#include <vector>

#include "keys/key.h"
#include "pkcs11/cryptoki.h"

namespace mortise::pkcs11 {

struct KeyIdentity {
  // CKA_ID.
  std::vector<uint8_t> id;
  KeyKind kind = KeyKind::kSecret;
  KeyType type = KeyType::kAes;
  // SubjectPublicKeyInfo of public and private keys, the check value of secret ones. Where they are empty, the one key that has
  // the id is believed.
  std::vector<uint8_t> public_key = {};
  std::vector<uint8_t> check_value = {};
};

// Where a key was found. Of a generation that is over, nothing of it is true.
struct Located {
  uint64_t generation = 0;
  CK_OBJECT_HANDLE handle = 0;
  uint32_t bits = 0;
  Curve curve = Curve::kNone;
  // CKA_ALWAYS_AUTHENTICATE: whoever uses it says the PIN each time.
  bool asks_pin = false;
};

// Shared by threads.
class TokenKey {
 public:
  explicit TokenKey(KeyIdentity identity) : identity_(std::move(identity)) {}

  const KeyIdentity& identity() const { return identity_; }
  Located located() const {
    const std::lock_guard<std::mutex> lock(mutex_);
    return located_;
  }
  void Remember(const Located& located) {
    const std::lock_guard<std::mutex> lock(mutex_);
    located_ = located;
  }

 private:
  const KeyIdentity identity_;
  mutable std::mutex mutex_;
  Located located_;
};

using TokenKeyRef = std::shared_ptr<TokenKey>;

// Usages as bits.
enum Usage : uint32_t {
  kEncrypt = 1,
  kDecrypt = 2,
  kSign = 4,
  kVerify = 8,
  kWrap = 16,
  kUnwrap = 32,
  kDerive = 64,
};

// An attribute that is true or false, or that the key does not have.
enum class Claim : uint8_t { kAbsent, kFalse, kTrue };

// What the token says of a key.
struct KeyFacts {
  KeyIdentity identity;
  std::string label;
  uint32_t bits = 0;
  Curve curve = Curve::kNone;
  uint32_t usages = 0;
  Claim sensitive = Claim::kAbsent;
  Claim extractable = Claim::kAbsent;
  Claim always_sensitive = Claim::kAbsent;
  Claim never_extractable = Claim::kAbsent;
  Claim local = Claim::kAbsent;
  Claim is_private = Claim::kAbsent;
  Claim modifiable = Claim::kAbsent;
  Claim always_authenticate = Claim::kAbsent;
};

// What a key is to be on the token.
struct KeyTemplate {
  std::vector<uint8_t> id;
  std::string label;
  uint32_t usages = 0;
  bool sensitive = true;
  bool extractable = false;
  bool modifiable = false;
};

}  // namespace mortise::pkcs11
