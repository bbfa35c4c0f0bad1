// Key derivation: HKDF (RFC 5869), PBKDF2 (RFC 8018 section 5.2; SP 800-132), HMAC in the modes of SP 800-108 section 4 and
// the one-step function of SP 800-56C section 4.
#pragma once

#include <vector>

#include "cipher/mode.h"

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
// With the same counter, and no IV (SP 800-108 section 4.2).
Result<SecureBytes> FeedbackKdf(Hash hash, ByteView key, ByteView label, ByteView context, size_t size);
// The same (SP 800-108 section 4.3).
Result<SecureBytes> PipelineKdf(Hash hash, ByteView key, ByteView label, ByteView context, size_t size);

// The one-step function with SHA-256, which RFC 7518 calls Concat KDF.
Result<SecureBytes> ConcatKdf(ByteView secret, ByteView info, size_t size);

// What KMIP has beside them for old clients: `kHash` is the beginning of a hash of the key, `kHmac` that of the HMAC of the info under
// it, `kEncrypted` that of the info encrypted under it, and `kAgreed` that of the secret that was agreed, itself.
enum class KdfMethod { kHkdf, kPbkdf2, kCounter, kFeedback, kPipeline, kHash, kHmac, kEncrypted, kAgreed };

struct Derivation {
  KdfMethod method = KdfMethod::kHkdf;
  Hash hash = Hash::kSha256;
  // Of HKDF and PBKDF2.
  ByteView salt;
  // Of HKDF, HMAC and encryption, or the labels of the modes of SP 800-108: a key is derived for each. The others make nothing of what is in them.
  std::vector<ByteView> infos;
  // Of the modes of SP 800-108.
  ByteView context;
  // Of PBKDF2.
  uint32_t iterations = 0;
  // Of encryption: CBC, CTR and ECB, padded or not, and the IV.
  Mode mode = Mode::kCbc;
  bool padded = false;
  ByteView iv = {};
};

// From a secret key, or from the secret that a private key and the public key of a peer agree on.
Result<std::vector<KeyRef>> DeriveKeys(const Key& base, const Key* peer, const Derivation& derivation, KeyType type,
                                       uint32_t bits);

// HKDF-SHA-256 without salt, 256 bits: the label is the info. Takes any secret key.
Result<KeyRef> DeriveSecret(const Key& key, ByteView label, KeyType type);

}  // namespace mortise
