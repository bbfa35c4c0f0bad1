// Keys from and to the forms that others write: raw bytes, PKCS#1, PKCS#8 in the clear or under a password, SEC1, SPKI, JWK.
#pragma once

#include <optional>

#include "keys/key.h"

namespace mortise {

enum class KeyFormat { kRaw, kPkcs1, kPkcs8, kSec1, kSpki, kJwk };

// What one key may take, PEM and all.
constexpr size_t kLargestEncoding = 16 * 1024;

struct ImportOptions {
  // Found out where it is not said, but for raw bytes.
  std::optional<KeyFormat> format;
  // Of a secret key.
  std::optional<KeyType> secret_type;
  // Opens encrypted PKCS#8, and nothing else may come with one.
  std::optional<ByteView> password;
};

Result<KeyRef> ImportEncoded(ByteView input, const ImportOptions& options);

struct ExportOptions {
  KeyFormat format = KeyFormat::kRaw;
  // As PEM: not of raw bytes and JWK, which are what they are.
  bool pem = false;
  // Encrypts PKCS#8.
  std::optional<ByteView> password;
};

Result<SecureBytes> ExportEncoded(const Key& key, const ExportOptions& options);

}  // namespace mortise
