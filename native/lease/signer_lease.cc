#include "lease/signer_lease.h"

#include "common/arena.h"
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

Status SignerLease::Sign(const std::vector<ByteView>& inputs, uint8_t* out, uint32_t* lengths) {
  return Use(inputs.size(), [&] { return SignRange(*signer_, inputs, 0, inputs.size(), out, lengths); });
}

Result<std::vector<Signer>> SignerLease::SignersFor(size_t uses, size_t parts) {
  return Use(uses, [&]() -> Result<std::vector<Signer>> {
    std::vector<Signer> signers;
    while (signers.size() < parts) {
      MORTISE_TRY(signer, Signer::Make(*key_, scheme_, form_));
      signers.push_back(std::move(signer));
    }
    return signers;
  });
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

}  // namespace mortise
