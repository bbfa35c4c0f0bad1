// PKCS#12 (RFC 7292) as a keystore of others: many private keys and certificates under one password.
#pragma once

#include <string>
#include <vector>

#include "common/result.h"
#include "common/secure_memory.h"

namespace mortise {

// Bytes of a file.
constexpr size_t kLargestKeystore = 16 * 1024 * 1024;
constexpr size_t kMostKeystoreEntries = 10'000;

struct Keystore {
  struct Key {
    // friendlyName (PKCS#9 section 5.5.1), and localKeyId, which the certificate of the key has too; empty where there is none.
    std::string name;
    std::vector<uint8_t> id;
    SecureBytes pkcs8;
  };
  struct Certificate {
    std::string name;
    std::vector<uint8_t> id;
    std::vector<uint8_t> der;
  };
  std::vector<Key> keys;
  std::vector<Certificate> certificates;
  // Names of what is neither: secret keys.
  std::vector<std::string> others;
};

// What fails once the MAC has been right is of an algorithm that this OpenSSL does not have.
Result<Keystore> ReadKeystore(ByteView file, ByteView password);

}  // namespace mortise
