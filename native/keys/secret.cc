#include "keys/secret.h"

namespace mortise {
namespace {

Status CheckSize(KeyType type, uint64_t bits, Code code) {
  if (type == KeyType::kAes) {
    if (bits == 128 || bits == 192 || bits == 256) return Done{};
    return Error{code, "AES keys are of 128, 192 or 256 bits"};
  }
  if (type == KeyType::kHmac) {
    if (bits >= 112 && bits <= 1024 && bits % 8 == 0) return Done{};
    return Error{code, "HMAC keys are of 112 to 1024 bits, in whole bytes"};
  }
  return Error{Code::kInputInvalid, "a secret key is of type AES or HMAC"};
}

}  // namespace

Result<KeyRef> GenerateSecret(KeyType type, uint32_t bits) {
  MORTISE_CHECK(CheckSize(type, bits, Code::kUnsupported));
  MORTISE_TRY(bytes, SecureBytes::Make(bits / 8));
  if (RAND_priv_bytes(bytes.data(), static_cast<int>(bytes.size())) != 1) {
    return Error{Code::kCryptoFailed, "the random number generator failed"};
  }
  return Key::MakeSecret(type, std::move(bytes));
}

Result<KeyRef> ImportSecret(KeyType type, ByteView bytes) {
  MORTISE_CHECK(CheckSize(type, static_cast<uint64_t>(bytes.size) * 8, Code::kKeyInvalid));
  MORTISE_TRY(copy, SecureBytes::Copy(bytes));
  return Key::MakeSecret(type, std::move(copy));
}

Result<KeyRef> AdoptSecret(KeyType type, SecureBytes bytes) {
  MORTISE_CHECK(CheckSize(type, static_cast<uint64_t>(bytes.size()) * 8, Code::kKeyInvalid));
  return Key::MakeSecret(type, std::move(bytes));
}

}  // namespace mortise
