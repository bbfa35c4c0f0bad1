#include "aead/record.h"

#include <algorithm>
#include <cstring>

namespace mortise {
namespace {

constexpr size_t kSubkeys = 8;
// A cipher that lives for one record should draw no more than a few; the draws grow.
constexpr size_t kFirstDraw = 4;
constexpr size_t kLargestDraw = 512;
// SP 800-38D section 8.3, for each subkey.
constexpr uint64_t kSealsPerPrefix = uint64_t{1} << 32;

}  // namespace

Result<RecordCipher> RecordCipher::Make(const Key& key, Layout layout) {
  RecordCipher cipher;
  cipher.bare_ = layout == Layout::kBare;
  if (cipher.bare_ && key.is_secret(KeyType::kChaCha20)) {
    MORTISE_TRY(chacha, Gcm::MakeChaCha20(key.material()));
    cipher.gcm_ = std::move(chacha);
    return cipher;
  }
  if (!key.is_secret(KeyType::kAes)) return Error{Code::kUnsupported, "records need an AES key"};
  if (key.bits() == 256 && !cipher.bare_) {
    MORTISE_TRY(xaes, XaesKey::Make(key.material()));
    cipher.xaes_ = std::move(xaes);
  } else {
    MORTISE_TRY(gcm, Gcm::Make(key.material()));
    cipher.gcm_ = std::move(gcm);
  }
  return cipher;
}

// Fresh for each cipher and restart, so that no nonce depends on what a store remembers.
Status RecordCipher::RenewPrefix() {
  MORTISE_CHECK(Random({prefix_.data(), prefix_.size()}));
  MORTISE_TRY(gcm, xaes_->Derive(prefix_.data()));
  gcm_ = std::move(gcm);
  counter_ = 0;
  return Done{};
}

Status RecordCipher::RandomIv(uint8_t* iv) {
  if (ivs_left_ == 0) {
    ivs_left_ = std::clamp(2 * ivs_.size() / kGcmIv, kFirstDraw, kLargestDraw);
    ivs_.resize(ivs_left_ * kGcmIv);
    MORTISE_CHECK(Random({ivs_.data(), ivs_.size()}));
  }
  memcpy(iv, ivs_.data() + --ivs_left_ * kGcmIv, kGcmIv);
  return Done{};
}

Status RecordCipher::SealNonce(uint8_t* nonce) {
  if (!xaes_) return RandomIv(nonce);
  if (!gcm_ || counter_ == kSealsPerPrefix) MORTISE_CHECK(RenewPrefix());
  memcpy(nonce, prefix_.data(), kXaesPrefix);
  memset(nonce + kXaesPrefix, 0, kGcmIv - sizeof(uint32_t));
  PutBigEndian32(nonce + kXaesNonce - sizeof(uint32_t), static_cast<uint32_t>(counter_++));
  return Done{};
}

Status RecordCipher::Seal(uint32_t version, ByteView plaintext, ByteView aad, uint8_t* out) {
  if (version == 0) return Error{Code::kInputInvalid, "the key version must be 1 to 4294967295"};
  if (plaintext.size > kLargestInput) return Code::kInputTooLarge;
  if (bare_) return SealBare(plaintext, aad, out);
  out[0] = xaes_ ? kXaesFormat : kGcmFormat;
  PutBigEndian32(out + 1, version);
  MORTISE_CHECK(SealNonce(out + kRecordPrefix));
  const size_t header = header_size();
  return gcm_->Seal(out + header - kGcmIv, {{out, header}, aad}, plaintext, out + header);
}

Status RecordCipher::SealBare(ByteView plaintext, ByteView aad, uint8_t* out) {
  MORTISE_CHECK(RandomIv(out));
  return gcm_->Seal(out, {{}, aad}, plaintext, out + kGcmIv);
}

Result<Gcm*> RecordCipher::OpenerFor(const uint8_t* nonce) {
  if (!xaes_) return &*gcm_;
  for (auto each = subkeys_.begin(); each != subkeys_.end(); ++each) {
    if (memcmp(each->prefix.data(), nonce, kXaesPrefix) != 0) continue;
    subkeys_.splice(subkeys_.begin(), subkeys_, each);
    return &each->gcm;
  }
  MORTISE_TRY(gcm, xaes_->Derive(nonce));
  if (subkeys_.size() == kSubkeys) subkeys_.pop_back();
  subkeys_.push_front({{}, std::move(gcm)});
  memcpy(subkeys_.front().prefix.data(), nonce, kXaesPrefix);
  return &subkeys_.front().gcm;
}

Status RecordCipher::Open(uint32_t version, ByteView record, ByteView aad, uint8_t* out) {
  const size_t header = header_size();
  if (record.size < overhead()) return Code::kDecryptionFailed;
  if (bare_) return gcm_->Open(record.data, {{}, aad}, record.From(header), out);
  if (record.data[0] != (xaes_ ? kXaesFormat : kGcmFormat) ||
      (version != 0 && GetBigEndian32(record.data + 1) != version)) {
    if (record.size > overhead()) OPENSSL_cleanse(out, record.size - overhead());
    return Code::kDecryptionFailed;
  }
  MORTISE_TRY(gcm, OpenerFor(record.data + kRecordPrefix));
  return gcm->Open(record.data + header - kGcmIv, {record.Slice(0, header), aad}, record.From(header), out);
}

}  // namespace mortise
