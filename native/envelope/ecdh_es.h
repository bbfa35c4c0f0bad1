// Keys agreed by ECDH-ES (RFC 7518 section 4.6, RFC 8037 section 3.2): from an ephemeral key of the sender and the static one of
// the recipient, by Concat KDF with SHA-256.
#pragma once

#include "keys/key.h"

namespace mortise {

// What goes into the derivation beside the secret.
struct AgreementInfo {
  // `enc` where the agreed key encrypts the content, `alg` where it wraps a content key.
  std::string_view algorithm;
  // PartyUInfo and PartyVInfo, apu and apv of the header.
  ByteView party_u;
  ByteView party_v;
};

// A private key on the curve of a public key of P-256, P-384, P-521, X25519 or X448.
Result<KeyRef> EphemeralKey(const Key& recipient);
// `size` bytes, of the secret that the two keys agree on.
Result<SecureBytes> AgreedKey(ByteView secret, const AgreementInfo& info, size_t size);

}  // namespace mortise
