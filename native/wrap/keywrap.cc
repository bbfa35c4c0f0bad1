#include "wrap/keywrap.h"

#include <cstring>

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

Result<std::vector<uint8_t>> Wrap(const Key& key, ByteView bytes, WrapMode mode) {
  if (mode == WrapMode::kGcm) return GcmSeal(key, bytes, {});
  if (mode == WrapMode::kOaep) return OaepEncrypt(key, Hash::kSha256, bytes);
  return WrapBytes(key, bytes, mode);
}

// Tag and type of a Key Value, a structure, and of the Key Material in it, bytes.
constexpr uint32_t kKeyValue = 0x42004501;
constexpr uint32_t kKeyMaterial = 0x42004308;
constexpr size_t kItemHead = 8;

size_t Padded(size_t size) { return (size + kBlock - 1) / kBlock * kBlock; }

Result<SecureBytes> KeyValueOf(ByteView material) {
  const size_t inner = kItemHead + Padded(material.size);
  MORTISE_TRY(out, SecureBytes::Make(kItemHead + inner));
  memset(out.data(), 0, out.size());
  PutBigEndian32(out.data(), kKeyValue);
  PutBigEndian32(out.data() + 4, static_cast<uint32_t>(inner));
  PutBigEndian32(out.data() + kItemHead, kKeyMaterial);
  PutBigEndian32(out.data() + kItemHead + 4, static_cast<uint32_t>(material.size));
  memcpy(out.data() + 2 * kItemHead, material.data, material.size);
  return out;
}

// The material in a Key Value, whose attributes behind it say nothing that is asked for.
Result<SecureBytes> MaterialOf(ByteView value) {
  if (value.size < 2 * kItemHead || GetBigEndian32(value.data) != kKeyValue ||
      GetBigEndian32(value.data + 4) != value.size - kItemHead || GetBigEndian32(value.data + kItemHead) != kKeyMaterial) {
    return Code::kDecryptionFailed;
  }
  const size_t size = GetBigEndian32(value.data + kItemHead + 4);
  if (Padded(size) > value.size - 2 * kItemHead) return Code::kDecryptionFailed;
  return SecureBytes::Copy(value.Slice(2 * kItemHead, size));
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

Result<std::vector<uint8_t>> WrapKey(const Key& key, const Key& target, WrapMode mode, WrapEncoding encoding) {
  if (encoding == WrapEncoding::kNone) return Wrap(key, target.material(), mode);
  MORTISE_TRY(value, KeyValueOf(target.material()));
  return Wrap(key, value.view(), mode);
}

Result<KeyRef> UnwrapKey(const Key& key, ByteView blob, WrapMode mode, KeyKind kind, KeyType type, WrapEncoding encoding) {
  MORTISE_TRY(bytes, Unwrap(key, blob, mode));
  if (encoding == WrapEncoding::kNone) return ImportMaterial(kind, type, std::move(bytes));
  MORTISE_TRY(material, MaterialOf(bytes.view()));
  return ImportMaterial(kind, type, std::move(material));
}

}  // namespace mortise
