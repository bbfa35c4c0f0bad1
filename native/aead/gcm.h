// AES-GCM (SP 800-38D) with 96-bit IVs and 128-bit tags, over a context whose key stays set.
#pragma once

#include <array>

#include "common/ossl.h"
#include "keys/key.h"

namespace mortise {

constexpr size_t kGcmIv = 12;
constexpr size_t kGcmTag = 16;

// Authenticated, not encrypted: both parts, one behind the other.
struct Authenticated {
  ByteView header;
  ByteView aad;
};

// For one thread at a time.
class Gcm {
 public:
  static Result<Gcm> Make(ByteView key);
  // ChaCha20-Poly1305 (RFC 8439) in its place, which takes and makes the same.
  static Result<Gcm> MakeChaCha20(ByteView key);

  // The same cipher with another key of as many bits, in a fraction of the time that a new one takes.
  Status Rekey(ByteView key);

  // `out` has room for the plaintext and the tag behind it.
  Status Seal(const uint8_t* iv, const Authenticated& authenticated, ByteView plaintext, uint8_t* out);
  // `sealed` is ciphertext and tag. `out` has room for the plaintext, and is zeroed where it does not open.
  Status Open(const uint8_t* iv, const Authenticated& authenticated, ByteView sealed, uint8_t* out);

 private:
  static Result<Gcm> With(EVP_CIPHER* cipher, ByteView key);
  explicit Gcm(CipherCtxPtr ctx) : ctx_(std::move(ctx)) {}
  bool Authenticate(ByteView bytes);

  using Parameters = std::array<OSSL_PARAM, 2>;
  static Parameters Tag(const uint8_t* tag);

  CipherCtxPtr ctx_;
};

// With a fresh random IV (SP 800-38D section 8.2.2) in front.
Result<std::vector<uint8_t>> GcmSeal(const Key& key, ByteView plaintext, ByteView aad);
Result<std::vector<uint8_t>> GcmSealWithIv(const Key& key, ByteView iv, ByteView plaintext, ByteView aad);
Status GcmOpen(const Key& key, ByteView iv, ByteView sealed, ByteView aad, uint8_t* out);

}  // namespace mortise
