#include "keys/material.h"

#include "keys/asymmetric.h"
#include "keys/secret.h"

namespace mortise {
namespace {

Result<KeyRef> OfType(Result<KeyRef> result, KeyType type) {
  if (result.ok() && result.value()->type() != type) {
    return Error{Code::kKeyInvalid, "the key is of another type than was said"};
  }
  return result;
}

}  // namespace

Result<KeyRef> ImportMaterial(KeyKind kind, KeyType type, SecureBytes material) {
  switch (kind) {
    case KeyKind::kSecret: return AdoptSecret(type, std::move(material));
    case KeyKind::kPrivate: return OfType(ImportPrivate(material.view()), type);
    case KeyKind::kPublic: return OfType(ImportPublic(material.view()), type);
  }
  return Error{Code::kKeyInvalid, "there is no such kind of key"};
}

Result<KeyRef> RestoreMaterial(KeyKind kind, KeyType type, SecureBytes material) {
  if (kind == KeyKind::kPrivate) return OfType(RestorePrivate(std::move(material)), type);
  return ImportMaterial(kind, type, std::move(material));
}

}  // namespace mortise
