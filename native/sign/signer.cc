#include "sign/signer.h"

#include <array>

#include "common/arena.h"
#include "keys/pkey_cache.h"
#include "sign/ecdsa_form.h"

namespace mortise {
namespace {

using Digest = std::array<uint8_t, EVP_MAX_MD_SIZE>;

// The modulus of the longest key.
constexpr uint32_t kLongestSalt = 512;

Result<ByteView> DigestOf(const Scheme& scheme, SignatureForm form, ByteView input, Digest& room) {
  if (form.bare) return input;
  if (form.digested) {
    if (input.size == HashSize(scheme.hash)) return input;
    return Error{Code::kInputInvalid, "the digest is not as long as the hash of the scheme"};
  }
  unsigned int size = 0;
  if (EVP_Digest(input.data, input.size, room.data(), &size, Md(scheme.hash), nullptr) != 1) return Code::kCryptoFailed;
  return ByteView(room.data(), size);
}

int SaltOf(SignatureForm form) {
  if (form.salt) return static_cast<int>(*form.salt);
  return form.any_salt ? RSA_PSS_SALTLEN_AUTO : RSA_PSS_SALTLEN_DIGEST;
}

// PSS with MGF1 of the same hash and a salt as long as it, unless another is asked for (RFC 7518 section 3.5).
bool SetPadding(EVP_PKEY_CTX* ctx, const Scheme& scheme, SignatureForm form) {
  if (form.bare) return scheme.type != KeyType::kRsa || EVP_PKEY_CTX_set_rsa_padding(ctx, RSA_PKCS1_PADDING) == 1;
  if (EVP_PKEY_CTX_set_signature_md(ctx, Md(scheme.hash)) != 1) return false;
  if (scheme.type != KeyType::kRsa) return true;
  if (!scheme.pss) return EVP_PKEY_CTX_set_rsa_padding(ctx, RSA_PKCS1_PADDING) == 1;
  return EVP_PKEY_CTX_set_rsa_padding(ctx, RSA_PKCS1_PSS_PADDING) == 1 &&
         EVP_PKEY_CTX_set_rsa_mgf1_md(ctx, Md(scheme.hash)) == 1 &&
         EVP_PKEY_CTX_set_rsa_pss_saltlen(ctx, SaltOf(form)) == 1;
}

Result<PkeyCtxPtr> Prepare(EVP_PKEY* pkey, const Scheme& scheme, SignatureForm form, int (*init)(EVP_PKEY_CTX*)) {
  PkeyCtxPtr ctx(EVP_PKEY_CTX_new_from_pkey(nullptr, pkey, nullptr));
  if (ctx == nullptr || init(ctx.get()) != 1 || !SetPadding(ctx.get(), scheme, form)) return Code::kCryptoFailed;
  return ctx;
}

Result<bool> VerifyMessage(EVP_PKEY* pkey, ByteView message, ByteView signature) {
  const MdCtxPtr ctx(EVP_MD_CTX_new());
  if (ctx == nullptr || EVP_DigestVerifyInit_ex(ctx.get(), nullptr, nullptr, nullptr, nullptr, pkey, nullptr) != 1) {
    return Code::kCryptoFailed;
  }
  return EVP_DigestVerify(ctx.get(), signature.data, signature.size, message.data, message.size) == 1;
}

}  // namespace

Status CheckForm(const Key& key, const Scheme& scheme, SignatureForm form) {
  if (key.kind() == KeyKind::kSecret || key.type() != scheme.type || key.curve() != scheme.curve) {
    return Error{Code::kUnsupported, std::string("the key does not fit the scheme ") + scheme.name};
  }
  if (form.bare && scheme.pss) return Error{Code::kUnsupported, "PSS signs the digest of a hash that is named"};
  if (form.salt && (!scheme.pss || *form.salt > kLongestSalt)) {
    return Error{Code::kInputInvalid, "a salt has 0 to 512 bytes, and PSS alone has one"};
  }
  if (IsEdwards(scheme.type) && (form.digested || form.bare)) {
    return Error{Code::kUnsupported, "EdDSA signs messages, not digests"};
  }
  return Done{};
}

Result<Signer> Signer::Make(const Key& key, const Scheme& scheme, SignatureForm form) {
  MORTISE_CHECK(CheckForm(key, scheme, form));
  if (key.kind() != KeyKind::kPrivate) return Error{Code::kInputInvalid, "signing needs a private key"};
  Signer signer(scheme, form);
  MORTISE_TRY(pkey, ExpandedPkey(key));
  signer.pkey_ = std::move(pkey);
  signer.largest_ = static_cast<size_t>(EVP_PKEY_get_size(signer.pkey_.get()));
  if (IsEdwards(scheme.type)) return signer;
  if (scheme.type == KeyType::kEc && form.p1363) signer.largest_ = 2 * FieldSize(scheme.curve);
  MORTISE_TRY(ctx, Prepare(signer.pkey_.get(), scheme, form, EVP_PKEY_sign_init));
  signer.ctx_ = std::move(ctx);
  return signer;
}

Result<size_t> Signer::Sign(ByteView input, ByteSpan out) {
  if (out.size < largest_) return Code::kInternal;
  if (IsEdwards(scheme_.type)) return SignMessage(input, out);
  Digest room;
  MORTISE_TRY(digest, DigestOf(scheme_, form_, input, room));
  if (!in_arena()) return SignDigest(digest, out);
  return InArena([&] { return SignDigest(digest, out); });
}

Result<size_t> Signer::SignMessage(ByteView message, ByteSpan out) {
  // A fresh context each time: OpenSSL 3.5 refuses a second signature of one.
  const MdCtxPtr ctx(EVP_MD_CTX_new());
  size_t size = out.size;
  if (ctx == nullptr ||
      EVP_DigestSignInit_ex(ctx.get(), nullptr, nullptr, nullptr, nullptr, pkey_.get(), nullptr) != 1 ||
      EVP_DigestSign(ctx.get(), out.data, &size, message.data, message.size) != 1) {
    return Error{Code::kCryptoFailed, "the signature could not be made"};
  }
  return size;
}

Result<size_t> Signer::SignDigest(ByteView digest, ByteSpan out) {
  const bool convert = scheme_.type == KeyType::kEc && form_.p1363;
  EcdsaDer der;
  uint8_t* target = convert ? der.data() : out.data;
  size_t size = convert ? der.size() : out.size;
  if (EVP_PKEY_sign(ctx_.get(), target, &size, digest.data, digest.size) != 1) {
    return Error{Code::kCryptoFailed, "the signature could not be made"};
  }
  if (!convert) return size;
  MORTISE_CHECK(EcdsaDerToFixed({der.data(), size}, FieldSize(scheme_.curve), out.data));
  return largest_;
}

Result<Verifier> Verifier::Make(const Key& key, const Scheme& scheme, SignatureForm form) {
  MORTISE_CHECK(CheckForm(key, scheme, form));
  MORTISE_TRY(pkey, ExpandedPkey(key));
  return Make(std::move(pkey), scheme, form);
}

Result<Verifier> Verifier::Make(PkeyPtr pkey, const Scheme& scheme, SignatureForm form) {
  if (IsEdwards(scheme.type)) return Verifier(scheme, form, std::move(pkey), nullptr);
  MORTISE_TRY(ctx, Prepare(pkey.get(), scheme, form, EVP_PKEY_verify_init));
  return Verifier(scheme, form, std::move(pkey), std::move(ctx));
}

Result<bool> Verifier::Verify(ByteView input, ByteView signature) {
  if (IsEdwards(scheme_.type)) return VerifyMessage(pkey_.get(), input, signature);
  Digest room;
  MORTISE_TRY(digest, DigestOf(scheme_, form_, input, room));
  // RFC 8017 sections 8.1.2 and 8.2.2: OpenSSL takes a shorter one as if it began with zeros.
  if (scheme_.type == KeyType::kRsa && signature.size != static_cast<size_t>(EVP_PKEY_get_size(pkey_.get()))) {
    return false;
  }
  EcdsaDer der;
  ByteView encoded = signature;
  if (scheme_.type == KeyType::kEc && form_.p1363) {
    const size_t size = EcdsaFixedToDer(signature, FieldSize(scheme_.curve), der);
    if (size == 0) return false;
    encoded = {der.data(), size};
  }
  return EVP_PKEY_verify(ctx_.get(), encoded.data, encoded.size, digest.data, digest.size) == 1;
}

Result<bool> Verify(const Key& key, const Scheme& scheme, SignatureForm form, ByteView input, ByteView signature) {
  MORTISE_TRY(verifier, Verifier::Make(key, scheme, form));
  return verifier.Verify(input, signature);
}

}  // namespace mortise
