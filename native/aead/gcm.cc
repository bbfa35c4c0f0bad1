#include "aead/gcm.h"

#include "common/cipher_ctx.h"

namespace mortise {

Result<Gcm> Gcm::Make(ByteView key) { return With(AesOf(Fetched().gcm, key.size), key); }

Result<Gcm> Gcm::MakeChaCha20(ByteView key) { return With(Fetched().chacha20_poly1305, key); }

Result<Gcm> Gcm::With(EVP_CIPHER* cipher, ByteView key) {
  CipherCtxPtr ctx = NewCipherCtx(cipher);
  if (ctx == nullptr) return Code::kCryptoFailed;
  Gcm gcm(std::move(ctx));
  MORTISE_CHECK(gcm.Rekey(key));
  return gcm;
}

Status Gcm::Rekey(ByteView key) {
  if (EVP_EncryptInit_ex2(ctx_.get(), nullptr, key.data, nullptr, nullptr) != 1) return Code::kCryptoFailed;
  return Done{};
}

bool Gcm::Authenticate(ByteView bytes) {
  int unused = 0;
  return bytes.size == 0 ||
         EVP_CipherUpdate(ctx_.get(), nullptr, &unused, bytes.data, static_cast<int>(bytes.size)) == 1;
}

// As parameters: a ctrl builds them anew each time, which costs a quarter of a small record.
Gcm::Parameters Gcm::Tag(const uint8_t* tag) {
  return {OSSL_PARAM_construct_octet_string(OSSL_CIPHER_PARAM_AEAD_TAG, const_cast<uint8_t*>(tag), kGcmTag),
          OSSL_PARAM_construct_end()};
}

Status Gcm::Seal(const uint8_t* iv, const Authenticated& authenticated, ByteView plaintext, uint8_t* out) {
  if (plaintext.size > kLargestInput || authenticated.aad.size > kLargestInput) return Code::kInputTooLarge;
  int written = 0;
  uint8_t* tag = out + plaintext.size;
  Parameters get_tag = Tag(tag);
  if (EVP_EncryptInit_ex2(ctx_.get(), nullptr, nullptr, iv, nullptr) != 1 || !Authenticate(authenticated.header) ||
      !Authenticate(authenticated.aad) ||
      (plaintext.size > 0 &&
       EVP_EncryptUpdate(ctx_.get(), out, &written, plaintext.data, static_cast<int>(plaintext.size)) != 1) ||
      EVP_EncryptFinal_ex(ctx_.get(), tag, &written) != 1 ||
      EVP_CIPHER_CTX_get_params(ctx_.get(), get_tag.data()) != 1) {
    return Code::kCryptoFailed;
  }
  return Done{};
}

Status Gcm::Open(const uint8_t* iv, const Authenticated& authenticated, ByteView sealed, uint8_t* out) {
  if (sealed.size < kGcmTag || sealed.size > kLargestInput || authenticated.aad.size > kLargestInput) {
    return Code::kDecryptionFailed;
  }
  const size_t size = sealed.size - kGcmTag;
  int written = 0;
  uint8_t none[1];
  const Parameters set_tag = Tag(sealed.data + size);
  if (EVP_DecryptInit_ex2(ctx_.get(), nullptr, nullptr, iv, set_tag.data()) == 1 &&
      Authenticate(authenticated.header) && Authenticate(authenticated.aad) &&
      (size == 0 || EVP_DecryptUpdate(ctx_.get(), out, &written, sealed.data, static_cast<int>(size)) == 1) &&
      EVP_DecryptFinal_ex(ctx_.get(), none, &written) == 1) {
    return Done{};
  }
  // Unauthenticated plaintext must not be seen.
  if (size > 0) OPENSSL_cleanse(out, size);
  return Code::kDecryptionFailed;
}

namespace {

Result<Gcm> ForKey(const Key& key, ByteView iv) {
  if (!key.is_secret(KeyType::kAes)) return Error{Code::kUnsupported, "AES-GCM needs an AES key"};
  if (iv.size != kGcmIv) return Error{Code::kInputInvalid, "the IV must be of 12 bytes"};
  return Gcm::Make(key.material());
}

}  // namespace

Result<std::vector<uint8_t>> GcmSeal(const Key& key, ByteView plaintext, ByteView aad) {
  uint8_t iv[kGcmIv];
  MORTISE_CHECK(Random({iv, sizeof iv}));
  MORTISE_TRY(gcm, ForKey(key, {iv, sizeof iv}));
  if (plaintext.size > kLargestInput) return Code::kInputTooLarge;
  std::vector<uint8_t> out(iv, iv + kGcmIv);
  out.resize(kGcmIv + plaintext.size + kGcmTag);
  MORTISE_CHECK(gcm.Seal(iv, {{}, aad}, plaintext, out.data() + kGcmIv));
  return out;
}

Result<std::vector<uint8_t>> GcmSealWithIv(const Key& key, ByteView iv, ByteView plaintext, ByteView aad) {
  MORTISE_TRY(gcm, ForKey(key, iv));
  if (plaintext.size > kLargestInput) return Code::kInputTooLarge;
  std::vector<uint8_t> out(plaintext.size + kGcmTag);
  MORTISE_CHECK(gcm.Seal(iv.data, {{}, aad}, plaintext, out.data()));
  return out;
}

Status GcmOpen(const Key& key, ByteView iv, ByteView sealed, ByteView aad, uint8_t* out) {
  MORTISE_TRY(gcm, ForKey(key, iv));
  return gcm.Open(iv.data, {{}, aad}, sealed, out);
}

}  // namespace mortise
