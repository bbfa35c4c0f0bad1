// Signatures and MACs that the token makes and verifies.
#pragma once

#include "pkcs11/session.h"
#include "sign/signer.h"

namespace mortise::pkcs11 {

Result<std::vector<uint8_t>> Sign(Session& session, TokenKey& key, const Scheme& scheme, const SignatureForm& form, ByteView data);
// CKM_EDDSA, which Ed448 has parameters of (3.0, section 2.3.10).
CK_MECHANISM EddsaOf(KeyType type, CK_EDDSA_PARAMS& parameters);
// By a public key. False for every signature that does not verify.
Result<bool> Verify(Session& session, TokenKey& key, const Scheme& scheme, const SignatureForm& form, ByteView data,
                    ByteView signature);
// HMAC with the hash, CMAC without one.
Result<std::vector<uint8_t>> Mac(Session& session, TokenKey& key, std::optional<Hash> hash, ByteView data);

}  // namespace mortise::pkcs11
