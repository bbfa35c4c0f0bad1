// Key derivation: HKDF (RFC 5869), PBKDF2 (RFC 8018 section 5.2; SP 800-132), HMAC in counter mode (SP 800-108 section 4.1) and
// the one-step function of SP 800-56C section 4.
#pragma once

#include <vector>

#include "keys/key.h"

namespace mortise {

// HKDF whose first step, the extraction, is done once for many infos.
class HkdfExpander {
 public:
  static Result<HkdfExpander> Make(Hash hash, ByteView secret, ByteView salt);
  Result<SecureBytes> Expand(ByteView info, size_t size) const;

 private:
  HkdfExpander(Hash hash, SecureBytes extracted) : hash_(hash), extracted_(std::move(extracted)) {}

  Hash hash_;
  SecureBytes extracted_;
};

Result<SecureBytes> Hkdf(Hash hash, ByteView secret, ByteView salt, ByteView info, size_t size);
Result<SecureBytes> Pbkdf2(Hash hash, ByteView password, ByteView salt, uint32_t iterations, size_t size);
// A 32-bit counter in front of label, zero byte, context and length in bits (32).
Result<SecureBytes> CounterKdf(Hash hash, ByteView key, ByteView label, ByteView context, size_t size);

// The one-step function with SHA-256, which RFC 7518 calls Concat KDF.
Result<SecureBytes> ConcatKdf(ByteView secret, ByteView info, size_t size);

enum class KdfMethod { kHkdf, kPbkdf2, kCounter };

struct Derivation {
  KdfMethod method = KdfMethod::kHkdf;
  Hash hash = Hash::kSha256;
  // Of HKDF and PBKDF2.
  ByteView salt;
  // Of HKDF, or the labels of the counter mode: a key is derived for each. PBKDF2 makes nothing of what is in them.
  std::vector<ByteView> infos;
  // Of the counter mode.
  ByteView context;
  // Of PBKDF2.
  uint32_t iterations = 0;
};

// From a secret key, or from the secret that a private key and the public key of a peer agree on.
Result<std::vector<KeyRef>> DeriveKeys(const Key& base, const Key* peer, const Derivation& derivation, KeyType type,
                                       uint32_t bits);

// HKDF-SHA-256 without salt, 256 bits: the label is the info. Takes any secret key.
Result<KeyRef> DeriveSecret(const Key& key, ByteView label, KeyType type);

}  // namespace mortise
