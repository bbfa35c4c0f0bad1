// Sealed blobs: format, nonce (24), ciphertext, tag (16), XAES-256-GCM with a fresh random nonce. The format byte and
// then the caller's data are authenticated. Format 1 holds bytes, format 2 a key; they do not open as one another.
#pragma once

#include <optional>

#include "aead/xaes.h"

namespace mortise {

constexpr size_t kBlobOverhead = 1 + kXaesNonce + kGcmTag;

// Seals and opens with one key: expanding it, and making a cipher for the keys that are derived from it, cost ten times what
// a small blob does. For one thread at a time.
class BlobCipher {
 public:
  // `key` is of AES with 256 bits.
  static Result<BlobCipher> Make(const Key& key);

  Result<std::vector<uint8_t>> SealBytes(ByteView plaintext, ByteView aad);
  // `out` has room for kBlobOverhead bytes less than the blob.
  Status OpenBytes(ByteView blob, ByteView aad, uint8_t* out);

  // The target's kind, type and material, which stay in secure memory.
  Result<std::vector<uint8_t>> SealKey(const Key& target, ByteView aad);
  Result<KeyRef> OpenKey(ByteView blob, ByteView aad);

 private:
  explicit BlobCipher(XaesKey xaes) : xaes_(std::move(xaes)) {}

  Status UseNonce(const uint8_t* nonce);
  Result<std::vector<uint8_t>> Seal(uint8_t format, ByteView plaintext, ByteView aad);
  Status Open(uint8_t format, ByteView blob, ByteView aad, uint8_t* out);

  XaesKey xaes_;
  // Of the nonce that was used last.
  std::optional<Gcm> gcm_;
};

}  // namespace mortise
