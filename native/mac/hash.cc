#include "mac/hash.h"

#include "keys/secret.h"

namespace mortise {
namespace {

constexpr size_t kDerivedSize = 32;

// OSSL_PARAM takes no const, although it only reads.
OSSL_PARAM Octets(const char* name, ByteView bytes) {
  static uint8_t nothing = 0;
  return OSSL_PARAM_construct_octet_string(
      name, bytes.size == 0 ? &nothing : const_cast<uint8_t*>(bytes.data), bytes.size);
}

OSSL_PARAM DigestName(const char* name, Hash hash) {
  return OSSL_PARAM_construct_utf8_string(name, const_cast<char*>(HashName(hash)), 0);
}

}  // namespace

Result<std::vector<uint8_t>> Digest(Hash hash, ByteView data) {
  std::vector<uint8_t> out(HashSize(hash));
  if (EVP_Digest(data.data, data.size, out.data(), nullptr, Md(hash), nullptr) != 1) return Code::kCryptoFailed;
  return out;
}

Result<std::vector<uint8_t>> Hmac(const Key& key, Hash hash, ByteView data) {
  if (!key.is_secret(KeyType::kHmac)) return Error{Code::kUnsupported, "HMAC needs an HMAC key"};
  if (Fetched().hmac == nullptr) return Code::kCryptoFailed;
  const MacCtxPtr ctx(EVP_MAC_CTX_new(Fetched().hmac));
  const OSSL_PARAM parameters[] = {DigestName(OSSL_MAC_PARAM_DIGEST, hash), OSSL_PARAM_END};
  std::vector<uint8_t> out(HashSize(hash));
  size_t size = 0;
  if (ctx == nullptr || EVP_MAC_init(ctx.get(), key.material().data, key.material().size, parameters) != 1 ||
      EVP_MAC_update(ctx.get(), data.data, data.size) != 1 ||
      EVP_MAC_final(ctx.get(), out.data(), &size, out.size()) != 1 || size != out.size()) {
    return Code::kCryptoFailed;
  }
  return out;
}

Result<SecureBytes> Hkdf(ByteView secret, ByteView salt, ByteView info, size_t size) {
  if (Fetched().hkdf == nullptr) return Code::kCryptoFailed;
  const KdfCtxPtr ctx(EVP_KDF_CTX_new(Fetched().hkdf));
  const OSSL_PARAM parameters[] = {
      DigestName(OSSL_KDF_PARAM_DIGEST, Hash::kSha256), Octets(OSSL_KDF_PARAM_KEY, secret),
      Octets(OSSL_KDF_PARAM_SALT, salt),                Octets(OSSL_KDF_PARAM_INFO, info),
      OSSL_PARAM_END,
  };
  MORTISE_TRY(out, SecureBytes::Make(size));
  if (ctx == nullptr || EVP_KDF_derive(ctx.get(), out.data(), out.size(), parameters) != 1) return Code::kCryptoFailed;
  return out;
}

Result<KeyRef> DeriveSecret(const Key& key, ByteView label, KeyType type) {
  if (key.kind() != KeyKind::kSecret) return Error{Code::kUnsupported, "only secret keys derive others"};
  // OpenSSL 3.0 takes at most 1,024 bytes of info.
  if (label.size > 1024) return Error{Code::kInputTooLarge, "the label is longer than 1,024 bytes"};
  MORTISE_TRY(bytes, Hkdf(key.material(), {}, label, kDerivedSize));
  return AdoptSecret(type, std::move(bytes));
}

}  // namespace mortise
