// OpenSSL objects that free themselves, and the algorithms, fetched once for the process.
#pragma once

#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/kdf.h>
#include <openssl/rand.h>
#include <openssl/rsa.h>
#include <openssl/x509.h>

#include <memory>

#include "common/bytes.h"
#include "common/result.h"

namespace mortise {

template <auto function>
struct Free {
  template <typename T>
  void operator()(T* object) const {
    function(object);
  }
};

using CipherCtxPtr = std::unique_ptr<EVP_CIPHER_CTX, Free<EVP_CIPHER_CTX_free>>;
using MdCtxPtr = std::unique_ptr<EVP_MD_CTX, Free<EVP_MD_CTX_free>>;
using MacCtxPtr = std::unique_ptr<EVP_MAC_CTX, Free<EVP_MAC_CTX_free>>;
using KdfCtxPtr = std::unique_ptr<EVP_KDF_CTX, Free<EVP_KDF_CTX_free>>;
using PkeyPtr = std::unique_ptr<EVP_PKEY, Free<EVP_PKEY_free>>;
using PkeyCtxPtr = std::unique_ptr<EVP_PKEY_CTX, Free<EVP_PKEY_CTX_free>>;
using Pkcs8Ptr = std::unique_ptr<PKCS8_PRIV_KEY_INFO, Free<PKCS8_PRIV_KEY_INFO_free>>;
using EcdsaSigPtr = std::unique_ptr<ECDSA_SIG, Free<ECDSA_SIG_free>>;
using BnPtr = std::unique_ptr<BIGNUM, Free<BN_clear_free>>;
using BnCtxPtr = std::unique_ptr<BN_CTX, Free<BN_CTX_free>>;

enum class Hash { kSha1, kSha224, kSha256, kSha384, kSha512, kSha512_256, kSha3_224, kSha3_256, kSha3_384, kSha3_512 };
constexpr size_t kHashes = 10;

// Null where the library has no such algorithm, which the self-tests find.
struct Algorithms {
  EVP_CIPHER* gcm[3];
  EVP_CIPHER* wrap[3];
  EVP_CIPHER* wrap_pad[3];
  EVP_CIPHER* cbc[3];
  EVP_CIPHER* ctr[3];
  EVP_CIPHER* ecb[3];
  EVP_CIPHER* xts[2];
  EVP_CIPHER* des3_cbc[2];
  EVP_CIPHER* des3_ecb[2];
  EVP_CIPHER* chacha20;
  EVP_CIPHER* chacha20_poly1305;
  EVP_MD* hash[kHashes];
  EVP_MAC* hmac;
  EVP_MAC* cmac;
  EVP_KDF* hkdf;
};

const Algorithms& Fetched();

// The entry of a table of AES ciphers for a key of this many bytes.
inline EVP_CIPHER* AesOf(EVP_CIPHER* const (&table)[3], size_t key_size) {
  return key_size == 16 ? table[0] : key_size == 24 ? table[1] : key_size == 32 ? table[2] : nullptr;
}

inline const EVP_MD* Md(Hash hash) { return Fetched().hash[static_cast<size_t>(hash)]; }
inline size_t HashSize(Hash hash) {
  constexpr size_t sizes[kHashes] = {20, 28, 32, 48, 64, 32, 28, 32, 48, 64};
  return sizes[static_cast<size_t>(hash)];
}
inline const char* HashName(Hash hash) {
  constexpr const char* names[kHashes] = {"SHA1",         "SHA2-224", "SHA2-256", "SHA2-384", "SHA2-512",
                                          "SHA2-512/256", "SHA3-224", "SHA3-256", "SHA3-384", "SHA3-512"};
  return names[static_cast<size_t>(hash)];
}

// EVP counts in int.
constexpr size_t kLargestInput = 0x7fffffff - 64;

Status Random(ByteSpan out);

// node:crypto shares the error queue of the thread and must not find our failures in it.
class ErrorQueueGuard {
 public:
  ErrorQueueGuard() { ERR_set_mark(); }
  ~ErrorQueueGuard() { ERR_pop_to_mark(); }
  ErrorQueueGuard(const ErrorQueueGuard&) = delete;
  ErrorQueueGuard& operator=(const ErrorQueueGuard&) = delete;
};

}  // namespace mortise
