#include "kdf/kdf.h"

#include "kdf/agree.h"
#include "keys/secret.h"

namespace mortise {
namespace {

constexpr size_t kDerivedSize = 32;
// OpenSSL 3.0 takes no more of HKDF's info.
constexpr size_t kLongestInfo = 1024;
// Keys are shorter, and HKDF's limit of 255 blocks is longer.
constexpr uint32_t kMostBits = 8192;
constexpr uint32_t kLeastBits = 8;

// OSSL_PARAM takes no const, although it only reads.
OSSL_PARAM Octets(const char* name, ByteView bytes) {
  static uint8_t nothing = 0;
  return OSSL_PARAM_construct_octet_string(
      name, bytes.size == 0 ? &nothing : const_cast<uint8_t*>(bytes.data), bytes.size);
}

OSSL_PARAM Text(const char* name, const char* text) {
  return OSSL_PARAM_construct_utf8_string(name, const_cast<char*>(text), 0);
}

OSSL_PARAM DigestName(Hash hash) { return Text(OSSL_KDF_PARAM_DIGEST, HashName(hash)); }

Result<SecureBytes> Derive(EVP_KDF* kdf, const OSSL_PARAM* parameters, size_t size) {
  if (kdf == nullptr) return Code::kCryptoFailed;
  const KdfCtxPtr ctx(EVP_KDF_CTX_new(kdf));
  MORTISE_TRY(out, SecureBytes::Make(size));
  if (ctx == nullptr || EVP_KDF_derive(ctx.get(), out.data(), out.size(), parameters) != 1) return Code::kCryptoFailed;
  return out;
}

Result<SecureBytes> Apply(const Derivation& derivation, ByteView secret, size_t size) {
  switch (derivation.method) {
    case KdfMethod::kHkdf: return Hkdf(derivation.hash, secret, derivation.salt, derivation.info, size);
    case KdfMethod::kPbkdf2:
      return Pbkdf2(derivation.hash, secret, derivation.salt, derivation.iterations, size);
    case KdfMethod::kCounter:
      return CounterKdf(derivation.hash, secret, derivation.info, derivation.context, size);
  }
  return Code::kInternal;
}

}  // namespace

Result<SecureBytes> Hkdf(Hash hash, ByteView secret, ByteView salt, ByteView info, size_t size) {
  if (info.size > kLongestInfo) return Error{Code::kInputTooLarge, "the info of HKDF is longer than 1,024 bytes"};
  if (size > 255 * HashSize(hash)) return Error{Code::kInputInvalid, "HKDF derives 255 blocks of its hash at most"};
  const OSSL_PARAM parameters[] = {DigestName(hash), Octets(OSSL_KDF_PARAM_KEY, secret),
                                   Octets(OSSL_KDF_PARAM_SALT, salt), Octets(OSSL_KDF_PARAM_INFO, info),
                                   OSSL_PARAM_END};
  return Derive(Fetched().hkdf, parameters, size);
}

Result<SecureBytes> Pbkdf2(Hash hash, ByteView password, ByteView salt, uint32_t iterations, size_t size) {
  uint64_t count = iterations;
  // The lower bounds of SP 800-132 are the policy's to hold.
  int unbounded = 1;
  const OSSL_PARAM parameters[] = {DigestName(hash),
                                   Octets(OSSL_KDF_PARAM_PASSWORD, password),
                                   Octets(OSSL_KDF_PARAM_SALT, salt),
                                   OSSL_PARAM_construct_uint64(OSSL_KDF_PARAM_ITER, &count),
                                   OSSL_PARAM_construct_int(OSSL_KDF_PARAM_PKCS5, &unbounded),
                                   OSSL_PARAM_END};
  static EVP_KDF* const kdf = EVP_KDF_fetch(nullptr, "PBKDF2", nullptr);
  return Derive(kdf, parameters, size);
}

Result<SecureBytes> CounterKdf(Hash hash, ByteView key, ByteView label, ByteView context, size_t size) {
  const OSSL_PARAM parameters[] = {Text(OSSL_KDF_PARAM_MODE, "counter"),
                                   Text(OSSL_KDF_PARAM_MAC, "HMAC"),
                                   DigestName(hash),
                                   Octets(OSSL_KDF_PARAM_KEY, key),
                                   Octets(OSSL_KDF_PARAM_SALT, label),
                                   Octets(OSSL_KDF_PARAM_INFO, context),
                                   OSSL_PARAM_END};
  static EVP_KDF* const kdf = EVP_KDF_fetch(nullptr, "KBKDF", nullptr);
  return Derive(kdf, parameters, size);
}

Result<SecureBytes> ConcatKdf(ByteView secret, ByteView info, size_t size) {
  const OSSL_PARAM parameters[] = {DigestName(Hash::kSha256), Octets(OSSL_KDF_PARAM_SECRET, secret),
                                   Octets(OSSL_KDF_PARAM_INFO, info), OSSL_PARAM_END};
  static EVP_KDF* const kdf = EVP_KDF_fetch(nullptr, "SSKDF", nullptr);
  return Derive(kdf, parameters, size);
}

Result<KeyRef> DeriveKey(const Key& base, const Key* peer, const Derivation& derivation, KeyType type, uint32_t bits) {
  if (bits < kLeastBits || bits > kMostBits || bits % 8 != 0) {
    return Error{Code::kInputInvalid, "the length of a derived key is not that of any"};
  }
  if (base.kind() == KeyKind::kSecret) {
    if (peer != nullptr) return Error{Code::kInputInvalid, "a secret key derives without a peer"};
    MORTISE_TRY(bytes, Apply(derivation, base.material(), bits / 8));
    return AdoptSecret(type, std::move(bytes));
  }
  if (peer == nullptr) return Error{Code::kInputInvalid, "a private key derives with the public key of a peer"};
  MORTISE_TRY(secret, Agree(base, *peer));
  MORTISE_TRY(bytes, Apply(derivation, secret.view(), bits / 8));
  return AdoptSecret(type, std::move(bytes));
}

Result<KeyRef> DeriveSecret(const Key& key, ByteView label, KeyType type) {
  if (key.kind() != KeyKind::kSecret) return Error{Code::kUnsupported, "only secret keys derive others"};
  MORTISE_TRY(bytes, Hkdf(Hash::kSha256, key.material(), {}, label, kDerivedSize));
  return AdoptSecret(type, std::move(bytes));
}

}  // namespace mortise
