#include "keys/secret.h"

namespace mortise {
namespace {

constexpr uint64_t kMaxDataBytes = 65536;
// A private key is split as PKCS#8.
constexpr uint64_t kLargestShare = 16 * 1024;

Status CheckSize(KeyType type, uint64_t bits, Code code) {
  switch (type) {
    case KeyType::kAes:
      if (bits == 128 || bits == 192 || bits == 256) return Done{};
      return Error{code, "AES keys are of 128, 192 or 256 bits"};
    case KeyType::kHmac:
      if (bits >= 112 && bits <= 1024 && bits % 8 == 0) return Done{};
      return Error{code, "HMAC keys are of 112 to 1024 bits, in whole bytes"};
    case KeyType::kAesXts:
      if (bits == 256 || bits == 512) return Done{};
      return Error{code, "AES-XTS keys are of 256 or 512 bits"};
    case KeyType::kTripleDes:
      if (bits == 192 || bits == 128) return Done{};
      return Error{code, "3DES keys are of 168 or 112 bits, 24 or 16 bytes with parity"};
    case KeyType::kChaCha20:
      if (bits == 256) return Done{};
      return Error{code, "ChaCha20 keys are of 256 bits"};
    case KeyType::kSkipjack:
      if (bits == 80) return Done{};
      return Error{code, "SKIPJACK keys are of 80 bits"};
    case KeyType::kData:
      if (bits >= 8 && bits <= kMaxDataBytes * 8) return Done{};
      return Error{code, "data is of 1 to 65,536 bytes"};
    case KeyType::kShare:
      if (bits > 0 && bits <= kLargestShare * 8) return Done{};
      return Error{code, "a share of a key has 1 to 16,384 bytes"};
    default: return Error{Code::kInputInvalid, "a secret key is of type AES, HMAC, AES-XTS, 3DES, ChaCha20 or SKIPJACK"};
  }
}

// XTS is not safe with one key for both: FIPS 140-3 IG C.I. The parts of a 3DES key may be equal: old clients have keys of DES so (FIPS 46-3,
// keying option 3), and no policy but `compatible` lets 3DES protect anything.
Status CheckParts(KeyType type, const SecureBytes& bytes) {
  const uint8_t* data = bytes.data();
  if (type == KeyType::kAesXts && CRYPTO_memcmp(data, data + bytes.size() / 2, bytes.size() / 2) == 0) {
    return Error{Code::kKeyInvalid, "the two halves of an AES-XTS key must differ"};
  }
  return Done{};
}

// SP 800-67 section 3.1: the last bit of each byte makes the number of its ones odd.
void SetOddParity(SecureBytes& bytes) {
  for (size_t i = 0; i < bytes.size(); i++) {
    uint8_t fold = bytes.data()[i] >> 1;
    fold ^= fold >> 4;
    fold ^= fold >> 2;
    fold ^= fold >> 1;
    bytes.data()[i] = static_cast<uint8_t>((bytes.data()[i] & 0xfe) | (~fold & 1));
  }
}

}  // namespace

Result<KeyRef> GenerateSecret(KeyType type, uint32_t bits) {
  if (type == KeyType::kData) return Error{Code::kUnsupported, "data is imported, not generated"};
  const uint64_t stored = type == KeyType::kTripleDes ? uint64_t{bits} / 7 * 8 : bits;
  MORTISE_CHECK(CheckSize(type, stored, Code::kUnsupported));
  MORTISE_TRY(bytes, SecureBytes::Make(stored / 8));
  if (RAND_priv_bytes(bytes.data(), static_cast<int>(bytes.size())) != 1) {
    return Error{Code::kCryptoFailed, "the random number generator failed"};
  }
  if (type == KeyType::kTripleDes) SetOddParity(bytes);
  MORTISE_CHECK(CheckParts(type, bytes));
  return Key::MakeSecret(type, std::move(bytes));
}

Result<KeyRef> ImportSecret(KeyType type, ByteView bytes) {
  MORTISE_CHECK(CheckSize(type, static_cast<uint64_t>(bytes.size) * 8, Code::kKeyInvalid));
  MORTISE_TRY(copy, SecureBytes::Copy(bytes));
  MORTISE_CHECK(CheckParts(type, copy));
  return Key::MakeSecret(type, std::move(copy));
}

Result<KeyRef> AdoptSecret(KeyType type, SecureBytes bytes) {
  MORTISE_CHECK(CheckSize(type, static_cast<uint64_t>(bytes.size()) * 8, Code::kKeyInvalid));
  MORTISE_CHECK(CheckParts(type, bytes));
  return Key::MakeSecret(type, std::move(bytes));
}

}  // namespace mortise
