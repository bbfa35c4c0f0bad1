#include "kdf/agree.h"

#include "keys/pkey_cache.h"

namespace mortise {

Result<SecureBytes> SharedSecret(EVP_PKEY* own, EVP_PKEY* peer) {
  const PkeyCtxPtr ctx(EVP_PKEY_CTX_new_from_pkey(nullptr, own, nullptr));
  if (ctx == nullptr || EVP_PKEY_derive_init(ctx.get()) != 1) return Code::kCryptoFailed;
  if (EVP_PKEY_parameters_eq(own, peer) != 1 || EVP_PKEY_derive_set_peer_ex(ctx.get(), peer, 1) != 1) {
    return Error{Code::kKeyInvalid, "the public key of the peer is not one of the same curve"};
  }
  size_t size = 0;
  if (EVP_PKEY_derive(ctx.get(), nullptr, &size) != 1) return Code::kCryptoFailed;
  MORTISE_TRY(secret, SecureBytes::Make(size));
  if (EVP_PKEY_derive(ctx.get(), secret.data(), &size) != 1) {
    return Error{Code::kKeyInvalid, "the public key of the peer leads to no secret: it is a point of small order"};
  }
  secret.Truncate(size);
  return secret;
}

Result<SecureBytes> Agree(const Key& own, const Key& peer) {
  if (own.kind() != KeyKind::kPrivate || peer.kind() != KeyKind::kPublic) {
    return Error{Code::kInputInvalid, "keys are agreed from a private key and the public key of a peer"};
  }
  if (own.type() != KeyType::kEc && !IsMontgomery(own.type())) {
    return Error{Code::kUnsupported, "only keys of EC, X25519 and X448 agree on secrets"};
  }
  if (peer.type() != own.type() || peer.curve() != own.curve()) {
    return Error{Code::kKeyInvalid, "the public key of the peer is not one of the same curve"};
  }
  MORTISE_TRY(own_pkey, ExpandedPkey(own));
  MORTISE_TRY(peer_pkey, ExpandedPkey(peer));
  return SharedSecret(own_pkey.get(), peer_pkey.get());
}

}  // namespace mortise
