// Bare modes, CMAC and envelopes.
#include "cipher/mode.h"
#include "envelope/envelope.h"
#include "mac/cmac.h"
#include "node_args.h"
#include "node_job.h"

namespace mortise::node {
namespace {

using Bytes = std::vector<uint8_t>;

Mode ModeArg(const Napi::CallbackInfo& info, size_t index) {
  const std::string name = StringArg(info, index, "mode");
  for (const auto& [label, mode] : {std::pair{"CBC", Mode::kCbc}, std::pair{"CTR", Mode::kCtr},
                                    std::pair{"ECB", Mode::kEcb}, std::pair{"XTS", Mode::kXts},
                                    std::pair{"GCM", Mode::kGcm},
                                    std::pair{"ChaCha20-Poly1305", Mode::kChaCha20Poly1305}}) {
    if (name == label) return mode;
  }
  Throw(info.Env(), Error{Code::kUnsupported, "mode is not one of those supported"});
}

// mode, padded, tag, iv, and `aad` behind the data.
ModeParameters ParametersArg(const Napi::CallbackInfo& info) {
  const Mode mode = ModeArg(info, 1);
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

Napi::Value CmacData(const Napi::CallbackInfo& info) {
  const KeyRef key = KeyArg(info, 0, "key");
  return ToBuffer(info.Env(), Take(info.Env(), Cmac(*key, BytesArg(info, 1, "data"))));
}

KeyManagement ManagementArg(const Napi::CallbackInfo& info, size_t index) {
  const std::string name = StringArg(info, index, "management");
  if (name == "RSA-OAEP-256") return KeyManagement::kRsaOaep256;
  if (name == "AES-KW") return KeyManagement::kAesKw;
  if (name == "dir") return KeyManagement::kDirect;
  Throw(info.Env(), Error{Code::kUnsupported, "management is not one of those supported"});
}

const ContentEncryption& EncryptionArg(const Napi::CallbackInfo& info, size_t index) {
  const ContentEncryption* encryption = FindContentEncryption(StringArg(info, index, "encryption"));
  if (encryption == nullptr) Throw(info.Env(), Error{Code::kUnsupported, "encryption is not one of those supported"});
  return *encryption;
}

Napi::Value SealEnvelopeOf(const Napi::CallbackInfo& info) {
  const Napi::Env env = info.Env();
  const KeyRef key = KeyArg(info, 0, "key");
  const KeyManagement management = ManagementArg(info, 1);
  const ContentEncryption& encryption = EncryptionArg(info, 2);
  const ByteView plaintext = BytesArg(info, 3, "plaintext");
  const Envelope envelope = Take(env, SealEnvelope(*key, management, encryption, plaintext, BytesArg(info, 4, "aad")));
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

Napi::Value OpenEnvelopeOf(const Napi::CallbackInfo& info) {
  const KeyRef key = KeyArg(info, 0, "key");
  const KeyManagement management = ManagementArg(info, 1);
  const ContentEncryption& encryption = EncryptionArg(info, 2);
  const Napi::Object parts = ObjectArg(info, 3, "envelope");
  Envelope envelope{CopyOf(parts, "encryptedKey"), CopyOf(parts, "iv"), CopyOf(parts, "ciphertext"), CopyOf(parts, "tag")};
  const ByteView view = BytesArg(info, 4, "aad");
  const Bytes aad(view.data, view.data + view.size);
  return Job<Bytes>::Run(
      info.Env(),
      [key, management, &encryption, envelope = std::move(envelope), aad] {
        return OpenEnvelope(*key, management, encryption, envelope, aad);
      },
      [](Napi::Env env, Bytes& bytes) { return Plaintext(env, std::move(bytes)); });
}

}  // namespace

void ExportCipher(Napi::Object exports) {
  Export<ModeEncrypt>(exports, "modeEncrypt");
  Export<ModeDecrypt>(exports, "modeDecrypt");
  Export<CmacData>(exports, "cmac");
  Export<SealEnvelopeOf>(exports, "sealEnvelope");
  Export<OpenEnvelopeOf>(exports, "openEnvelope");
}

}  // namespace mortise::node
