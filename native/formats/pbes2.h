// Bytes under a password: PBES2 (RFC 8018 section 6.2), PBKDF2 with HMAC and AES-CBC; and PKCS#8 in it, EncryptedPrivateKeyInfo
// (RFC 5958 section 3).
#pragma once

#include "common/ossl.h"
#include "common/secure_memory.h"

namespace mortise {

// What is made: HMAC-SHA-256, and AES-256.
constexpr uint32_t kPasswordIterations = 600'000;
// What is opened, at most: more would only keep a thread busy.
constexpr uint32_t kMostIterations = 10'000'000;

struct Pbes2 {
  // An AlgorithmIdentifier in DER.
  SecureBytes algorithm;
  SecureBytes ciphertext;
};

Result<Pbes2> EncryptPbes2(ByteView plaintext, ByteView password, uint32_t iterations);
Result<SecureBytes> EncryptPkcs8(ByteView pkcs8, ByteView password, uint32_t iterations = kPasswordIterations);
// Everything but the scheme, its parameters and their limits fails as a decryption.
Result<SecureBytes> DecryptPkcs8(ByteView encrypted, ByteView password);

}  // namespace mortise
