// Mortise's records: format, key version (4, big endian), nonce, ciphertext, tag (16). Everything before the ciphertext
// is authenticated, and then the caller's data. Format 1 is XAES-256-GCM with a nonce of 24 bytes, format 2 AES-GCM with
// a random one of 12, for keys of 128 and 192 bits.
#pragma once

#include <list>
#include <optional>

#include "aead/xaes.h"

namespace mortise {

// A bare record is what other systems take: IV (12), ciphertext, tag (16) of AES-GCM or, by its key, ChaCha20-Poly1305,
// with a random IV and the caller's data alone as additional data.
enum class Layout { kRecord, kBare };

constexpr size_t kRecordPrefix = 5;
constexpr uint8_t kXaesFormat = 1;
constexpr uint8_t kGcmFormat = 2;

// Seals and opens with contexts that stay set. For one thread at a time.
class RecordCipher {
 public:
  static Result<RecordCipher> Make(const Key& key, Layout layout = Layout::kRecord);

  size_t overhead() const { return header_size() + kGcmTag; }
  // `out` has room for overhead() bytes more than the plaintext.
  Status Seal(uint32_t version, ByteView plaintext, ByteView aad, uint8_t* out);
  // `out` has room for overhead() bytes less than the record, and is zeroed where it does not open. Version 0 stands for
  // every key version.
  Status Open(uint32_t version, ByteView record, ByteView aad, uint8_t* out);

 private:
  struct Subkey {
    std::array<uint8_t, kXaesPrefix> prefix;
    Gcm gcm;
  };

  size_t header_size() const { return bare_ ? kGcmIv : kRecordPrefix + (xaes_ ? kXaesNonce : kGcmIv); }
  Status SealBare(ByteView plaintext, ByteView aad, uint8_t* out);
  Status RandomIv(uint8_t* iv);
  Status SealNonce(uint8_t* nonce);
  Status RenewPrefix();
  Result<Gcm*> OpenerFor(const uint8_t* nonce);

  bool bare_ = false;
  std::optional<XaesKey> xaes_;
  // Of the key itself for format 2 and bare records; for format 1 of the prefix that seals.
  std::optional<Gcm> gcm_;
  std::array<uint8_t, kXaesPrefix> prefix_ = {};
  uint64_t counter_ = 0;
  // The most recently used first.
  std::list<Subkey> subkeys_;
  // Random IVs, drawn many at once because a draw costs more than a seal.
  std::vector<uint8_t> ivs_;
  size_t ivs_left_ = 0;
};

}  // namespace mortise
