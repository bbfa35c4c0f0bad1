// A lease on a private key and its scheme.
#pragma once

#include <memory>
#include <optional>

#include "lease/lease.h"
#include "sign/signer.h"

namespace mortise {

using Signatures = std::vector<std::vector<uint8_t>>;

class SignerLease final : public Lease {
 public:
  static Result<std::unique_ptr<SignerLease>> Open(KeyRef key, const Scheme& scheme, SignatureForm form,
                                                   LeaseBinding binding);
  ~SignerLease() override { Unregister(); }

  size_t largest() const { return largest_; }
  Result<Signatures> Sign(const std::vector<ByteView>& inputs);
  // Counts the uses now, for work that runs elsewhere and that an end does not interrupt.
  Result<Signer> SignerFor(size_t uses);

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

Result<Signatures> SignAll(Signer& signer, const std::vector<ByteView>& inputs);

}  // namespace mortise
