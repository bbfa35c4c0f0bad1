// Mechanisms of PKCS#11 by name, and those that stand for our hashes.
#pragma once

#include <string>

#include "common/ossl.h"
#include "pkcs11/cryptoki.h"

namespace mortise::pkcs11 {

#define MORTISE_MECHANISMS(row) \
  row(CKM_RSA_PKCS_KEY_PAIR_GEN, 0x0) \
  row(CKM_RSA_PKCS, 0x1) \
  row(CKM_RSA_X_509, 0x3) \
  row(CKM_SHA1_RSA_PKCS, 0x6) \
  row(CKM_RSA_PKCS_OAEP, 0x9) \
  row(CKM_RSA_X9_31_KEY_PAIR_GEN, 0xa) \
  row(CKM_RSA_PKCS_PSS, 0xd) \
  row(CKM_SHA1_RSA_PKCS_PSS, 0xe) \
  row(CKM_SHA256_RSA_PKCS, 0x40) \
  row(CKM_SHA384_RSA_PKCS, 0x41) \
  row(CKM_SHA512_RSA_PKCS, 0x42) \
  row(CKM_SHA256_RSA_PKCS_PSS, 0x43) \
  row(CKM_SHA384_RSA_PKCS_PSS, 0x44) \
  row(CKM_SHA512_RSA_PKCS_PSS, 0x45) \
  row(CKM_SHA224_RSA_PKCS, 0x46) \
  row(CKM_SHA224_RSA_PKCS_PSS, 0x47) \
  row(CKM_SHA_1, 0x220) \
  row(CKM_SHA_1_HMAC, 0x221) \
  row(CKM_SHA256, 0x250) \
  row(CKM_SHA256_HMAC, 0x251) \
  row(CKM_SHA224, 0x255) \
  row(CKM_SHA224_HMAC, 0x256) \
  row(CKM_SHA384, 0x260) \
  row(CKM_SHA384_HMAC, 0x261) \
  row(CKM_SHA512, 0x270) \
  row(CKM_SHA512_HMAC, 0x271) \
  row(CKM_SHA3_256, 0x2b0) \
  row(CKM_SHA3_256_HMAC, 0x2b1) \
  row(CKM_SHA3_224, 0x2b5) \
  row(CKM_SHA3_224_HMAC, 0x2b6) \
  row(CKM_SHA3_384, 0x2c0) \
  row(CKM_SHA3_384_HMAC, 0x2c1) \
  row(CKM_SHA3_512, 0x2d0) \
  row(CKM_SHA3_512_HMAC, 0x2d1) \
  row(CKM_GENERIC_SECRET_KEY_GEN, 0x350) \
  row(CKM_HKDF_DERIVE, 0x402a) \
  row(CKM_EC_KEY_PAIR_GEN, 0x1040) \
  row(CKM_ECDSA, 0x1041) \
  row(CKM_ECDSA_SHA1, 0x1042) \
  row(CKM_ECDSA_SHA224, 0x1043) \
  row(CKM_ECDSA_SHA256, 0x1044) \
  row(CKM_ECDSA_SHA384, 0x1045) \
  row(CKM_ECDSA_SHA512, 0x1046) \
  row(CKM_ECDH1_DERIVE, 0x1050) \
  row(CKM_ECDH1_COFACTOR_DERIVE, 0x1051) \
  row(CKM_EC_EDWARDS_KEY_PAIR_GEN, 0x1055) \
  row(CKM_EC_MONTGOMERY_KEY_PAIR_GEN, 0x1056) \
  row(CKM_EDDSA, 0x1057) \
  row(CKM_RSA_AES_KEY_WRAP, 0x1054) \
  row(CKM_AES_KEY_GEN, 0x1080) \
  row(CKM_AES_ECB, 0x1081) \
  row(CKM_AES_CBC, 0x1082) \
  row(CKM_AES_MAC, 0x1083) \
  row(CKM_AES_MAC_GENERAL, 0x1084) \
  row(CKM_AES_CBC_PAD, 0x1085) \
  row(CKM_AES_CTR, 0x1086) \
  row(CKM_AES_GCM, 0x1087) \
  row(CKM_AES_CCM, 0x1088) \
  row(CKM_AES_CMAC_GENERAL, 0x108b) \
  row(CKM_AES_CMAC, 0x108a) \
  row(CKM_AES_ECB_ENCRYPT_DATA, 0x1104) \
  row(CKM_AES_CBC_ENCRYPT_DATA, 0x1105) \
  row(CKM_AES_KEY_WRAP, 0x2109) \
  row(CKM_AES_KEY_WRAP_PAD, 0x210a) \
  row(CKM_AES_KEY_WRAP_KWP, 0x210b)

#define MORTISE_MECHANISM(name, value) constexpr CK_MECHANISM_TYPE name = value;
MORTISE_MECHANISMS(MORTISE_MECHANISM)
#undef MORTISE_MECHANISM

// In hexadecimal where it is none of these.
std::string MechanismName(CK_MECHANISM_TYPE mechanism);

struct HashMechanisms {
  Hash hash;
  CK_MECHANISM_TYPE digest;
  CK_MECHANISM_TYPE hmac;
  CK_MECHANISM_TYPE rsa;
  CK_MECHANISM_TYPE pss;
  CK_MECHANISM_TYPE ecdsa;
  CK_ULONG mgf;
};

// Null where PKCS#11 has none.
const HashMechanisms* MechanismsOf(Hash hash);

}  // namespace mortise::pkcs11
