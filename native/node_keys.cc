// Making, importing and exporting keys.
#include "kdf/kdf.h"
#include "keys/asymmetric.h"
#include "keys/secret.h"

#include "node_args.h"
#include "node_job.h"
#include "node_key_handle.h"

namespace mortise::node {
namespace {

Napi::Value Generate(const Napi::CallbackInfo& info) {
  const uint32_t bits = Uint32Of(info[1], "bits");
  return KeyHandle::New(info.Env(), Take(info.Env(), GenerateSecret(KeyTypeArg(info, 0), bits)));
}

Job<KeyPair>::Work PairMaker(const Napi::CallbackInfo& info) {
  const KeyType type = KeyTypeArg(info, 0);
  switch (type) {
    case KeyType::kRsa: return [bits = Uint32Of(info[1], "parameter")] { return GenerateRsa(bits); };
    case KeyType::kEc: return [curve = CurveNamed(info.Env(), StringArg(info, 1, "curve"))] { return GenerateEc(curve); };
    case KeyType::kEd25519:
    case KeyType::kEd448:
    case KeyType::kX25519:
    case KeyType::kX448: return [type] { return GenerateOnCurve(type); };
    default: Invalid(info.Env(), "a key of this type does not come in a pair");
  }
}

Napi::Value GeneratePair(const Napi::CallbackInfo& info) {
  return Job<KeyPair>::Run(info.Env(), PairMaker(info), [](Napi::Env env, KeyPair& pair) -> Napi::Value {
    Napi::Object result = Napi::Object::New(env);
    result.Set("privateKey", KeyHandle::New(env, std::move(pair.private_key)));
    result.Set("publicKey", ToBuffer(env, pair.spki));
    return result;
  });
}

Napi::Value ImportSecretKey(const Napi::CallbackInfo& info) {
  const KeyType type = KeyTypeArg(info, 0);
  return KeyHandle::New(info.Env(), Take(info.Env(), ImportSecret(type, BytesArg(info, 1, "bytes"))));
}

Napi::Value ImportPrivateKey(const Napi::CallbackInfo& info) {
  return KeyHandle::New(info.Env(), Take(info.Env(), ImportPrivate(BytesArg(info, 0, "pkcs8"))));
}

Napi::Value ImportPublicKey(const Napi::CallbackInfo& info) {
  return KeyHandle::New(info.Env(), Take(info.Env(), ImportPublic(BytesArg(info, 0, "spki"))));
}

Napi::Value ExportKeyBytes(const Napi::CallbackInfo& info) {
  return ToBuffer(info.Env(), KeyArg(info, 0, "key")->material());
}

Napi::Value PublicKeyOf(const Napi::CallbackInfo& info) {
  return ToBuffer(info.Env(), Take(info.Env(), SpkiOf(*KeyArg(info, 0, "key"))));
}

Napi::Value Derive(const Napi::CallbackInfo& info) {
  const KeyRef key = KeyArg(info, 0, "key");
  const std::string label = StringArg(info, 1, "label");
  const KeyType type = KeyTypeArg(info, 2);
  return KeyHandle::New(info.Env(), Take(info.Env(), DeriveSecret(*key, ByteView(std::string_view(label)), type)));
}

}  // namespace

void ExportKeys(Napi::Object exports) {
  AddonOf(exports.Env()).key_handle = Napi::Persistent(KeyHandle::Define(exports.Env()));
  Export<Generate>(exports, "generateSecret");
  Export<GeneratePair>(exports, "generateKeyPair");
  Export<ImportSecretKey>(exports, "importSecret");
  Export<ImportPrivateKey>(exports, "importPrivate");
  Export<ImportPublicKey>(exports, "importPublic");
  Export<ExportKeyBytes>(exports, "exportKey");
  Export<PublicKeyOf>(exports, "publicKeyOf");
  Export<Derive>(exports, "deriveSecret");
}

}  // namespace mortise::node
