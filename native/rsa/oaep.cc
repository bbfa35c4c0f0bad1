// The decoding alone is to be had from OpenSSL by a function that it calls deprecated.
#define OPENSSL_SUPPRESS_DEPRECATED

#include "rsa/oaep.h"

#include "common/arena.h"
#include "keys/pkey_cache.h"

namespace mortise {
namespace {

// The context takes over what it is given.
bool SetLabel(EVP_PKEY_CTX* ctx, ByteView label) {
  if (label.size == 0) return true;
  void* copy = OPENSSL_memdup(label.data, label.size);
  if (copy == nullptr) return false;
  if (EVP_PKEY_CTX_set0_rsa_oaep_label(ctx, copy, static_cast<int>(label.size)) == 1) return true;
  OPENSSL_free(copy);
  return false;
}

Result<PkeyCtxPtr> Prepare(EVP_PKEY* pkey, const Oaep& oaep, int (*init)(EVP_PKEY_CTX*)) {
  PkeyCtxPtr ctx(EVP_PKEY_CTX_new_from_pkey(nullptr, pkey, nullptr));
  if (ctx == nullptr || init(ctx.get()) != 1 ||
      EVP_PKEY_CTX_set_rsa_padding(ctx.get(), RSA_PKCS1_OAEP_PADDING) != 1 ||
      EVP_PKEY_CTX_set_rsa_oaep_md(ctx.get(), Md(oaep.hash)) != 1 ||
      EVP_PKEY_CTX_set_rsa_mgf1_md(ctx.get(), Md(oaep.mask)) != 1 || !SetLabel(ctx.get(), oaep.label)) {
    return Code::kCryptoFailed;
  }
  return ctx;
}

}  // namespace

Result<std::vector<uint8_t>> OaepEncrypt(const Key& key, const Oaep& oaep, ByteView plaintext) {
  if (key.type() != KeyType::kRsa) return Error{Code::kUnsupported, "RSA-OAEP needs an RSA key"};
  MORTISE_TRY(pkey, ExpandedPkey(key));
  const auto modulus = static_cast<size_t>(EVP_PKEY_get_size(pkey.get()));
  if (plaintext.size + 2 * HashSize(oaep.hash) + 2 > modulus) {
    return Error{Code::kInputTooLarge, "the plaintext is too long for RSA-OAEP with this key and hash"};
  }
  MORTISE_TRY(ctx, Prepare(pkey.get(), oaep, EVP_PKEY_encrypt_init));
  std::vector<uint8_t> out(modulus);
  size_t size = out.size();
  if (EVP_PKEY_encrypt(ctx.get(), out.data(), &size, plaintext.data, plaintext.size) != 1 || size != modulus) {
    return Code::kCryptoFailed;
  }
  return out;
}

Result<SecureBytes> OaepDecrypt(const Key& key, const Oaep& oaep, ByteView ciphertext) {
  if (key.type() != KeyType::kRsa || key.kind() != KeyKind::kPrivate) {
    return Error{Code::kUnsupported, "RSA-OAEP decryption needs a private RSA key"};
  }
  MORTISE_TRY(pkey, ExpandedPkey(key));
  MORTISE_TRY(ctx, Prepare(pkey.get(), oaep, EVP_PKEY_decrypt_init));
  MORTISE_TRY(out, SecureBytes::Make(static_cast<size_t>(EVP_PKEY_get_size(pkey.get()))));
  size_t size = out.size();
  // Others than the length of the modulus are refused here, lest OpenSSL pads short ones.
  if (ciphertext.size != out.size()) return Code::kDecryptionFailed;
  // As of signatures.
  const bool decrypted = InArena([&] {
    return EVP_PKEY_decrypt(ctx.get(), out.data(), &size, ciphertext.data, ciphertext.size) == 1;
  });
  if (!decrypted) return Code::kDecryptionFailed;
  out.Truncate(size);
  return out;
}

Result<SecureBytes> OaepUnpad(const Oaep& oaep, ByteView block) {
  MORTISE_TRY(out, SecureBytes::Make(block.size));
  const int size = RSA_padding_check_PKCS1_OAEP_mgf1(
      out.data(), static_cast<int>(out.size()), block.data, static_cast<int>(block.size), static_cast<int>(block.size),
      oaep.label.data, static_cast<int>(oaep.label.size), Md(oaep.hash), Md(oaep.mask));
  if (size < 0) return Code::kDecryptionFailed;
  out.Truncate(static_cast<size_t>(size));
  return out;
}

}  // namespace mortise
