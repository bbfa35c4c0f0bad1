// Sealed blobs: format, nonce (24), ciphertext, tag (16), XAES-256-GCM with a fresh random nonce. The format byte and
// then the caller's data are authenticated. Format 1 holds bytes, format 2 a key; they do not open as one another.
#pragma once

#include "aead/xaes.h"

namespace mortise {

constexpr size_t kBlobOverhead = 1 + kXaesNonce + kGcmTag;

Result<std::vector<uint8_t>> SealBytes(const Key& key, ByteView plaintext, ByteView aad);
// `out` has room for kBlobOverhead bytes less than the blob.
Status OpenBytes(const Key& key, ByteView blob, ByteView aad, uint8_t* out);

// The target's kind, type and material, which stay in secure memory.
Result<std::vector<uint8_t>> SealKey(const Key& key, const Key& target, ByteView aad);
Result<KeyRef> OpenKey(const Key& key, ByteView blob, ByteView aad);

}  // namespace mortise
