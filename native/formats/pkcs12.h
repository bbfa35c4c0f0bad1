// PKCS#12 (RFC 7292): a private key and its certificates under one password.
#pragma once

#include <vector>

#include "keys/key.h"

namespace mortise {

// For each of the key, the certificates and the MAC. The MAC is what a password is guessed by, so it must not cost less than the others;
// and .NET opens no file with more than 600,000 in all.
constexpr uint32_t kPkcs12Iterations = 200'000;
constexpr size_t kMostCertificates = 32;
// Bytes of all of them.
constexpr size_t kLargestChain = 64 * 1024;

// PBES2 as in pbes2.h, and a MAC with SHA-256. The certificate of the key comes first, in DER; what is in them is not looked at.
Result<SecureBytes> MakePkcs12(const Key& key, const std::vector<ByteView>& certificates, ByteView password);

}  // namespace mortise
