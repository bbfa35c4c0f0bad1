// Signing and verifying with a key at hand.
#include "node_args.h"
#include "node_job.h"

namespace mortise::node {
namespace {

using Signature = std::vector<uint8_t>;

Result<Signature> Signed(Signer& signer, ByteView data) {
  Signature signature(signer.largest());
  MORTISE_TRY(size, signer.Sign(data, {signature.data(), signature.size()}));
  signature.resize(size);
  return signature;
}

Napi::Value Sign(const Napi::CallbackInfo& info) {
  const KeyRef key = KeyArg(info, 0, "key");
  const Scheme& scheme = SchemeArg(info, 1);
  const SignatureForm form = FormArg(info, 3);
  const auto make = [&] { return Signer::Make(*key, scheme, form); };
  Signer* signer = Take(info.Env(), AddonOf(info.Env()).contexts->signers.For(*key, make, &scheme, form));
  return ToBuffer(info.Env(), Take(info.Env(), Signed(*signer, BytesArg(info, 2, "data"))));
}

Napi::Value SignAsync(const Napi::CallbackInfo& info) {
  const KeyRef key = KeyArg(info, 0, "key");
  const Scheme& scheme = SchemeArg(info, 1);
  const SignatureForm form = FormArg(info, 3);
  const ByteView bytes = BytesArg(info, 2, "data");
  const std::vector<uint8_t> data(bytes.data, bytes.data + bytes.size);
  return Job<Signature>::Run(
      info.Env(),
      [key, &scheme, form, data]() -> Result<Signature> {
        MORTISE_TRY(signer, Signer::Make(*key, scheme, form));
        return Signed(signer, data);
      },
      [](Napi::Env env, Signature& signature) { return ToBuffer(env, signature); });
}

Napi::Value VerifySignature(const Napi::CallbackInfo& info) {
  const KeyRef key = KeyArg(info, 0, "key");
  const Scheme& scheme = SchemeArg(info, 1);
  const SignatureForm form = FormArg(info, 4);
  const ByteView data = BytesArg(info, 2, "data");
  const ByteView signature = BytesArg(info, 3, "signature");
  const auto make = [&] { return Verifier::Make(*key, scheme, form); };
  Verifier* verifier = Take(info.Env(), AddonOf(info.Env()).contexts->verifiers.For(*key, make, &scheme, form));
  return Napi::Boolean::New(info.Env(), Take(info.Env(), verifier->Verify(data, signature)));
}

}  // namespace

void ExportSign(Napi::Object exports) {
  Export<Sign>(exports, "sign");
  Export<SignAsync>(exports, "signAsync");
  Export<VerifySignature>(exports, "verify");
}

}  // namespace mortise::node
