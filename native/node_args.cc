#include "node_args.h"

#include <cmath>

#include "node_key_handle.h"

namespace mortise::node {
namespace {

template <typename T, size_t size>
T OneNamed(Napi::Env env, const std::string& text, const char* name, const std::pair<const char*, T> (&values)[size]) {
  for (const auto& [label, value] : values) {
    if (text == label) return value;
  }
  Throw(env, Error{Code::kUnsupported, std::string(name) + " is not one of those supported"});
}

}  // namespace

bool FlagOf(Napi::Object object, const char* name) {
  const Napi::Value value = object.Get(name);
  if (value.IsUndefined()) return false;
  if (!value.IsBoolean()) Invalid(object.Env(), std::string(name) + " must be true or false");
  return value.As<Napi::Boolean>();
}

const ContentEncryption& EncryptionArg(const Napi::CallbackInfo& info, size_t index) {
  const ContentEncryption* encryption = FindContentEncryption(StringArg(info, index, "encryption"));
  if (encryption == nullptr) Throw(info.Env(), Error{Code::kUnsupported, "encryption is not one of those supported"});
  return *encryption;
}

Envelope EnvelopeArg(const Napi::CallbackInfo& info, size_t index) {
  const Napi::Object parts = ObjectArg(info, index, "envelope");
  const auto part = [&](const char* name) -> std::vector<uint8_t> {
    const ByteView bytes = BytesOf(parts.Get(name), name);
    return {bytes.data, bytes.data + bytes.size};
  };
  return {part("encryptedKey"), part("iv"), part("ciphertext"), part("tag")};
}

void Invalid(Napi::Env env, const std::string& message) { Throw(env, Error{Code::kInputInvalid, message}); }

ByteSpan BytesOf(Napi::Value value, const char* name) {
  napi_typedarray_type type = napi_int8_array;
  size_t length = 0;
  void* data = nullptr;
  const napi_status status =
      napi_get_typedarray_info(value.Env(), value, &type, &length, &data, nullptr, nullptr);
  if (status != napi_ok || type != napi_uint8_array) Invalid(value.Env(), std::string(name) + " must be a Uint8Array");
  return {static_cast<uint8_t*>(data), length};
}

ByteSpan BytesArg(const Napi::CallbackInfo& info, size_t index, const char* name) {
  return BytesOf(info[index], name);
}

ByteView OptionalBytesArg(const Napi::CallbackInfo& info, size_t index, const char* name) {
  if (info.Length() <= index || info[index].IsUndefined()) return {};
  return BytesArg(info, index, name);
}

Words WordsArg(const Napi::CallbackInfo& info, size_t index, const char* name) {
  napi_typedarray_type type = napi_int8_array;
  size_t length = 0;
  void* data = nullptr;
  const napi_status status =
      napi_get_typedarray_info(info.Env(), info[index], &type, &length, &data, nullptr, nullptr);
  if (status != napi_ok || type != napi_uint32_array) Invalid(info.Env(), std::string(name) + " must be a Uint32Array");
  return {static_cast<const uint32_t*>(data), length};
}

Slices SlicesArg(const Napi::CallbackInfo& info, size_t index) {
  const Words offsets = WordsArg(info, index, "offsets");
  const Words lengths = WordsArg(info, index + 1, "lengths");
  if (offsets.size != lengths.size) Invalid(info.Env(), "offsets and lengths must be of one length");
  return {offsets.data, lengths.data, lengths.size};
}

Copies CopiesArg(const Napi::CallbackInfo& info, size_t index, const std::string& name) {
  if (!info[index].IsArray()) Invalid(info.Env(), name + " must be an array of Uint8Array");
  const Napi::Array list = info[index].As<Napi::Array>();
  Copies copies;
  for (uint32_t i = 0; i < list.Length(); i++) {
    const Napi::HandleScope scope(info.Env());
    // Copied at once: reading the next element may run JavaScript that takes this one's memory away.
    const ByteView bytes = BytesOf(list.Get(i), ("each of " + name).c_str());
    copies.emplace_back(bytes.data, bytes.data + bytes.size);
  }
  return copies;
}

std::string StringArg(const Napi::CallbackInfo& info, size_t index, const char* name) {
  if (!info[index].IsString()) Invalid(info.Env(), std::string(name) + " must be a string");
  return info[index].As<Napi::String>();
}

uint64_t CountOf(Napi::Value value, const char* name) {
  const double number = value.IsNumber() ? value.As<Napi::Number>().DoubleValue() : -1;
  if (!(number >= 0 && number <= 9007199254740991.0) || number != std::floor(number)) {
    Invalid(value.Env(), std::string(name) + " must be a whole number, not negative");
  }
  return static_cast<uint64_t>(number);
}

uint32_t Uint32Of(Napi::Value value, const char* name) {
  const uint64_t number = CountOf(value, name);
  if (number > 0xffffffff) Invalid(value.Env(), std::string(name) + " must be less than 2^32");
  return static_cast<uint32_t>(number);
}

Napi::Object ObjectArg(const Napi::CallbackInfo& info, size_t index, const char* name) {
  if (!info[index].IsObject()) Invalid(info.Env(), std::string(name) + " must be an object");
  return info[index].As<Napi::Object>();
}

std::string TextOf(Napi::Value value, const char* name) {
  if (!value.IsString()) Invalid(value.Env(), std::string(name) + " must be a string");
  return value.As<Napi::String>();
}

Hash HashArg(const Napi::CallbackInfo& info, size_t index) { return HashNamed(info.Env(), StringArg(info, index, "hash")); }

Mode ModeNamed(Napi::Env env, const std::string& name) {
  for (const auto& [label, mode] : {std::pair{"CBC", Mode::kCbc}, std::pair{"CTR", Mode::kCtr},
                                    std::pair{"ECB", Mode::kEcb}, std::pair{"XTS", Mode::kXts},
                                    std::pair{"GCM", Mode::kGcm},
                                    std::pair{"ChaCha20", Mode::kChaCha20},
                                    std::pair{"ChaCha20-Poly1305", Mode::kChaCha20Poly1305}}) {
    if (name == label) return mode;
  }
  Throw(env, Error{Code::kUnsupported, "mode is not one of those supported"});
}

Hash HashNamed(Napi::Env env, const std::string& name) {
  static constexpr std::pair<const char*, Hash> kNames[] = {
      {"SHA-1", Hash::kSha1},       {"SHA-224", Hash::kSha224},         {"SHA-256", Hash::kSha256},
      {"SHA-384", Hash::kSha384},   {"SHA-512", Hash::kSha512},         {"SHA-512/256", Hash::kSha512_256},
      {"SHA3-224", Hash::kSha3_224}, {"SHA3-256", Hash::kSha3_256},     {"SHA3-384", Hash::kSha3_384},
      {"SHA3-512", Hash::kSha3_512}};
  return OneNamed(env, name, "hash", kNames);
}

Curve CurveNamed(Napi::Env env, const std::string& name) {
  for (const Curve curve : {Curve::kP256, Curve::kP384, Curve::kP521, Curve::kSecp256k1}) {
    if (name == CurveName(curve)) return curve;
  }
  Throw(env, Error{Code::kUnsupported, "the curve is not supported: P-256, P-384, P-521 and secp256k1 are"});
}

KeyType KeyTypeArg(const Napi::CallbackInfo& info, size_t index) {
  return KeyTypeNamed(info.Env(), StringArg(info, index, "type"));
}

KeyType KeyTypeNamed(Napi::Env env, const std::string& name) {
  static constexpr std::pair<const char*, KeyType> kTypes[] = {{"AES", KeyType::kAes},
                                                               {"HMAC", KeyType::kHmac},
                                                               {"RSA", KeyType::kRsa},
                                                               {"EC", KeyType::kEc},
                                                               {"DSA", KeyType::kDsa},
                                                               {"Ed25519", KeyType::kEd25519},
                                                               {"Ed448", KeyType::kEd448},
                                                               {"X25519", KeyType::kX25519},
                                                               {"X448", KeyType::kX448},
                                                               {"AES-XTS", KeyType::kAesXts},
                                                               {"3DES", KeyType::kTripleDes},
                                                               {"ChaCha20", KeyType::kChaCha20},
                                                               {"SKIPJACK", KeyType::kSkipjack},
                                                               {"Data", KeyType::kData},
                                                               {"Share", KeyType::kShare}};
  return OneNamed(env, name, "type", kTypes);
}

KeyKind KeyKindArg(const Napi::CallbackInfo& info, size_t index) {
  return KeyKindNamed(info.Env(), StringArg(info, index, "kind"));
}

KeyKind KeyKindNamed(Napi::Env env, const std::string& name) {
  static constexpr std::pair<const char*, KeyKind> kKinds[] = {
      {"secret", KeyKind::kSecret}, {"private", KeyKind::kPrivate}, {"public", KeyKind::kPublic}};
  return OneNamed(env, name, "kind", kKinds);
}

const Scheme& SchemeArg(const Napi::CallbackInfo& info, size_t index) {
  const Scheme* scheme = FindScheme(StringArg(info, index, "scheme"));
  if (scheme == nullptr) Throw(info.Env(), Error{Code::kUnsupported, "scheme is not one of those supported"});
  return *scheme;
}

SignatureForm FormArg(const Napi::CallbackInfo& info, size_t index) {
  const Napi::Object options = ObjectArg(info, index, "options");
  SignatureForm form;
  form.digested = FlagOf(options, "digested");
  form.bare = FlagOf(options, "bare");
  form.any_salt = FlagOf(options, "anySalt");
  const Napi::Value salt = options.Get("saltLength");
  if (!salt.IsUndefined()) form.salt = Uint32Of(salt, "saltLength");
  const Napi::Value encoding = options.Get("encoding");
  if (encoding.IsUndefined()) return form;
  const std::string text = encoding.IsString() ? encoding.As<Napi::String>().Utf8Value() : "";
  if (text != "der" && text != "p1363") Invalid(info.Env(), "encoding must be der or p1363");
  form.p1363 = text == "p1363";
  return form;
}

KeyRef KeyArg(const Napi::CallbackInfo& info, size_t index, const char* name) {
  const KeyHandle* handle = KeyHandle::From(info[index]);
  if (handle == nullptr) Invalid(info.Env(), std::string(name) + " must be a key handle");
  if (handle->key() == nullptr) Throw(info.Env(), Error{Code::kClosed, std::string(name) + " has been disposed of"});
  return handle->key();
}

}  // namespace mortise::node
