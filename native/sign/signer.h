// Signing and verifying with one key and scheme, over a context that is kept.
#pragma once

#include <optional>

#include "sign/scheme.h"

namespace mortise {

struct SignatureForm {
  // The input is a digest of the scheme's hash.
  bool digested = false;
  // ECDSA as r and s of fixed length, as JOSE has it, and not as DER.
  bool p1363 = false;
  // The input is signed as it is, as the digest of a hash that is not named: by RSA without the name in front (PKCS #1 v1.5 of
  // RFC 8017 section 9.2 from step 3 on), by ECDSA.
  bool bare = false;
  // Bytes of the salt of PSS, in the place of those that the hash has.
  std::optional<uint32_t> salt = std::nullopt;
  // To verify: a salt of any length.
  bool any_salt = false;

  bool operator==(const SignatureForm& other) const {
    return digested == other.digested && p1363 == other.p1363 && bare == other.bare && salt == other.salt &&
           any_salt == other.any_salt;
  }
};

// For one thread at a time.
class Signer {
 public:
  static Result<Signer> Make(const Key& key, const Scheme& scheme, SignatureForm form);

  // No signature is longer.
  size_t largest() const { return largest_; }
  // What RSA works out of the primes stays with the key, and some of it on the stack.
  bool in_arena() const { return scheme_.type == KeyType::kRsa; }
  // `out` has room for largest() bytes. Answers the length.
  Result<size_t> Sign(ByteView input, ByteSpan out);

 private:
  Signer(Scheme scheme, SignatureForm form) : scheme_(scheme), form_(form) {}
  Result<size_t> SignMessage(ByteView message, ByteSpan out);
  Result<size_t> SignDigest(ByteView digest, ByteSpan out);

  Scheme scheme_;
  SignatureForm form_;
  size_t largest_ = 0;
  PkeyPtr pkey_;
  PkeyCtxPtr ctx_;
};

// For one thread at a time.
class Verifier {
 public:
  // `key` is public or private.
  static Result<Verifier> Make(const Key& key, const Scheme& scheme, SignatureForm form);
  // The caller knows that the key fits.
  static Result<Verifier> Make(PkeyPtr pkey, const Scheme& scheme, SignatureForm form);

  // False for every signature that does not verify; an error for an input that nobody could have signed.
  Result<bool> Verify(ByteView input, ByteView signature);

 private:
  Verifier(Scheme scheme, SignatureForm form, PkeyPtr pkey, PkeyCtxPtr ctx)
      : scheme_(scheme), form_(form), pkey_(std::move(pkey)), ctx_(std::move(ctx)) {}

  Scheme scheme_;
  SignatureForm form_;
  PkeyPtr pkey_;
  // Null for EdDSA.
  PkeyCtxPtr ctx_;
};

Result<bool> Verify(const Key& key, const Scheme& scheme, SignatureForm form, ByteView input, ByteView signature);
Status CheckForm(const Key& key, const Scheme& scheme, SignatureForm form);

}  // namespace mortise
