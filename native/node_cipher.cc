// Bare modes and envelopes.
#include "cipher/mode.h"
#include "envelope/ecdh_es.h"
#include "envelope/envelope.h"
#include "formats/jwk.h"
#include "keys/asymmetric.h"
#include "node_args.h"
#include "node_job.h"
#include "node_key_handle.h"

namespace mortise::node {
namespace {

using Bytes = std::vector<uint8_t>;

constexpr napi_type_tag kModeStreamTag = {0x6d6f7274697365, 0x6d6f64652073};

// mode, padded, tag, iv, and `aad` behind the data.
ModeParameters ParametersArg(const Napi::CallbackInfo& info) {
  const Mode mode = ModeNamed(info.Env(), StringArg(info, 1, "mode"));
  if (!info[2].IsBoolean()) Invalid(info.Env(), "padded must be true or false");
  return {mode, info[2].As<Napi::Boolean>(), Uint32Of(info[3], "tag"), BytesArg(info, 4, "iv"), BytesArg(info, 6, "aad")};
}

// The copy in the core's own memory is wiped.
Napi::Value Plaintext(Napi::Env env, Bytes bytes) {
  const Napi::Value buffer = ToBuffer(env, bytes);
  OPENSSL_cleanse(bytes.data(), bytes.size());
  return buffer;
}

Napi::Value ModeEncrypt(const Napi::CallbackInfo& info) {
  const KeyRef key = KeyArg(info, 0, "key");
  const ModeParameters parameters = ParametersArg(info);
  return ToBuffer(info.Env(), Take(info.Env(), EncryptInMode(*key, parameters, BytesArg(info, 5, "data"))));
}

Napi::Value ModeDecrypt(const Napi::CallbackInfo& info) {
  const KeyRef key = KeyArg(info, 0, "key");
  const ModeParameters parameters = ParametersArg(info);
  return Plaintext(info.Env(), Take(info.Env(), DecryptInMode(*key, parameters, BytesArg(info, 5, "data"))));
}

// The handle of a stream is an external value, which is nothing to JavaScript but what it gives back.
using StreamRef = Napi::External<ModeStream>;

// (key, mode, padded, tag, iv, encrypt, aad)
Napi::Value OpenModeStream(const Napi::CallbackInfo& info) {
  const KeyRef key = KeyArg(info, 0, "key");
  const ModeParameters parameters = ParametersArg(info);
  const bool encrypt = info[5].ToBoolean();
  std::unique_ptr<ModeStream> stream = Take(info.Env(), ModeStream::Make(*key, parameters, encrypt));
  const StreamRef handle = StreamRef::New(info.Env(), stream.get(), [](Napi::Env, ModeStream* dropped) { delete dropped; });
  stream.release();
  handle.TypeTag(&kModeStreamTag);
  return handle;
}

ModeStream& StreamArg(const Napi::CallbackInfo& info) {
  if (!info[0].IsExternal() || !info[0].As<StreamRef>().CheckTypeTag(&kModeStreamTag)) {
    Invalid(info.Env(), "stream must be one of openModeStream");
  }
  return *info[0].As<StreamRef>().Data();
}

Napi::Value ModeStreamUpdate(const Napi::CallbackInfo& info) {
  ModeStream& stream = StreamArg(info);
  return Plaintext(info.Env(), Take(info.Env(), stream.Update(BytesArg(info, 1, "part"))));
}

Napi::Value ModeStreamFinal(const Napi::CallbackInfo& info) {
  return Plaintext(info.Env(), Take(info.Env(), StreamArg(info).Final()));
}

KeyManagement ManagementArg(const Napi::CallbackInfo& info, size_t index) {
  const std::string name = StringArg(info, index, "management");
  for (const auto& [label, management] :
       {std::pair{"RSA-OAEP-256", KeyManagement::kRsaOaep256}, std::pair{"AES-KW", KeyManagement::kAesKw},
        std::pair{"dir", KeyManagement::kDirect}, std::pair{"ECDH-ES", KeyManagement::kEcdhEs},
        std::pair{"ECDH-ES+A128KW", KeyManagement::kEcdhEsA128Kw},
        std::pair{"ECDH-ES+A192KW", KeyManagement::kEcdhEsA192Kw},
        std::pair{"ECDH-ES+A256KW", KeyManagement::kEcdhEsA256Kw}}) {
    if (name == label) return management;
  }
  Throw(info.Env(), Error{Code::kUnsupported, "management is not one of those supported"});
}

// The private key, and the JWK of its public one.
Napi::Value EphemeralKeyFor(const Napi::CallbackInfo& info) {
  const Napi::Env env = info.Env();
  KeyRef key = Take(env, EphemeralKey(*KeyArg(info, 0, "recipient")));
  const KeyRef public_key = Take(env, ImportPublic(Take(env, SpkiOf(*key))));
  const SecureBytes jwk = Take(env, ToJwk(*public_key));
  Napi::Object result = Napi::Object::New(env);
  result.Set("publicJwk", ToBuffer(env, jwk.view()));
  result.Set("privateKey", KeyHandle::New(env, std::move(key)));
  return result;
}

Napi::Value SealEnvelopeOf(const Napi::CallbackInfo& info) {
  const Napi::Env env = info.Env();
  const KeyRef key = KeyArg(info, 0, "key");
  const KeyManagement management = ManagementArg(info, 1);
  const ContentEncryption& encryption = EncryptionArg(info, 2);
  const KeyRef ephemeral = IsAgreement(management) ? KeyArg(info, 5, "ephemeral") : nullptr;
  const ByteView plaintext = BytesArg(info, 3, "plaintext");
  const ByteView aad = BytesArg(info, 4, "aad");
  const ByteView iv = info[6].IsUndefined() ? ByteView{} : BytesArg(info, 6, "iv");
  const Envelope envelope = Take(env, SealEnvelope(*key, management, encryption, plaintext, aad, ephemeral.get(), iv));
  Napi::Object result = Napi::Object::New(env);
  result.Set("encryptedKey", ToBuffer(env, envelope.encrypted_key));
  result.Set("iv", ToBuffer(env, envelope.iv));
  result.Set("ciphertext", ToBuffer(env, envelope.ciphertext));
  result.Set("tag", ToBuffer(env, envelope.tag));
  return result;
}

Bytes CopyOf(Napi::Object object, const char* name) {
  const ByteView bytes = BytesOf(object.Get(name), name);
  return {bytes.data, bytes.data + bytes.size};
}

Sender SenderArg(const Napi::CallbackInfo& info, size_t index) {
  const Napi::Object said = ObjectArg(info, index, "sender");
  return {CopyOf(said, "epk"), CopyOf(said, "apu"), CopyOf(said, "apv")};
}

// (key, management, encryption, envelope, aad, sender), where the first is the key of the recipient or what stands for it.
template <typename Open>
Napi::Value OpenWith(const Napi::CallbackInfo& info, Open open) {
  const KeyManagement management = ManagementArg(info, 1);
  const ContentEncryption& encryption = EncryptionArg(info, 2);
  Envelope envelope = EnvelopeArg(info, 3);
  const ByteView view = BytesArg(info, 4, "aad");
  const Bytes aad(view.data, view.data + view.size);
  Sender sender;
  if (IsAgreement(management)) sender = SenderArg(info, 5);
  return Job<Bytes>::Run(
      info.Env(),
      [open, management, &encryption, envelope = std::move(envelope), aad, sender = std::move(sender)] {
        return open(management, encryption, envelope, aad, sender);
      },
      [](Napi::Env env, Bytes& bytes) { return Plaintext(env, std::move(bytes)); });
}

Napi::Value OpenEnvelopeOf(const Napi::CallbackInfo& info) {
  return OpenWith(info, [key = KeyArg(info, 0, "key")](const auto&... with) { return OpenEnvelope(*key, with...); });
}

Napi::Value OpenAgreedEnvelopeOf(const Napi::CallbackInfo& info) {
  const KeyRef secret = KeyArg(info, 0, "secret");
  if (secret->kind() != KeyKind::kSecret) Invalid(info.Env(), "secret must be a secret key");
  return OpenWith(info, [secret](const auto&... with) { return OpenAgreedEnvelope(*secret, with...); });
}

// SubjectPublicKeyInfo.
Napi::Value SenderSpki(const Napi::CallbackInfo& info) {
  return ToBuffer(info.Env(), Take(info.Env(), SenderKey(SenderArg(info, 0)))->material());
}

}  // namespace

void ExportCipher(Napi::Object exports) {
  Export<ModeEncrypt>(exports, "modeEncrypt");
  Export<ModeDecrypt>(exports, "modeDecrypt");
  Export<OpenModeStream>(exports, "openModeStream");
  Export<ModeStreamUpdate>(exports, "modeStreamUpdate");
  Export<ModeStreamFinal>(exports, "modeStreamFinal");
  Export<EphemeralKeyFor>(exports, "ephemeralKey");
  Export<SealEnvelopeOf>(exports, "sealEnvelope");
  Export<OpenEnvelopeOf>(exports, "openEnvelope");
  Export<OpenAgreedEnvelopeOf>(exports, "openAgreedEnvelope");
  Export<SenderSpki>(exports, "senderSpki");
}

}  // namespace mortise::node
