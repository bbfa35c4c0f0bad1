// Leases on a signing key and its scheme, to sign and to verify.
#pragma once

#include <memory>

#include "lease/context_lease.h"
#include "sign/signer.h"

namespace mortise {

// Signs inputs[from..to); the i-th signature is lengths[i] bytes in out at i times the largest length.
Status SignRange(Signer& signer, const std::vector<ByteView>& inputs, size_t from, size_t to, uint8_t* out,
                 uint32_t* lengths);

class SignerLease : public ContextLease<Signer> {
 public:
  static Result<std::unique_ptr<SignerLease>> Open(KeyRef key, const Scheme& scheme, SignatureForm form,
                                                   LeaseBinding binding);

  size_t largest() const { return largest_; }
  // `out` has room for largest() bytes, and `lengths` for a number, for each input.
  Status Sign(const std::vector<ByteView>& inputs, uint8_t* out, uint32_t* lengths);

 protected:
  SignerLease(KeyRef key, Signer signer, Make make, LeaseBinding binding)
      : ContextLease(std::move(key), std::move(signer), std::move(make), std::move(binding)),
        largest_(context().largest()) {}

 private:
  const size_t largest_;
};

// Verifies signatures[from..to), each of its input; status[i] is 1 where the i-th is valid and 0 where it is not.
Status VerifyRange(Verifier& verifier, const std::vector<ByteView>& inputs, const std::vector<ByteView>& signatures,
                   size_t from, size_t to, uint8_t* status);

class VerifierLease : public ContextLease<Verifier> {
 public:
  static Result<std::unique_ptr<VerifierLease>> Open(KeyRef key, const Scheme& scheme, SignatureForm form,
                                                     LeaseBinding binding);

  // There are as many signatures as inputs, and `status` has a byte for each.
  Status Verify(const std::vector<ByteView>& inputs, const std::vector<ByteView>& signatures, uint8_t* status);

 protected:
  using ContextLease::ContextLease;
};

}  // namespace mortise
