#include "pkcs11/mechanisms.h"

#include <cstdio>

namespace mortise::pkcs11 {
namespace {

constexpr struct {
  CK_MECHANISM_TYPE value;
  const char* name;
} kNames[] = {
#define MORTISE_MECHANISM(name, value) {value, #name},
    MORTISE_MECHANISMS(MORTISE_MECHANISM)
#undef MORTISE_MECHANISM
};

constexpr HashMechanisms kHashes[] = {
    {Hash::kSha1, CKM_SHA_1, CKM_SHA_1_HMAC, CKM_SHA1_RSA_PKCS, CKM_SHA1_RSA_PKCS_PSS, CKM_ECDSA_SHA1, CKG_MGF1_SHA1},
    {Hash::kSha224, CKM_SHA224, CKM_SHA224_HMAC, CKM_SHA224_RSA_PKCS, CKM_SHA224_RSA_PKCS_PSS, CKM_ECDSA_SHA224, CKG_MGF1_SHA224},
    {Hash::kSha256, CKM_SHA256, CKM_SHA256_HMAC, CKM_SHA256_RSA_PKCS, CKM_SHA256_RSA_PKCS_PSS, CKM_ECDSA_SHA256, CKG_MGF1_SHA256},
    {Hash::kSha384, CKM_SHA384, CKM_SHA384_HMAC, CKM_SHA384_RSA_PKCS, CKM_SHA384_RSA_PKCS_PSS, CKM_ECDSA_SHA384, CKG_MGF1_SHA384},
    {Hash::kSha512, CKM_SHA512, CKM_SHA512_HMAC, CKM_SHA512_RSA_PKCS, CKM_SHA512_RSA_PKCS_PSS, CKM_ECDSA_SHA512, CKG_MGF1_SHA512},
};

}  // namespace

std::string MechanismName(CK_MECHANISM_TYPE mechanism) {
  for (const auto& row : kNames) {
    if (row.value == mechanism) return row.name;
  }
  char text[24];
  snprintf(text, sizeof text, "0x%08lx", mechanism);
  return text;
}

const HashMechanisms* MechanismsOf(Hash hash) {
  for (const HashMechanisms& row : kHashes) {
    if (row.hash == hash) return &row;
  }
  return nullptr;
}

}  // namespace mortise::pkcs11
