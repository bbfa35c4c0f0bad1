#include "lease/signer_lease.h"

#include "common/arena.h"
#include "lease/registry.h"

namespace mortise {

Result<std::unique_ptr<SignerLease>> SignerLease::Open(KeyRef key, const Scheme& scheme, SignatureForm form,
                                                       LeaseBinding binding) {
  const auto make = [scheme, form](const Key& key) { return Signer::Make(key, scheme, form); };
  MORTISE_TRY(signer, make(*key));
  return std::unique_ptr<SignerLease>(
      new Registered<SignerLease>(std::move(key), std::move(signer), make, std::move(binding)));
}

Status SignerLease::Sign(const std::vector<ByteView>& inputs, uint8_t* out, uint32_t* lengths) {
  return Use(inputs.size(), [&] { return SignRange(context(), inputs, 0, inputs.size(), out, lengths); });
}

Status SignRange(Signer& signer, const std::vector<ByteView>& inputs, size_t from, size_t to, uint8_t* out,
                 uint32_t* lengths) {
  const auto all = [&]() -> Status {
    for (size_t i = from; i < to; i++) {
      MORTISE_TRY(size, signer.Sign(inputs[i], {out + i * signer.largest(), signer.largest()}));
      lengths[i] = static_cast<uint32_t>(size);
    }
    return Done{};
  };
  // One way there for all of them.
  return signer.in_arena() ? InArena(all) : all();
}

Result<std::unique_ptr<VerifierLease>> VerifierLease::Open(KeyRef key, const Scheme& scheme, SignatureForm form,
                                                           LeaseBinding binding) {
  const auto make = [scheme, form](const Key& key) { return Verifier::Make(key, scheme, form); };
  MORTISE_TRY(verifier, make(*key));
  return std::unique_ptr<VerifierLease>(
      new Registered<VerifierLease>(std::move(key), std::move(verifier), make, std::move(binding)));
}

Status VerifierLease::Verify(const std::vector<ByteView>& inputs, const std::vector<ByteView>& signatures,
                             uint8_t* status) {
  return Use(inputs.size(),
             [&] { return VerifyRange(context(), inputs, signatures, 0, inputs.size(), status); });
}

Status VerifyRange(Verifier& verifier, const std::vector<ByteView>& inputs, const std::vector<ByteView>& signatures,
                   size_t from, size_t to, uint8_t* status) {
  for (size_t i = from; i < to; i++) {
    MORTISE_TRY(valid, verifier.Verify(inputs[i], signatures[i]));
    status[i] = valid ? 1 : 0;
  }
  return Done{};
}

}  // namespace mortise
