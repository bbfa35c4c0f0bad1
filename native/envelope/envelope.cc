#include "envelope/envelope.h"

#include "cipher/mode.h"
#include "envelope/ecdh_es.h"
#include "formats/jwk.h"
#include "kdf/agree.h"
#include "keys/asymmetric.h"
#include "keys/secret.h"
#include "mac/mac.h"
#include "rsa/oaep.h"
#include "wrap/keywrap.h"

namespace mortise {
namespace {

constexpr size_t kGcmIvSize = 12;
constexpr size_t kBlock = 16;
constexpr size_t kGcmTagSize = 16;

constexpr ContentEncryption kEncryptions[] = {
    {"A128GCM", 16, true, Hash::kSha256},       {"A192GCM", 24, true, Hash::kSha256},
    {"A256GCM", 32, true, Hash::kSha256},       {"A128CBC-HS256", 16, false, Hash::kSha256},
    {"A192CBC-HS384", 24, false, Hash::kSha384}, {"A256CBC-HS512", 32, false, Hash::kSha512},
};

// The composites have an HMAC key of the same size in front (RFC 7518 section 5.2.2.1).
size_t ContentKeySize(const ContentEncryption& encryption) { return encryption.gcm ? encryption.key : 2 * encryption.key; }

size_t IvSize(const ContentEncryption& encryption) { return encryption.gcm ? kGcmIvSize : kBlock; }

size_t TagSize(const ContentEncryption& encryption) { return encryption.gcm ? kGcmTagSize : encryption.key; }

Result<SecureBytes> RandomKey(size_t size) {
  MORTISE_TRY(bytes, SecureBytes::Make(size));
  if (RAND_priv_bytes(bytes.data(), static_cast<int>(size)) != 1) return Code::kCryptoFailed;
  return bytes;
}

Status CheckDirect(const Key& key, const ContentEncryption& encryption) {
  if (!encryption.gcm || !key.is_secret(KeyType::kAes) || key.material().size != encryption.key) {
    return Error{Code::kUnsupported, "dir needs AES-GCM of the length of the key"};
  }
  return Done{};
}

// Bytes and name of the wrapping that follows an agreement.
struct AgreedWrapping {
  const char* algorithm;
  size_t key;
};

AgreedWrapping WrappingOf(KeyManagement management) {
  if (management == KeyManagement::kEcdhEsA128Kw) return {"ECDH-ES+A128KW", 16};
  if (management == KeyManagement::kEcdhEsA192Kw) return {"ECDH-ES+A192KW", 24};
  return {"ECDH-ES+A256KW", 32};
}

// The content key of ECDH-ES alone, or the one that wraps it.
Result<SecureBytes> Agreed(ByteView secret, KeyManagement management, const ContentEncryption& encryption,
                           const Sender& sender) {
  const AgreedWrapping wrapping = WrappingOf(management);
  const bool alone = management == KeyManagement::kEcdhEs;
  return AgreedKey(secret, {alone ? encryption.name : wrapping.algorithm, sender.apu, sender.apv},
                   alone ? ContentKeySize(encryption) : wrapping.key);
}

Result<SecureBytes> AgreedWithSender(const Key& key, const Sender& sender) {
  if (key.kind() != KeyKind::kPrivate) return Error{Code::kUnsupported, "ECDH-ES is opened with a private key"};
  MORTISE_TRY(peer, SenderKey(sender));
  Result<SecureBytes> secret = Agree(key, *peer);
  if (!secret.ok() && secret.error().code == Code::kKeyInvalid) return Code::kDecryptionFailed;
  return secret;
}

Result<SecureBytes> Decrypted(const Key& key, KeyManagement management, ByteView encrypted_key) {
  if (management == KeyManagement::kRsaOaep256) return OaepDecrypt(key, Hash::kSha256, encrypted_key);
  return UnwrapBytes(key, encrypted_key, WrapMode::kKw);
}

// Of the composites: the HMAC over AAD, IV, ciphertext and the length of the AAD in bits, cut to half.
Result<std::vector<uint8_t>> CompositeTag(ByteView mac_key, const ContentEncryption& encryption, ByteView aad,
                                          const Envelope& envelope) {
  MORTISE_TRY(key, ImportSecret(KeyType::kHmac, mac_key));
  std::vector<uint8_t> input;
  input.reserve(aad.size + envelope.iv.size() + envelope.ciphertext.size() + 8);
  input.insert(input.end(), aad.data, aad.data + aad.size);
  input.insert(input.end(), envelope.iv.begin(), envelope.iv.end());
  input.insert(input.end(), envelope.ciphertext.begin(), envelope.ciphertext.end());
  const uint64_t bits = static_cast<uint64_t>(aad.size) * 8;
  for (int shift = 56; shift >= 0; shift -= 8) input.push_back(static_cast<uint8_t>(bits >> shift));
  MORTISE_TRY(tag, Hmac(*key, encryption.hash, input));
  tag.resize(TagSize(encryption));
  return tag;
}

Status SealContent(ByteView content_key, const ContentEncryption& encryption, ByteView plaintext, ByteView aad,
                   ByteView iv, Envelope& envelope) {
  if (iv.size > 0) {
    envelope.iv.assign(iv.data, iv.data + iv.size);
  } else {
    envelope.iv.resize(IvSize(encryption));
    MORTISE_CHECK(Random({envelope.iv.data(), envelope.iv.size()}));
  }
  MORTISE_TRY(cipher_key, ImportSecret(KeyType::kAes, content_key.From(content_key.size - encryption.key)));
  const ModeParameters parameters = {encryption.gcm ? Mode::kGcm : Mode::kCbc, !encryption.gcm, kGcmTagSize, envelope.iv,
                                     encryption.gcm ? aad : ByteView{}, iv.size > 0};
  MORTISE_TRY(sealed, EncryptInMode(*cipher_key, parameters, plaintext));
  envelope.ciphertext = std::move(sealed);
  if (!encryption.gcm) {
    MORTISE_TRY(tag, CompositeTag(content_key.Slice(0, encryption.key), encryption, aad, envelope));
    envelope.tag = std::move(tag);
    return Done{};
  }
  const size_t size = envelope.ciphertext.size() - kGcmTagSize;
  envelope.tag.assign(envelope.ciphertext.begin() + static_cast<std::ptrdiff_t>(size), envelope.ciphertext.end());
  envelope.ciphertext.resize(size);
  return Done{};
}

Result<std::vector<uint8_t>> OpenContent(ByteView content_key, const ContentEncryption& encryption,
                                         const Envelope& envelope, ByteView aad) {
  MORTISE_TRY(cipher_key, ImportSecret(KeyType::kAes, content_key.From(content_key.size - encryption.key)));
  if (!encryption.gcm) {
    MORTISE_TRY(tag, CompositeTag(content_key.Slice(0, encryption.key), encryption, aad, envelope));
    if (CRYPTO_memcmp(tag.data(), envelope.tag.data(), tag.size()) != 0) return Code::kDecryptionFailed;
    return DecryptInMode(*cipher_key, {Mode::kCbc, true, 0, envelope.iv, {}}, envelope.ciphertext);
  }
  std::vector<uint8_t> sealed = envelope.ciphertext;
  sealed.insert(sealed.end(), envelope.tag.begin(), envelope.tag.end());
  return DecryptInMode(*cipher_key, {Mode::kGcm, false, kGcmTagSize, envelope.iv, aad, true}, sealed);
}

Status CheckParts(KeyManagement management, const ContentEncryption& encryption, const Envelope& envelope) {
  const bool any_iv = encryption.gcm && management == KeyManagement::kRsaOaep256;
  if (any_iv ? !IsGcmIv(envelope.iv.size(), true) : envelope.iv.size() != IvSize(encryption)) return Code::kDecryptionFailed;
  if (envelope.tag.size() != TagSize(encryption)) return Code::kDecryptionFailed;
  const bool has_none = management == KeyManagement::kDirect || management == KeyManagement::kEcdhEs;
  if (has_none && !envelope.encrypted_key.empty()) return Code::kDecryptionFailed;
  return Done{};
}

Result<std::vector<uint8_t>> OpenAgreed(ByteView secret, KeyManagement management, const ContentEncryption& encryption,
                                        const Envelope& envelope, ByteView aad, const Sender& sender) {
  MORTISE_TRY(agreed, Agreed(secret, management, encryption, sender));
  if (management == KeyManagement::kEcdhEs) return OpenContent(agreed.view(), encryption, envelope, aad);
  MORTISE_TRY(wrapping, ImportSecret(KeyType::kAes, agreed.view()));
  return OpenEnvelope(*wrapping, KeyManagement::kAesKw, encryption, envelope, aad, {});
}

// Goes on with a random content key where there is none.
Result<std::vector<uint8_t>> OpenBy(const DecryptContentKey& decrypt, const ContentEncryption& encryption,
                                    const Envelope& envelope, ByteView aad) {
  MORTISE_TRY(content_key, RandomKey(ContentKeySize(encryption)));
  Result<SecureBytes> decrypted = decrypt(envelope.encrypted_key);
  if (!decrypted.ok() && decrypted.error().code != Code::kDecryptionFailed) return decrypted.error();
  if (decrypted.ok() && decrypted.value().size() == content_key.size()) content_key = std::move(decrypted).value();
  return OpenContent(content_key.view(), encryption, envelope, aad);
}

}  // namespace

Result<KeyRef> SenderKey(const Sender& sender) {
  Result<JwkKey> parsed = ParseJwk(sender.epk);
  if (!parsed.ok() || parsed.value().kind != KeyKind::kPublic) return Code::kDecryptionFailed;
  Result<KeyRef> peer = ImportPublic(parsed.value().material.view());
  if (!peer.ok()) return Code::kDecryptionFailed;
  return peer;
}

const ContentEncryption* FindContentEncryption(std::string_view name) {
  for (const ContentEncryption& encryption : kEncryptions) {
    if (name == encryption.name) return &encryption;
  }
  return nullptr;
}

Result<Envelope> SealEnvelope(const Key& key, KeyManagement management, const ContentEncryption& encryption,
                              ByteView plaintext, ByteView aad, const Key* ephemeral, ByteView iv) {
  Envelope envelope;
  if (iv.size > 0 && (!encryption.gcm || management != KeyManagement::kRsaOaep256)) {
    return Error{Code::kInputInvalid, "only RSA-OAEP with AES-GCM takes an IV"};
  }
  if (management == KeyManagement::kDirect) {
    MORTISE_CHECK(CheckDirect(key, encryption));
    MORTISE_CHECK(SealContent(key.material(), encryption, plaintext, aad, {}, envelope));
    return envelope;
  }
  if (IsAgreement(management)) {
    if (ephemeral == nullptr) return Error{Code::kInputInvalid, "ECDH-ES needs an ephemeral key"};
    MORTISE_TRY(secret, Agree(*ephemeral, key));
    MORTISE_TRY(agreed, Agreed(secret.view(), management, encryption, {}));
    if (management == KeyManagement::kEcdhEs) {
      MORTISE_CHECK(SealContent(agreed.view(), encryption, plaintext, aad, {}, envelope));
      return envelope;
    }
    MORTISE_TRY(wrapping, ImportSecret(KeyType::kAes, agreed.view()));
    return SealEnvelope(*wrapping, KeyManagement::kAesKw, encryption, plaintext, aad, nullptr);
  }
  MORTISE_TRY(content_key, RandomKey(ContentKeySize(encryption)));
  auto encrypted = management == KeyManagement::kRsaOaep256 ? OaepEncrypt(key, Hash::kSha256, content_key.view())
                                                            : WrapBytes(key, content_key.view(), WrapMode::kKw);
  if (!encrypted.ok()) return encrypted.error();
  envelope.encrypted_key = std::move(encrypted).value();
  MORTISE_CHECK(SealContent(content_key.view(), encryption, plaintext, aad, iv, envelope));
  return envelope;
}

Result<std::vector<uint8_t>> OpenEnvelope(const Key& key, KeyManagement management,
                                          const ContentEncryption& encryption, const Envelope& envelope, ByteView aad,
                                          const Sender& sender) {
  if (management == KeyManagement::kDirect) MORTISE_CHECK(CheckDirect(key, encryption));
  MORTISE_CHECK(CheckParts(management, encryption, envelope));
  if (management == KeyManagement::kDirect) return OpenContent(key.material(), encryption, envelope, aad);
  if (IsAgreement(management)) {
    MORTISE_TRY(secret, AgreedWithSender(key, sender));
    return OpenAgreed(secret.view(), management, encryption, envelope, aad, sender);
  }
  return OpenBy([&](ByteView encrypted) { return Decrypted(key, management, encrypted); }, encryption, envelope, aad);
}

Result<std::vector<uint8_t>> OpenRsaEnvelope(const DecryptContentKey& decrypt, const ContentEncryption& encryption,
                                             const Envelope& envelope, ByteView aad) {
  MORTISE_CHECK(CheckParts(KeyManagement::kRsaOaep256, encryption, envelope));
  return OpenBy(decrypt, encryption, envelope, aad);
}

Result<std::vector<uint8_t>> OpenAgreedEnvelope(const Key& secret, KeyManagement management,
                                                const ContentEncryption& encryption, const Envelope& envelope,
                                                ByteView aad, const Sender& sender) {
  if (!IsAgreement(management)) return Error{Code::kUnsupported, "only ECDH-ES is opened by what was agreed on"};
  MORTISE_CHECK(CheckParts(management, encryption, envelope));
  return OpenAgreed(secret.material(), management, encryption, envelope, aad, sender);
}

}  // namespace mortise
