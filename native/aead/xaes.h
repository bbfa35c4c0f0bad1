// XAES-256-GCM (C2SP): AES-256-GCM with 24-byte nonces, the first half of which derives the key for the second.
#pragma once

#include <array>

#include "aead/gcm.h"

namespace mortise {

constexpr size_t kXaesNonce = 24;
constexpr size_t kXaesPrefix = 12;

// Whether CMAC of these bytes is half of a derived key: a block of 0, 1 or 2, "X", 0 and a prefix.
bool IsXaesLabel(ByteView bytes);

// For one thread at a time.
class XaesKey {
 public:
  // `key` is of 32 bytes.
  static Result<XaesKey> Make(ByteView key);
  XaesKey(XaesKey&&) = default;
  XaesKey& operator=(XaesKey&&) = default;
  ~XaesKey() { OPENSSL_cleanse(k1_.data(), k1_.size()); }

  // The AES-256-GCM of all nonces that begin with these 12 bytes.
  Result<Gcm> Derive(const uint8_t* prefix);
  // The same into one that there is, of other nonces until now.
  Status DeriveInto(Gcm& gcm, const uint8_t* prefix);

 private:
  explicit XaesKey(CipherCtxPtr ctx) : ctx_(std::move(ctx)) {}
  Result<SecureBytes> Subkey(const uint8_t* prefix);

  CipherCtxPtr ctx_;
  std::array<uint8_t, 16> k1_ = {};
};

}  // namespace mortise
