// Bare modes of operation, for other systems: CBC, CTR, ECB (SP 800-38A), XTS (SP 800-38E), GCM (SP 800-38D) with any IV and
// tag length, ChaCha20 and ChaCha20-Poly1305 (RFC 8439). AES and 3DES (SP 800-67). All at once, or in parts.
#pragma once

#include <memory>
#include <string_view>

#include "common/ossl.h"
#include "keys/key.h"

namespace mortise {

enum class Mode { kCbc, kCtr, kEcb, kXts, kGcm, kChaCha20, kChaCha20Poly1305 };

struct ModeParameters {
  Mode mode;
  // PKCS#7 (RFC 5652 section 6.3), of CBC and ECB.
  bool padded;
  // Bytes, of the two that authenticate: 12 to 16.
  size_t tag;
  // Of ChaCha20: a nonce of 12 bytes (RFC 8439) or 8 (as it was first published), with the counter 0.
  ByteView iv;
  // Of the two that authenticate.
  ByteView aad;
  // Whether the key meets no other message, so that an IV of GCM may be as short as it likes.
  bool single_use = false;
};

// Whether an IV of GCM may be so long; all others than 12 bytes are hashed (SP 800-38D section 7.1). One of less than 8 is soon
// met again.
constexpr bool IsGcmIv(size_t size, bool single_use) { return size >= (single_use ? 1 : 8) && size <= 128; }

// The ciphertext, and the tag behind it.
Result<std::vector<uint8_t>> EncryptInMode(const Key& key, const ModeParameters& parameters, ByteView plaintext);
// One error, whatever is wrong with the ciphertext; padding is checked in constant time.
Result<std::vector<uint8_t>> DecryptInMode(const Key& key, const ModeParameters& parameters, ByteView sealed);

// Data that comes in parts. There is none for decrypting what authenticates, whose plaintext nobody may see before the tag, nor for
// XTS, whose data units are whole.
class ModeStream {
 public:
  // The parameters are not kept.
  static Result<std::unique_ptr<ModeStream>> Make(const Key& key, const ModeParameters& parameters, bool encrypt);

  // What can be told by now.
  Result<std::vector<uint8_t>> Update(ByteView part);
  // The rest, and the tag behind it. Nothing more can be done with it then.
  Result<std::vector<uint8_t>> Final();

 private:
  ModeStream(CipherCtxPtr ctx, size_t block, const ModeParameters& parameters, bool encrypt)
      : ctx_(std::move(ctx)), block_(block), tag_(parameters.tag), padded_(parameters.padded), encrypt_(encrypt) {}

  CipherCtxPtr ctx_;
  size_t block_;
  size_t tag_;
  bool padded_;
  bool encrypt_;
  uint64_t size_ = 0;
  // A plaintext block that may be the last, whose padding is checked at the end.
  std::vector<uint8_t> held_;
};

}  // namespace mortise
