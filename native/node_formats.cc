// Keys from and to the formats of others, on another thread: checks of RSA and passwords take time.
#include "formats/encoding.h"
#include "formats/keystore.h"
#include "formats/pkcs12.h"
#include "formats/transparent.h"
#include "mac/hash.h"
#include "node_args.h"
#include "node_job.h"
#include "node_key_handle.h"

namespace mortise::node {
namespace {

// A promise's copy of bytes that may be of a key.
using Secret = std::shared_ptr<SecureBytes>;

Secret CopyOf(Napi::Env env, ByteView bytes) {
  return std::make_shared<SecureBytes>(Take(env, SecureBytes::Copy(bytes)));
}

KeyFormat FormatNamed(Napi::Env env, const std::string& name) {
  static constexpr std::pair<const char*, KeyFormat> kFormats[] = {
      {"raw", KeyFormat::kRaw},   {"pkcs1", KeyFormat::kPkcs1}, {"pkcs8", KeyFormat::kPkcs8},
      {"sec1", KeyFormat::kSec1}, {"spki", KeyFormat::kSpki},   {"jwk", KeyFormat::kJwk}};
  for (const auto& [label, format] : kFormats) {
    if (name == label) return format;
  }
  Throw(env, Error{Code::kUnsupported, "format is not one of those supported"});
}

std::optional<std::string> OptionalText(Napi::Object object, const char* name) {
  const Napi::Value value = object.Get(name);
  if (value.IsUndefined()) return std::nullopt;
  if (!value.IsString()) Invalid(object.Env(), std::string(name) + " must be a string");
  return value.As<Napi::String>().Utf8Value();
}

Secret PasswordOf(Napi::Value value) {
  const ByteView bytes = BytesOf(value, "password");
  if (bytes.size > 1024) Throw(value.Env(), Error{Code::kInputTooLarge, "the password is longer than 1,024 bytes"});
  return CopyOf(value.Env(), bytes);
}

Secret OptionalPassword(Napi::Object object) {
  const Napi::Value value = object.Get("password");
  return value.IsUndefined() ? nullptr : PasswordOf(value);
}

std::optional<ByteView> ViewOf(const Secret& secret) {
  if (secret == nullptr) return std::nullopt;
  return secret->view();
}

Napi::Value Import(const Napi::CallbackInfo& info) {
  const Napi::Env env = info.Env();
  const Napi::Object options = ObjectArg(info, 1, "options");
  const std::optional<std::string> format = OptionalText(options, "format");
  ImportOptions wanted;
  if (format) wanted.format = FormatNamed(env, *format);
  const std::optional<std::string> type = OptionalText(options, "secretType");
  if (type) wanted.secret_type = KeyTypeNamed(env, *type);
  const Secret password = OptionalPassword(options);
  const ByteView bytes = BytesArg(info, 0, "bytes");
  // No more is ever taken, so no more is copied.
  if (bytes.size > kLargestEncoding) {
    Throw(env, Error{Code::kInputTooLarge, "key material may have 16,384 bytes at most"});
  }
  const Secret input = CopyOf(env, bytes);
  return Job<KeyRef>::Run(
      env,
      [wanted, input, password]() mutable {
        wanted.password = ViewOf(password);
        return ImportEncoded(input->view(), wanted);
      },
      [](Napi::Env env, KeyRef& key) { return KeyHandle::New(env, std::move(key)); });
}

Napi::Value ExportAs(const Napi::CallbackInfo& info) {
  const Napi::Env env = info.Env();
  const KeyRef key = KeyArg(info, 0, "key");
  ExportOptions wanted;
  wanted.format = FormatNamed(env, StringArg(info, 1, "format"));
  const Napi::Object options = ObjectArg(info, 2, "options");
  wanted.pem = OptionalText(options, "encoding").value_or("der") == "pem";
  const Secret password = OptionalPassword(options);
  return Job<Secret>::Run(
      env,
      [key, wanted, password]() mutable -> Result<Secret> {
        wanted.password = ViewOf(password);
        MORTISE_TRY(encoded, ExportEncoded(*key, wanted));
        return std::make_shared<SecureBytes>(std::move(encoded));
      },
      [](Napi::Env env, Secret& encoded) { return ToBuffer(env, encoded->view()); });
}

// What a key is told apart by, without its bytes: also in a format that it does not leave in.
Napi::Value DigestOf(const Napi::CallbackInfo& info) {
  const Napi::Env env = info.Env();
  const KeyRef key = KeyArg(info, 0, "key");
  const std::string name = StringArg(info, 1, "format");
  const bool transparent = name == "transparent";
  ExportOptions wanted;
  if (!transparent) wanted.format = FormatNamed(env, name);
  return Job<std::vector<uint8_t>>::Run(
      env,
      [key, wanted, transparent]() -> Result<std::vector<uint8_t>> {
        MORTISE_TRY(encoded, transparent ? ToTransparent(*key) : ExportEncoded(*key, wanted));
        return Digest(Hash::kSha256, encoded.view());
      },
      [](Napi::Env env, std::vector<uint8_t>& digest) { return ToBuffer(env, ByteView{digest.data(), digest.size()}); });
}

std::vector<std::vector<uint8_t>> CertificatesArg(const Napi::CallbackInfo& info, size_t index) {
  const Napi::Env env = info.Env();
  if (!info[index].IsArray()) Invalid(env, "certificates must be an array of Uint8Array");
  const Napi::Array list = info[index].As<Napi::Array>();
  std::vector<std::vector<uint8_t>> certificates;
  // One more is taken, and refused.
  for (uint32_t i = 0; i < list.Length() && i <= kMostCertificates; i++) {
    const ByteView bytes = BytesOf(list.Get(i), "each certificate");
    if (bytes.size > kLargestChain) Throw(env, Error{Code::kInputTooLarge, "a certificate is longer than 65,536 bytes"});
    certificates.emplace_back(bytes.data, bytes.data + bytes.size);
  }
  return certificates;
}

Napi::Value Pkcs12(const Napi::CallbackInfo& info) {
  const Napi::Env env = info.Env();
  const KeyRef key = KeyArg(info, 0, "key");
  const std::vector<std::vector<uint8_t>> certificates = CertificatesArg(info, 1);
  const Secret password = PasswordOf(info[2]);
  return Job<Secret>::Run(
      env,
      [key, certificates, password]() -> Result<Secret> {
        MORTISE_TRY(made, MakePkcs12(*key, {certificates.begin(), certificates.end()}, password->view()));
        return std::make_shared<SecureBytes>(std::move(made));
      },
      [](Napi::Env env, Secret& made) { return ToBuffer(env, made->view()); });
}

Napi::Object Entry(Napi::Env env, const std::string& name, const std::vector<uint8_t>& id, const char* what, ByteView value) {
  Napi::Object entry = Napi::Object::New(env);
  entry.Set("name", name);
  entry.Set("id", ToBuffer(env, ByteView{id.data(), id.size()}));
  entry.Set(what, ToBuffer(env, value));
  return entry;
}

Napi::Value OpenKeystore(const Napi::CallbackInfo& info) {
  const Napi::Env env = info.Env();
  const ByteView bytes = BytesArg(info, 0, "bytes");
  if (bytes.size > kLargestKeystore) Throw(env, Error{Code::kInputTooLarge, "a keystore may have 16 MiB at most"});
  const Secret password = PasswordOf(info[1]);
  const auto file = std::make_shared<std::vector<uint8_t>>(bytes.data, bytes.data + bytes.size);
  return Job<std::shared_ptr<Keystore>>::Run(
      env,
      [file, password]() -> Result<std::shared_ptr<Keystore>> {
        MORTISE_TRY(keystore, ReadKeystore({file->data(), file->size()}, password->view()));
        return std::make_shared<Keystore>(std::move(keystore));
      },
      [](Napi::Env env, std::shared_ptr<Keystore>& keystore) -> Napi::Value {
        Napi::Array keys = Napi::Array::New(env);
        for (const Keystore::Key& key : keystore->keys) {
          keys.Set(keys.Length(), Entry(env, key.name, key.id, "pkcs8", key.pkcs8.view()));
        }
        Napi::Array certificates = Napi::Array::New(env);
        for (const Keystore::Certificate& one : keystore->certificates) {
          certificates.Set(certificates.Length(), Entry(env, one.name, one.id, "der", {one.der.data(), one.der.size()}));
        }
        Napi::Array others = Napi::Array::New(env);
        for (const std::string& name : keystore->others) others.Set(others.Length(), name);
        Napi::Object read = Napi::Object::New(env);
        read.Set("keys", keys);
        read.Set("certificates", certificates);
        read.Set("others", others);
        return read;
      });
}

}  // namespace

void ExportFormats(Napi::Object exports) {
  Export<Import>(exports, "importEncoded");
  Export<ExportAs>(exports, "exportEncoded");
  Export<DigestOf>(exports, "keyDigest");
  Export<Pkcs12>(exports, "exportPkcs12");
  Export<OpenKeystore>(exports, "readKeystore");
}

}  // namespace mortise::node
