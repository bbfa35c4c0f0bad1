// Key wrapping and RSA-OAEP.
#include "node_args.h"
#include "node_job.h"
#include "node_key_handle.h"
#include "rsa/oaep.h"
#include "wrap/keywrap.h"

namespace mortise::node {
namespace {

WrapMode ModeArg(const Napi::CallbackInfo& info, size_t index) {
  const std::string mode = StringArg(info, index, "mode");
  if (mode == "AES-KW") return WrapMode::kKw;
  if (mode == "AES-KWP") return WrapMode::kKwp;
  if (mode == "AES-GCM") return WrapMode::kGcm;
  if (mode == "RSA-OAEP-256") return WrapMode::kOaep;
  Throw(info.Env(), Error{Code::kUnsupported, "mode is not one of those supported"});
}

WrapEncoding EncodingArg(const Napi::CallbackInfo& info, size_t index) {
  if (info[index].IsUndefined()) return WrapEncoding::kNone;
  const std::string encoding = StringArg(info, index, "encoding");
  if (encoding == "none") return WrapEncoding::kNone;
  if (encoding == "ttlv") return WrapEncoding::kTtlv;
  Throw(info.Env(), Error{Code::kUnsupported, "encoding is not one of those supported"});
}

Napi::Value Wrap(const Napi::CallbackInfo& info) {
  const KeyRef key = KeyArg(info, 0, "key");
  const KeyRef target = KeyArg(info, 1, "target");
  return ToBuffer(info.Env(), Take(info.Env(), WrapKey(*key, *target, ModeArg(info, 2), EncodingArg(info, 3))));
}

Napi::Value Unwrap(const Napi::CallbackInfo& info) {
  const KeyRef key = KeyArg(info, 0, "key");
  const WrapMode mode = ModeArg(info, 2);
  const KeyKind kind = KeyKindArg(info, 3);
  const KeyType type = KeyTypeArg(info, 4);
  const ByteView blob = BytesArg(info, 1, "blob");
  return KeyHandle::New(info.Env(), Take(info.Env(), UnwrapKey(*key, blob, mode, kind, type)));
}

// No blob is larger, so no more is copied.
constexpr size_t kLargestBlob = 32 * 1024;

Napi::Value UnwrapAsync(const Napi::CallbackInfo& info) {
  const KeyRef key = KeyArg(info, 0, "key");
  const WrapMode mode = ModeArg(info, 2);
  const KeyKind kind = KeyKindArg(info, 3);
  const KeyType type = KeyTypeArg(info, 4);
  const ByteView bytes = BytesArg(info, 1, "blob");
  const WrapEncoding encoding = EncodingArg(info, 5);
  if (bytes.size > kLargestBlob) Throw(info.Env(), Error{Code::kDecryptionFailed});
  const std::vector<uint8_t> blob(bytes.data, bytes.data + bytes.size);
  return Job<KeyRef>::Run(
      info.Env(), [key, blob, mode, kind, type, encoding] { return UnwrapKey(*key, blob, mode, kind, type, encoding); },
      [](Napi::Env env, KeyRef& unwrapped) { return KeyHandle::New(env, std::move(unwrapped)); });
}

// No label that anybody needs is longer.
constexpr size_t kLongestLabel = 1024;

// (hash, hash of the mask, label)
Oaep OaepArg(const Napi::CallbackInfo& info, size_t index) {
  const ByteView label = BytesArg(info, index + 2, "label");
  if (label.size > kLongestLabel) {
    Throw(info.Env(), Error{Code::kInputTooLarge, "the label of RSA-OAEP is longer than 1,024 bytes"});
  }
  return {HashArg(info, index), HashArg(info, index + 1), label};
}

Napi::Value Encrypt(const Napi::CallbackInfo& info) {
  const KeyRef key = KeyArg(info, 0, "key");
  const Oaep oaep = OaepArg(info, 2);
  return ToBuffer(info.Env(), Take(info.Env(), OaepEncrypt(*key, oaep, BytesArg(info, 1, "plaintext"))));
}

Napi::Value Decrypt(const Napi::CallbackInfo& info) {
  const KeyRef key = KeyArg(info, 0, "key");
  const Oaep oaep = OaepArg(info, 2);
  const std::vector<uint8_t> label(oaep.label.data, oaep.label.data + oaep.label.size);
  const ByteView bytes = BytesArg(info, 1, "ciphertext");
  // No more is ever opened, so no more is copied.
  if (bytes.size > 1024) Throw(info.Env(), Error{Code::kDecryptionFailed});
  const std::vector<uint8_t> ciphertext(bytes.data, bytes.data + bytes.size);
  return Job<std::shared_ptr<SecureBytes>>::Run(
      info.Env(),
      [key, oaep, label, ciphertext]() -> Result<std::shared_ptr<SecureBytes>> {
        MORTISE_TRY(plaintext, OaepDecrypt(*key, {oaep.hash, oaep.mask, label}, ciphertext));
        return std::make_shared<SecureBytes>(std::move(plaintext));
      },
      [](Napi::Env env, std::shared_ptr<SecureBytes>& plaintext) { return ToBuffer(env, plaintext->view()); });
}

}  // namespace

void ExportWrap(Napi::Object exports) {
  Export<Wrap>(exports, "wrapKey");
  Export<Unwrap>(exports, "unwrapKey");
  Export<UnwrapAsync>(exports, "unwrapKeyAsync");
  Export<Encrypt>(exports, "oaepEncrypt");
  Export<Decrypt>(exports, "oaepDecrypt");
}

}  // namespace mortise::node
