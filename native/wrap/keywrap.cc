#include "wrap/keywrap.h"

#include "aead/gcm.h"
#include "common/cipher_ctx.h"
#include "keys/material.h"
#include "rsa/oaep.h"

namespace mortise {
namespace {

constexpr size_t kBlock = 8;
constexpr size_t kLargestWrapped = 64 * 1024;

Result<CipherCtxPtr> Prepare(const Key& key, WrapMode mode, bool encrypt) {
  if (!key.is_secret(KeyType::kAes)) return Error{Code::kUnsupported, "AES key wrap needs an AES key"};
  const Algorithms& algorithms = Fetched();
  EVP_CIPHER* cipher =
      AesOf(mode == WrapMode::kKw ? algorithms.wrap : algorithms.wrap_pad, key.material().size);
  CipherCtxPtr ctx = NewCipherCtx(cipher);
  if (ctx == nullptr ||
      EVP_CipherInit_ex2(ctx.get(), nullptr, key.material().data, nullptr, encrypt ? 1 : 0, nullptr) != 1) {
    return Code::kCryptoFailed;
  }
  return ctx;
}

Result<SecureBytes> UnwrapGcm(const Key& key, ByteView blob) {
  if (blob.size < kGcmIv + kGcmTag || blob.size > kLargestWrapped) return Code::kDecryptionFailed;
  MORTISE_TRY(out, SecureBytes::Make(blob.size - kGcmIv - kGcmTag));
  MORTISE_CHECK(GcmOpen(key, blob.Slice(0, kGcmIv), blob.From(kGcmIv), {}, out.data()));
  return out;
}

Result<SecureBytes> Unwrap(const Key& key, ByteView blob, WrapMode mode) {
  if (mode == WrapMode::kGcm) return UnwrapGcm(key, blob);
  if (mode == WrapMode::kOaep) return OaepDecrypt(key, Hash::kSha256, blob);
  return UnwrapBytes(key, blob, mode);
}

}  // namespace

Result<std::vector<uint8_t>> WrapBytes(const Key& key, ByteView bytes, WrapMode mode) {
  MORTISE_TRY(ctx, Prepare(key, mode, true));
  if (mode == WrapMode::kKw && (bytes.size < 2 * kBlock || bytes.size % kBlock != 0)) {
    return Error{Code::kUnsupported, "AES-KW wraps whole blocks of 8 bytes, at least two: use AES-KWP"};
  }
  if (bytes.size == 0 || bytes.size > kLargestWrapped) return Error{Code::kInputInvalid, "nothing to wrap, or too much"};
  std::vector<uint8_t> out((bytes.size + kBlock - 1) / kBlock * kBlock + kBlock);
  int size = 0;
  if (EVP_CipherUpdate(ctx.get(), out.data(), &size, bytes.data, static_cast<int>(bytes.size)) != 1 ||
      static_cast<size_t>(size) != out.size()) {
    return Code::kCryptoFailed;
  }
  return out;
}

Result<SecureBytes> UnwrapBytes(const Key& key, ByteView blob, WrapMode mode) {
  MORTISE_TRY(ctx, Prepare(key, mode, false));
  // OpenSSL would take empty and short input.
  const size_t shortest = mode == WrapMode::kKw ? 3 * kBlock : 2 * kBlock;
  if (blob.size < shortest || blob.size % kBlock != 0 || blob.size > kLargestWrapped + kBlock) {
    return Code::kDecryptionFailed;
  }
  MORTISE_TRY(out, SecureBytes::Make(blob.size));
  int size = 0;
  if (EVP_CipherUpdate(ctx.get(), out.data(), &size, blob.data, static_cast<int>(blob.size)) != 1 || size <= 0) {
    return Code::kDecryptionFailed;
  }
  out.Truncate(static_cast<size_t>(size));
  return out;
}

Result<std::vector<uint8_t>> WrapKey(const Key& key, const Key& target, WrapMode mode) {
  if (mode == WrapMode::kGcm) return GcmSeal(key, target.material(), {});
  if (mode == WrapMode::kOaep) return OaepEncrypt(key, Hash::kSha256, target.material());
  return WrapBytes(key, target.material(), mode);
}

Result<KeyRef> UnwrapKey(const Key& key, ByteView blob, WrapMode mode, KeyKind kind, KeyType type) {
  MORTISE_TRY(material, Unwrap(key, blob, mode));
  return ImportMaterial(kind, type, std::move(material));
}

}  // namespace mortise
