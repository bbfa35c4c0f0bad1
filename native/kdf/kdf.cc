#include "kdf/kdf.h"

#include <algorithm>
#include <cstring>
#include <initializer_list>

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

// HMAC of texts one behind the other.
Status HmacInto(Hash hash, ByteView key, std::initializer_list<ByteView> texts, SecureBytes& out) {
  const MacCtxPtr ctx(Fetched().hmac == nullptr ? nullptr : EVP_MAC_CTX_new(Fetched().hmac));
  const OSSL_PARAM parameters[] = {DigestName(hash), OSSL_PARAM_END};
  if (ctx == nullptr || EVP_MAC_init(ctx.get(), key.data, key.size, parameters) != 1) return Code::kCryptoFailed;
  for (const ByteView text : texts) {
    if (EVP_MAC_update(ctx.get(), text.data, text.size) != 1) return Code::kCryptoFailed;
  }
  size_t size = 0;
  if (EVP_MAC_final(ctx.get(), out.data(), &size, out.size()) != 1 || size != out.size()) return Code::kCryptoFailed;
  return Done{};
}

// The beginning of what is there.
Result<SecureBytes> Beginning(SecureBytes bytes, size_t size) {
  if (size > bytes.size()) return Error{Code::kInputInvalid, "the derived key would be longer than what it is derived by"};
  bytes.Truncate(size);
  return bytes;
}

Result<SecureBytes> HashOf(Hash hash, ByteView secret, size_t size) {
  MORTISE_TRY(out, SecureBytes::Make(HashSize(hash)));
  if (EVP_Digest(secret.data, secret.size, out.data(), nullptr, Md(hash), nullptr) != 1) return Code::kCryptoFailed;
  return Beginning(std::move(out), size);
}

Result<SecureBytes> HmacOf(Hash hash, ByteView key, ByteView text, size_t size) {
  MORTISE_TRY(out, SecureBytes::Make(HashSize(hash)));
  MORTISE_CHECK(HmacInto(hash, key, {text}, out));
  return Beginning(std::move(out), size);
}

Result<SecureBytes> EncryptionOf(const Key& base, const Derivation& derivation, ByteView text, size_t size) {
  if (derivation.mode != Mode::kCbc && derivation.mode != Mode::kCtr && derivation.mode != Mode::kEcb) {
    return Error{Code::kUnsupported, "keys are derived by encryption in the modes CBC, CTR and ECB"};
  }
  MORTISE_TRY(bytes, EncryptInMode(base, {derivation.mode, derivation.padded, 0, derivation.iv, {}}, text));
  const ByteView encrypted(bytes.data(), bytes.size());
  Result<SecureBytes> out = SecureBytes::Copy(encrypted);
  OPENSSL_cleanse(bytes.data(), bytes.size());
  MORTISE_CHECK(out);
  return Beginning(std::move(out).value(), size);
}

Result<SecureBytes> OneOf(const Key& base, const Derivation& derivation, ByteView secret, ByteView info, size_t size) {
  const Hash hash = derivation.hash;
  const ByteView salt = derivation.salt;
  const ByteView context = derivation.context;
  switch (derivation.method) {
    case KdfMethod::kHkdf: return Hkdf(hash, secret, salt, info, size);
    case KdfMethod::kPbkdf2: return Pbkdf2(hash, secret, salt, derivation.iterations, size);
    case KdfMethod::kCounter: return CounterKdf(hash, secret, info, context, size);
    case KdfMethod::kFeedback: return FeedbackKdf(hash, secret, info, context, size);
    case KdfMethod::kPipeline: return PipelineKdf(hash, secret, info, context, size);
    case KdfMethod::kHash: return HashOf(hash, secret, size);
    case KdfMethod::kHmac: return HmacOf(hash, secret, info, size);
    case KdfMethod::kEncrypted: return EncryptionOf(base, derivation, info, size);
    case KdfMethod::kAgreed: {
      MORTISE_TRY(copy, SecureBytes::Copy(secret));
      return Beginning(std::move(copy), size);
    }
  }
  return Code::kInternal;
}

Result<std::vector<SecureBytes>> Apply(const Key& base, const Derivation& derivation, ByteView secret, size_t size) {
  std::vector<SecureBytes> all;
  all.reserve(derivation.infos.size());
  if (derivation.method == KdfMethod::kHkdf) {
    MORTISE_TRY(expander, HkdfExpander::Make(derivation.hash, secret, derivation.salt));
    for (const ByteView info : derivation.infos) {
      MORTISE_TRY(bytes, expander.Expand(info, size));
      all.push_back(std::move(bytes));
    }
    return all;
  }
  for (const ByteView info : derivation.infos) {
    MORTISE_TRY(bytes, OneOf(base, derivation, secret, info, size));
    all.push_back(std::move(bytes));
  }
  return all;
}

}  // namespace

Result<HkdfExpander> HkdfExpander::Make(Hash hash, ByteView secret, ByteView salt) {
  int mode = EVP_KDF_HKDF_MODE_EXTRACT_ONLY;
  const OSSL_PARAM parameters[] = {OSSL_PARAM_construct_int(OSSL_KDF_PARAM_MODE, &mode), DigestName(hash),
                                   Octets(OSSL_KDF_PARAM_KEY, secret), Octets(OSSL_KDF_PARAM_SALT, salt),
                                   OSSL_PARAM_END};
  MORTISE_TRY(extracted, Derive(Fetched().hkdf, parameters, HashSize(hash)));
  return HkdfExpander(hash, std::move(extracted));
}

Result<SecureBytes> HkdfExpander::Expand(ByteView info, size_t size) const {
  if (info.size > kLongestInfo) return Error{Code::kInputTooLarge, "the info of HKDF is longer than 1,024 bytes"};
  if (size > 255 * HashSize(hash_)) return Error{Code::kInputInvalid, "HKDF derives 255 blocks of its hash at most"};
  int mode = EVP_KDF_HKDF_MODE_EXPAND_ONLY;
  const OSSL_PARAM parameters[] = {OSSL_PARAM_construct_int(OSSL_KDF_PARAM_MODE, &mode), DigestName(hash_),
                                   Octets(OSSL_KDF_PARAM_KEY, extracted_.view()), Octets(OSSL_KDF_PARAM_INFO, info),
                                   OSSL_PARAM_END};
  // In a context of its own: one that is kept reads beyond an empty info that follows another (OpenSSL 3.0.19).
  return Derive(Fetched().hkdf, parameters, size);
}

Result<SecureBytes> Hkdf(Hash hash, ByteView secret, ByteView salt, ByteView info, size_t size) {
  MORTISE_TRY(expander, HkdfExpander::Make(hash, secret, salt));
  return expander.Expand(info, size);
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

namespace {

Result<SecureBytes> Kbkdf(const char* mode, Hash hash, ByteView key, ByteView label, ByteView context, size_t size) {
  const OSSL_PARAM parameters[] = {Text(OSSL_KDF_PARAM_MODE, mode),
                                   Text(OSSL_KDF_PARAM_MAC, "HMAC"),
                                   DigestName(hash),
                                   Octets(OSSL_KDF_PARAM_KEY, key),
                                   Octets(OSSL_KDF_PARAM_SALT, label),
                                   Octets(OSSL_KDF_PARAM_INFO, context),
                                   OSSL_PARAM_END};
  static EVP_KDF* const kdf = EVP_KDF_fetch(nullptr, "KBKDF", nullptr);
  return Derive(kdf, parameters, size);
}

}  // namespace

Result<SecureBytes> CounterKdf(Hash hash, ByteView key, ByteView label, ByteView context, size_t size) {
  return Kbkdf("counter", hash, key, label, context, size);
}

Result<SecureBytes> FeedbackKdf(Hash hash, ByteView key, ByteView label, ByteView context, size_t size) {
  return Kbkdf("feedback", hash, key, label, context, size);
}

// OpenSSL has not this one.
Result<SecureBytes> PipelineKdf(Hash hash, ByteView key, ByteView label, ByteView context, size_t size) {
  const size_t block = HashSize(hash);
  const uint8_t zero = 0;
  uint8_t length[4];
  PutBigEndian32(length, static_cast<uint32_t>(size * 8));
  MORTISE_TRY(a, SecureBytes::Make(block));
  MORTISE_TRY(next, SecureBytes::Make(block));
  MORTISE_TRY(out, SecureBytes::Make(size));
  MORTISE_CHECK(HmacInto(hash, key, {label, {&zero, 1}, context, {length, 4}}, a));
  for (size_t done = 0, i = 1; done < size; done += block, i++) {
    uint8_t count[4];
    PutBigEndian32(count, static_cast<uint32_t>(i));
    MORTISE_CHECK(HmacInto(hash, key, {a.view(), {count, 4}, label, {&zero, 1}, context, {length, 4}}, next));
    memcpy(out.data() + done, next.data(), std::min(block, size - done));
    MORTISE_CHECK(HmacInto(hash, key, {a.view()}, next));
    std::swap(a, next);
  }
  return out;
}

Result<SecureBytes> ConcatKdf(ByteView secret, ByteView info, size_t size) {
  const OSSL_PARAM parameters[] = {DigestName(Hash::kSha256), Octets(OSSL_KDF_PARAM_SECRET, secret),
                                   Octets(OSSL_KDF_PARAM_INFO, info), OSSL_PARAM_END};
  static EVP_KDF* const kdf = EVP_KDF_fetch(nullptr, "SSKDF", nullptr);
  return Derive(kdf, parameters, size);
}

Result<std::vector<KeyRef>> DeriveKeys(const Key& base, const Key* peer, const Derivation& derivation, KeyType type,
                                       uint32_t bits) {
  if (bits < kLeastBits || bits > kMostBits || bits % 8 != 0) {
    return Error{Code::kInputInvalid, "the length of a derived key is not that of any"};
  }
  SecureBytes agreed;
  if (derivation.method == KdfMethod::kAgreed && peer == nullptr) {
    return Error{Code::kInputInvalid, "nothing is agreed without a peer"};
  }
  ByteView secret = base.material();
  if (base.kind() == KeyKind::kSecret) {
    if (peer != nullptr) return Error{Code::kInputInvalid, "a secret key derives without a peer"};
  } else {
    if (peer == nullptr) return Error{Code::kInputInvalid, "a private key derives with the public key of a peer"};
    MORTISE_TRY(bytes, Agree(base, *peer));
    agreed = std::move(bytes);
    secret = agreed.view();
  }
  MORTISE_TRY(all, Apply(base, derivation, secret, bits / 8));
  std::vector<KeyRef> keys;
  keys.reserve(all.size());
  for (SecureBytes& bytes : all) {
    MORTISE_TRY(key, AdoptSecret(type, std::move(bytes)));
    keys.push_back(std::move(key));
  }
  return keys;
}

Result<KeyRef> DeriveSecret(const Key& key, ByteView label, KeyType type) {
  if (key.kind() != KeyKind::kSecret) return Error{Code::kUnsupported, "only secret keys derive others"};
  MORTISE_TRY(bytes, Hkdf(Hash::kSha256, key.material(), {}, label, kDerivedSize));
  return AdoptSecret(type, std::move(bytes));
}

}  // namespace mortise
