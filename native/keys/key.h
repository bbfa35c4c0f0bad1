// A key and what it is. Immutable, so that threads may share it.
#pragma once

#include <memory>

#include "common/ossl.h"
#include "common/secure_memory.h"

namespace mortise {

// The values stand in sealed keys: never change them. Data is bytes that no algorithm uses: a password, a certificate.
enum class KeyKind : uint8_t { kSecret = 1, kPrivate = 2, kPublic = 3 };
enum class KeyType : uint8_t {
  kAes = 1,
  kHmac = 2,
  kRsa = 3,
  kEc = 4,
  kEd25519 = 5,
  // Kept, and used by nothing.
  kDsa = 6,
  kEd448 = 16,
  kX25519 = 17,
  kX448 = 18,
  // A share of a split key.
  kShare = 19,
  kAesXts = 32,
  kTripleDes = 33,
  kChaCha20 = 34,
  // Kept, and used by nothing: OpenSSL has no SKIPJACK.
  kSkipjack = 35,
  kData = 64,
};
enum class Curve : uint8_t { kNone, kP256, kP384, kP521, kSecp256k1 };

// Signatures on Edwards curves take the message itself (RFC 8032).
constexpr bool IsEdwards(KeyType type) { return type == KeyType::kEd25519 || type == KeyType::kEd448; }
// Montgomery curves agree on secrets and do nothing else (RFC 7748).
constexpr bool IsMontgomery(KeyType type) { return type == KeyType::kX25519 || type == KeyType::kX448; }

class Key;
using KeyRef = std::shared_ptr<const Key>;

class Key {
 public:
  static KeyRef MakeSecret(KeyType type, SecureBytes bytes);
  // `der` is PKCS#8 or SubjectPublicKeyInfo.
  static KeyRef MakeAsymmetric(KeyKind kind, KeyType type, Curve curve, uint32_t bits, SecureBytes der);
  ~Key();

  KeyKind kind() const { return kind_; }
  KeyType type() const { return type_; }
  Curve curve() const { return curve_; }
  uint32_t bits() const { return bits_; }
  bool is_secret(KeyType type) const { return kind_ == KeyKind::kSecret && type_ == type; }
  // The exported form: the bytes of a secret, PKCS#8 or SubjectPublicKeyInfo.
  ByteView material() const { return material_.view(); }

 private:
  Key(KeyKind kind, KeyType type, Curve curve, uint32_t bits, SecureBytes material)
      : kind_(kind), type_(type), curve_(curve), bits_(bits), material_(std::move(material)) {}

  KeyKind kind_;
  KeyType type_;
  Curve curve_;
  uint32_t bits_;
  SecureBytes material_;
};

const char* CurveName(Curve curve);

}  // namespace mortise
