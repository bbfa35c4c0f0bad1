// Bare modes of operation, for other systems: CBC, CTR, ECB (SP 800-38A), XTS (SP 800-38E), GCM (SP 800-38D) with any IV and
// tag length, and ChaCha20-Poly1305 (RFC 8439). AES and 3DES (SP 800-67).
#pragma once

#include <string_view>

#include "keys/key.h"

namespace mortise {

enum class Mode { kCbc, kCtr, kEcb, kXts, kGcm, kChaCha20Poly1305 };

struct ModeParameters {
  Mode mode;
  // PKCS#7 (RFC 5652 section 6.3), of CBC and ECB.
  bool padded;
  // Bytes, of GCM: 12 to 16. 16 of ChaCha20-Poly1305.
  size_t tag;
  ByteView iv;
  // Of the two that authenticate.
  ByteView aad;
};

// The ciphertext, and the tag behind it.
Result<std::vector<uint8_t>> EncryptInMode(const Key& key, const ModeParameters& parameters, ByteView plaintext);
// One error, whatever is wrong with the ciphertext; padding is checked in constant time.
Result<std::vector<uint8_t>> DecryptInMode(const Key& key, const ModeParameters& parameters, ByteView sealed);

}  // namespace mortise
