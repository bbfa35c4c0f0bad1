#include "common/ossl.h"

namespace mortise {

const Algorithms& Fetched() {
  static const Algorithms algorithms = [] {
    const auto cipher = [](const char* name) { return EVP_CIPHER_fetch(nullptr, name, nullptr); };
    Algorithms algorithms = {
        {cipher("AES-128-GCM"), cipher("AES-192-GCM"), cipher("AES-256-GCM")},
        {cipher("AES-128-WRAP"), cipher("AES-192-WRAP"), cipher("AES-256-WRAP")},
        {cipher("AES-128-WRAP-PAD"), cipher("AES-192-WRAP-PAD"), cipher("AES-256-WRAP-PAD")},
        {cipher("AES-128-CBC"), cipher("AES-192-CBC"), cipher("AES-256-CBC")},
        {cipher("AES-128-CTR"), cipher("AES-192-CTR"), cipher("AES-256-CTR")},
        {cipher("AES-128-ECB"), cipher("AES-192-ECB"), cipher("AES-256-ECB")},
        {cipher("AES-128-XTS"), cipher("AES-256-XTS")},
        {cipher("DES-EDE-CBC"), cipher("DES-EDE3-CBC")},
        {cipher("DES-EDE-ECB"), cipher("DES-EDE3-ECB")},
        cipher("ChaCha20"),
        cipher("ChaCha20-Poly1305"),
        {},
        EVP_MAC_fetch(nullptr, "HMAC", nullptr),
        EVP_MAC_fetch(nullptr, "CMAC", nullptr),
        EVP_KDF_fetch(nullptr, "HKDF", nullptr),
    };
    for (size_t i = 0; i < kHashes; i++) algorithms.hash[i] = EVP_MD_fetch(nullptr, HashName(static_cast<Hash>(i)), nullptr);
    return algorithms;
  }();
  return algorithms;
}

Status Random(ByteSpan out) {
  if (out.size > kLargestInput) return Code::kInputTooLarge;
  if (RAND_bytes(out.data, static_cast<int>(out.size)) != 1) {
    return Error{Code::kCryptoFailed, "the random number generator failed"};
  }
  return Done{};
}

}  // namespace mortise
