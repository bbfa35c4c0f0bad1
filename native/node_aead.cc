// Sealing and opening with a key at hand: blobs, records and bare AES-GCM.
#include "aead/blob.h"
#include "aead/record.h"
#include "node_args.h"
#include "node_key_handle.h"

namespace mortise::node {
namespace {

// A Buffer that `open` fills, for what is `overhead` bytes shorter than the input. Nothing is allocated for an input
// that is too short to open.
template <typename Open>
Napi::Value Opened(Napi::Env env, ByteView input, size_t overhead, Open open) {
  if (input.size < overhead) Throw(env, Error{Code::kDecryptionFailed});
  Napi::Buffer<uint8_t> out = Napi::Buffer<uint8_t>::New(env, input.size - overhead);
  Demand(env, open(out.Data()));
  return out;
}

BlobCipher* BlobCipherArg(const Napi::CallbackInfo& info) {
  const KeyRef key = KeyArg(info, 0, "key");
  return Take(info.Env(), AddonOf(info.Env()).contexts->blobs.For(*key, [&] { return BlobCipher::Make(*key); }));
}

Napi::Value SealBytesWith(const Napi::CallbackInfo& info) {
  BlobCipher* cipher = BlobCipherArg(info);
  const ByteView plaintext = BytesArg(info, 1, "plaintext");
  return ToBuffer(info.Env(), Take(info.Env(), cipher->SealBytes(plaintext, BytesArg(info, 2, "aad"))));
}

Napi::Value OpenBytesWith(const Napi::CallbackInfo& info) {
  BlobCipher* cipher = BlobCipherArg(info);
  const ByteView blob = BytesArg(info, 1, "blob");
  const ByteView aad = BytesArg(info, 2, "aad");
  return Opened(info.Env(), blob, kBlobOverhead, [&](uint8_t* out) { return cipher->OpenBytes(blob, aad, out); });
}

Napi::Value SealKeyWith(const Napi::CallbackInfo& info) {
  BlobCipher* cipher = BlobCipherArg(info);
  const KeyRef target = KeyArg(info, 1, "target");
  return ToBuffer(info.Env(), Take(info.Env(), cipher->SealKey(*target, BytesArg(info, 2, "aad"))));
}

Napi::Value OpenKeyWith(const Napi::CallbackInfo& info) {
  BlobCipher* cipher = BlobCipherArg(info);
  const ByteView blob = BytesArg(info, 1, "blob");
  return KeyHandle::New(info.Env(), Take(info.Env(), cipher->OpenKey(blob, BytesArg(info, 2, "aad"))));
}

// The clear bytes, for a secret that is given out: a handle of it would be made for nothing.
Napi::Value OpenKeyBytesWith(const Napi::CallbackInfo& info) {
  BlobCipher* cipher = BlobCipherArg(info);
  const ByteView blob = BytesArg(info, 1, "blob");
  const KeyRef key = Take(info.Env(), cipher->OpenKey(blob, BytesArg(info, 2, "aad")));
  if (key->kind() != KeyKind::kSecret) Throw(info.Env(), Error{Code::kUnsupported, "the blob holds no secret"});
  return ToBuffer(info.Env(), key->material());
}

RecordCipher* RecordCipherFor(Napi::Env env, const Key& key) {
  return Take(env, AddonOf(env).contexts->records.For(key, [&] { return RecordCipher::Make(key); }));
}

Napi::Value SealRecordInto(const Napi::CallbackInfo& info) {
  const Napi::Env env = info.Env();
  const KeyRef key = KeyArg(info, 0, "key");
  const uint32_t version = Uint32Of(info[1], "keyVersion");
  const ByteView plaintext = BytesArg(info, 2, "plaintext");
  const ByteView aad = BytesArg(info, 3, "aad");
  if (plaintext.size > kLargestInput) Throw(env, Error{Code::kInputTooLarge});
  const ByteSpan out = BytesArg(info, 4, "out");
  RecordCipher* cipher = RecordCipherFor(env, *key);
  const size_t size = plaintext.size + cipher->overhead();
  if (out.size < size) Throw(env, Error{Code::kInputInvalid, "out is too small for the record"});
  Demand(env, cipher->Seal(version, plaintext, aad, out.data));
  return Napi::Number::New(env, static_cast<double>(size));
}

Napi::Value OpenRecordWith(const Napi::CallbackInfo& info) {
  const Napi::Env env = info.Env();
  const KeyRef key = KeyArg(info, 0, "key");
  const ByteView record = BytesArg(info, 1, "record");
  const ByteView aad = BytesArg(info, 2, "aad");
  RecordCipher* cipher = RecordCipherFor(env, *key);
  return Opened(env, record, cipher->overhead(), [&](uint8_t* out) { return cipher->Open(0, record, aad, out); });
}

Napi::Value GcmSealWith(const Napi::CallbackInfo& info) {
  const KeyRef key = KeyArg(info, 0, "key");
  const ByteView plaintext = BytesArg(info, 1, "plaintext");
  return ToBuffer(info.Env(), Take(info.Env(), GcmSeal(*key, plaintext, BytesArg(info, 2, "aad"))));
}

Napi::Value GcmSealWithGivenIv(const Napi::CallbackInfo& info) {
  const KeyRef key = KeyArg(info, 0, "key");
  const ByteView iv = BytesArg(info, 1, "iv");
  const ByteView plaintext = BytesArg(info, 2, "plaintext");
  return ToBuffer(info.Env(), Take(info.Env(), GcmSealWithIv(*key, iv, plaintext, BytesArg(info, 3, "aad"))));
}

Napi::Value GcmOpenWith(const Napi::CallbackInfo& info) {
  const KeyRef key = KeyArg(info, 0, "key");
  const ByteView iv = BytesArg(info, 1, "iv");
  const ByteView sealed = BytesArg(info, 2, "sealed");
  const ByteView aad = BytesArg(info, 3, "aad");
  return Opened(info.Env(), sealed, kGcmTag, [&](uint8_t* out) { return GcmOpen(*key, iv, sealed, aad, out); });
}

}  // namespace

void ExportAead(Napi::Object exports) {
  Export<SealBytesWith>(exports, "sealBytes");
  Export<OpenBytesWith>(exports, "openBytes");
  Export<SealKeyWith>(exports, "sealKey");
  Export<OpenKeyWith>(exports, "openKey");
  Export<OpenKeyBytesWith>(exports, "openKeyBytes");
  Export<SealRecordInto>(exports, "sealRecordInto");
  Export<OpenRecordWith>(exports, "openRecord");
  Export<GcmSealWith>(exports, "gcmSeal");
  Export<GcmOpenWith>(exports, "gcmOpen");
  Export<GcmSealWithGivenIv>(exports, "gcmSealWithIv");
}

}  // namespace mortise::node
