#include "lease/signer_lease.h"

#include "lease/registry.h"

namespace mortise {

Result<std::unique_ptr<SignerLease>> SignerLease::Open(KeyRef key, const Scheme& scheme, SignatureForm form,
                                                       LeaseBinding binding) {
  MORTISE_TRY(signer, Signer::Make(*key, scheme, form));
  std::unique_ptr<SignerLease> lease(
      new SignerLease(std::move(key), std::move(signer), scheme, form, std::move(binding)));
  AddLease(lease.get());
  return lease;
}

void SignerLease::DropKey() {
  signer_.reset();
  key_.reset();
}

Result<Signatures> SignerLease::Sign(const std::vector<ByteView>& inputs) {
  return Use(inputs.size(), [&] { return SignAll(*signer_, inputs); });
}

Result<Signer> SignerLease::SignerFor(size_t uses) {
  return Use(uses, [&] { return Signer::Make(*key_, scheme_, form_); });
}

Result<Signatures> SignAll(Signer& signer, const std::vector<ByteView>& inputs) {
  Signatures signatures;
  signatures.reserve(inputs.size());
  for (const ByteView& input : inputs) {
    std::vector<uint8_t> signature(signer.largest());
    MORTISE_TRY(size, signer.Sign(input, {signature.data(), signature.size()}));
    signature.resize(size);
    signatures.push_back(std::move(signature));
  }
  return signatures;
}

}  // namespace mortise
