#include "aead/blob.h"

#include <cstring>

#include "keys/material.h"

namespace mortise {
namespace {

constexpr uint8_t kBytesFormat = 1;
constexpr uint8_t kKeyFormat = 2;
constexpr size_t kHeader = 1 + kXaesNonce;
constexpr size_t kKeyPrefix = 2;

}  // namespace

Result<BlobCipher> BlobCipher::Make(const Key& key) {
  if (!key.is_secret(KeyType::kAes) || key.bits() != 256) {
    return Error{Code::kUnsupported, "sealing needs a 256-bit AES key"};
  }
  MORTISE_TRY(xaes, XaesKey::Make(key.material()));
  return BlobCipher(std::move(xaes));
}

Status BlobCipher::UseNonce(const uint8_t* nonce) {
  if (gcm_) return xaes_.DeriveInto(*gcm_, nonce);
  MORTISE_TRY(gcm, xaes_.Derive(nonce));
  gcm_ = std::move(gcm);
  return Done{};
}

Result<std::vector<uint8_t>> BlobCipher::Seal(uint8_t format, ByteView plaintext, ByteView aad) {
  if (plaintext.size > kLargestInput) return Code::kInputTooLarge;
  std::vector<uint8_t> out(plaintext.size + kBlobOverhead);
  out[0] = format;
  uint8_t* nonce = out.data() + 1;
  MORTISE_CHECK(Random({nonce, kXaesNonce}));
  MORTISE_CHECK(UseNonce(nonce));
  MORTISE_CHECK(gcm_->Seal(nonce + kXaesPrefix, {{out.data(), 1}, aad}, plaintext, out.data() + kHeader));
  return out;
}

Status BlobCipher::Open(uint8_t format, ByteView blob, ByteView aad, uint8_t* out) {
  if (blob.size < kBlobOverhead || blob.data[0] != format) return Code::kDecryptionFailed;
  const uint8_t* nonce = blob.data + 1;
  MORTISE_CHECK(UseNonce(nonce));
  return gcm_->Open(nonce + kXaesPrefix, {blob.Slice(0, 1), aad}, blob.From(kHeader), out);
}

Result<std::vector<uint8_t>> BlobCipher::SealBytes(ByteView plaintext, ByteView aad) {
  return Seal(kBytesFormat, plaintext, aad);
}

Status BlobCipher::OpenBytes(ByteView blob, ByteView aad, uint8_t* out) { return Open(kBytesFormat, blob, aad, out); }

Result<std::vector<uint8_t>> BlobCipher::SealKey(const Key& target, ByteView aad) {
  const ByteView material = target.material();
  MORTISE_TRY(plaintext, SecureBytes::Make(kKeyPrefix + material.size));
  plaintext.data()[0] = static_cast<uint8_t>(target.kind());
  plaintext.data()[1] = static_cast<uint8_t>(target.type());
  memcpy(plaintext.data() + kKeyPrefix, material.data, material.size);
  return Seal(kKeyFormat, plaintext.view(), aad);
}

Result<KeyRef> BlobCipher::OpenKey(ByteView blob, ByteView aad) {
  if (blob.size < kBlobOverhead + kKeyPrefix) return Code::kDecryptionFailed;
  MORTISE_TRY(plaintext, SecureBytes::Make(blob.size - kBlobOverhead));
  MORTISE_CHECK(Open(kKeyFormat, blob, aad, plaintext.data()));
  MORTISE_TRY(material, SecureBytes::Copy(plaintext.view().From(kKeyPrefix)));
  return RestoreMaterial(static_cast<KeyKind>(plaintext.data()[0]), static_cast<KeyType>(plaintext.data()[1]),
                         std::move(material));
}

}  // namespace mortise
