#include "keys/key.h"

#include "keys/pkey_cache.h"

namespace mortise {

KeyRef Key::MakeSecret(KeyType type, SecureBytes bytes) {
  // Each byte of a 3DES key has a parity bit (SP 800-67 section 3.1).
  const auto bits = static_cast<uint32_t>(bytes.size() * (type == KeyType::kTripleDes ? 7 : 8));
  return KeyRef(new Key(KeyKind::kSecret, type, Curve::kNone, bits, std::move(bytes)));
}

KeyRef Key::MakeAsymmetric(KeyKind kind, KeyType type, Curve curve, uint32_t bits, SecureBytes der) {
  return KeyRef(new Key(kind, type, curve, bits, std::move(der)));
}

Key::~Key() {
  if (kind_ != KeyKind::kSecret) ForgetPkey(*this);
}

const char* CurveName(Curve curve) {
  switch (curve) {
    case Curve::kP256: return "P-256";
    case Curve::kP384: return "P-384";
    case Curve::kP521: return "P-521";
    case Curve::kSecp256k1: return "secp256k1";
    case Curve::kNone: return nullptr;
  }
  return nullptr;
}

}  // namespace mortise
