// A lease on a private key and its scheme.
#pragma once

#include <memory>
#include <optional>

#include "lease/lease.h"
#include "sign/signer.h"

namespace mortise {

// Signs inputs[from..to); the i-th signature is lengths[i] bytes in out at i times the largest length.
Status SignRange(Signer& signer, const std::vector<ByteView>& inputs, size_t from, size_t to, uint8_t* out,
                 uint32_t* lengths);

class SignerLease final : public Lease {
 public:
  static Result<std::unique_ptr<SignerLease>> Open(KeyRef key, const Scheme& scheme, SignatureForm form,
                                                   LeaseBinding binding);
  ~SignerLease() override { Unregister(); }

  size_t largest() const { return largest_; }
  // `out` has room for largest() bytes, and `lengths` for a number, for each input.
  Status Sign(const std::vector<ByteView>& inputs, uint8_t* out, uint32_t* lengths);
  // Counts the uses now, for work that runs elsewhere and that an end does not interrupt: one signer for each part of it.
  Result<std::vector<Signer>> SignersFor(size_t uses, size_t parts);

 private:
  SignerLease(KeyRef key, Signer signer, const Scheme& scheme, SignatureForm form, LeaseBinding binding)
      : Lease(std::move(binding)),
        key_(std::move(key)),
        signer_(std::move(signer)),
        largest_(signer_->largest()),
        scheme_(scheme),
        form_(form) {}
  void DropKey() override;

  KeyRef key_;
  std::optional<Signer> signer_;
  const size_t largest_;
  const Scheme scheme_;
  const SignatureForm form_;
};

}  // namespace mortise
