#include "kdf/agree.h"

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

}  // namespace mortise
