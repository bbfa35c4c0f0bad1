// What a PKCS#11 token does, as promises.
#include "node_pkcs11.h"

#include "node_key_handle.h"
#include "pkcs11/cipher.h"
#include "pkcs11/find.h"
#include "pkcs11/sign.h"
#include "pkcs11/transport.h"

namespace mortise::node {
namespace {

using pkcs11::JobKind;
using pkcs11::Session;
using pkcs11::TokenKeyRef;

// Random, and never used for another class.
constexpr napi_type_tag kKeyTag = {0x6d6f72746973656b, 0x0c5be1f2d94a7736};

constexpr size_t kMostBytes = 16 << 20;
constexpr size_t kMostInBatch = 4096;

using Bytes = std::vector<uint8_t>;

template <typename T>
class Answer final : public Waiting {
 public:
  using Convert = Napi::Value (*)(Napi::Env, T&);

  Answer(Napi::Env env, std::shared_ptr<PoolUse> use, Convert convert)
      : deferred(Napi::Promise::Deferred::New(env)), use_(std::move(use)), convert_(convert) {}

  void Settle(Napi::Env env, const mortise::Status& status) override {
    if (InErrorState()) return deferred.Reject(node::ToJs(env, Error{Code::kSelfTestFailed}));
    if (!status.ok()) return deferred.Reject(node::ToJs(env, status.error()));
    deferred.Resolve(convert_(env, **value));
  }

  const Napi::Promise::Deferred deferred;
  // A job that was given up goes on writing to it.
  const std::shared_ptr<std::optional<T>> value = std::make_shared<std::optional<T>>();

 private:
  // The pool is not left before it has answered.
  const std::shared_ptr<PoolUse> use_;
  const Convert convert_;
};

// A job of the pool, behind a promise.
template <typename T>
Napi::Value RunOnToken(Napi::Env env, const std::shared_ptr<PoolUse>& use, JobKind kind, size_t bytes,
                       std::function<Result<T>(Session&)> operation, typename Answer<T>::Convert convert) {
  if (bytes > kMostBytes) Throw(env, Error{Code::kInputTooLarge});
  auto answer = std::make_unique<Answer<T>>(env, use, convert);
  const Napi::Promise promise = answer->deferred.Promise();
  const auto value = answer->value;
  pkcs11::Settle settle = AddonOf(env).pkcs11_mail->Expect(std::move(answer));
  use->pool().Run(
      kind, bytes,
      [value, operation = std::move(operation)](Session& session) -> mortise::Status {
        const ErrorQueueGuard guard;
        Result<T> result = operation(session);
        MORTISE_CHECK(result);
        value->emplace(std::move(result).value());
        return Done{};
      },
      std::move(settle));
  return promise;
}

Napi::Value BytesToJs(Napi::Env env, Bytes& bytes) { return ToBuffer(env, bytes); }
Napi::Value BoolToJs(Napi::Env env, bool& value) { return Napi::Boolean::New(env, value); }
Napi::Value NothingToJs(Napi::Env env, Done&) { return env.Undefined(); }
Napi::Value FactsToJs(Napi::Env env, pkcs11::KeyFacts& facts) { return ToJs(env, facts); }
Napi::Value KeyToJs(Napi::Env env, KeyRef& key) { return KeyHandle::New(env, key); }

Napi::Value ListToJs(Napi::Env env, std::vector<std::optional<Bytes>>& list) {
  Napi::Array array = Napi::Array::New(env, list.size());
  for (uint32_t i = 0; i < list.size(); i++) array.Set(i, list[i] ? ToBuffer(env, *list[i]) : env.Null());
  return array;
}

Napi::Value AllFactsToJs(Napi::Env env, std::vector<pkcs11::KeyFacts>& keys) {
  Napi::Array array = Napi::Array::New(env, keys.size());
  for (uint32_t i = 0; i < keys.size(); i++) array.Set(i, ToJs(env, keys[i]));
  return array;
}

size_t TotalOf(const Copies& copies) {
  size_t total = 0;
  for (const Bytes& one : copies) total += one.size();
  return total;
}

Copies BatchArg(const Napi::CallbackInfo& info, size_t index, const char* name) {
  Copies copies = CopiesArg(info, index, name);
  if (copies.size() > kMostInBatch) Throw(info.Env(), Error{Code::kInputTooLarge});
  return copies;
}

// One for all, or one for each.
Copies AadsArg(const Napi::CallbackInfo& info, size_t index, size_t count) {
  if (!info[index].IsArray()) return {CopyOf(info[index], "aad")};
  Copies aads = CopiesArg(info, index, "aad");
  if (aads.size() != count) Invalid(info.Env(), "there must be an aad for each, or one for all");
  return aads;
}

const Bytes& AadOf(const Copies& aads, size_t i) { return aads.size() == 1 ? aads[0] : aads[i]; }

// The same for each of a batch. Answers nothing for those that `passes` over.
template <typename One>
Result<std::vector<std::optional<Bytes>>> ForEach(const Copies& inputs, One one) {
  std::vector<std::optional<Bytes>> answers;
  answers.reserve(inputs.size());
  for (size_t i = 0; i < inputs.size(); i++) {
    Result<std::optional<Bytes>> answer = one(i);
    MORTISE_CHECK(answer);
    answers.push_back(std::move(answer).value());
  }
  return answers;
}

Result<std::optional<Bytes>> Some(Result<Bytes> bytes) {
  MORTISE_CHECK(bytes);
  return std::optional(std::move(bytes).value());
}

std::optional<Hash> OptionalHashArg(const Napi::CallbackInfo& info, size_t index) {
  if (info[index].IsUndefined()) return std::nullopt;
  return HashArg(info, index);
}

pkcs11::Cipher CipherArg(const Napi::CallbackInfo& info, size_t index) {
  using pkcs11::Mode;
  const Napi::Env env = info.Env();
  const Napi::Object object = ObjectArg(info, index, "cipher");
  const std::string mode = TextOf(object.Get("mode"), "mode");
  const auto bytes = [&](const char* name) {
    const Napi::Value value = object.Get(name);
    return value.IsUndefined() ? Bytes() : CopyOf(value, name);
  };
  pkcs11::Cipher cipher;
  cipher.iv = bytes("iv");
  if (mode == "GCM") {
    cipher.mode = Mode::kGcm;
    cipher.aad = bytes("aad");
    if (!object.Get("tag").IsUndefined()) cipher.tag = Uint32Of(object.Get("tag"), "tag");
  } else if (mode == "CBC") {
    cipher.mode = FlagOf(object, "padded") ? Mode::kCbcPad : Mode::kCbc;
  } else if (mode == "CTR") {
    cipher.mode = Mode::kCtr;
  } else if (mode == "ECB") {
    cipher.mode = Mode::kEcb;
  } else if (mode == "OAEP") {
    cipher.mode = Mode::kOaep;
    cipher.aad = bytes("label");
    cipher.hash = HashNamed(env, TextOf(object.Get("hash"), "hash"));
    cipher.mask = HashNamed(env, TextOf(object.Get("mask"), "mask"));
  } else if (mode == "PKCS1") {
    cipher.mode = Mode::kRsaPkcs1;
  } else {
    Throw(env, Error{Code::kUnsupported, "mode is not one of those supported"});
  }
  return cipher;
}

template <typename T, size_t size>
T NamedArg(const Napi::CallbackInfo& info, size_t index, const char* name, const std::pair<const char*, T> (&rows)[size]) {
  const std::string text = StringArg(info, index, name);
  for (const auto& [label, value] : rows) {
    if (text == label) return value;
  }
  Throw(info.Env(), Error{Code::kUnsupported, std::string(name) + " is not one of those supported"});
}

pkcs11::WrapMethod MethodArg(const Napi::CallbackInfo& info, size_t index) {
  using pkcs11::WrapMethod;
  static constexpr std::pair<const char*, WrapMethod> kMethods[] = {
      {"AES-KW", WrapMethod::kAesKw},       {"AES-KWP", WrapMethod::kAesKwp},          {"AES-CBC-PAD", WrapMethod::kAesCbcPad},
      {"RSA-OAEP", WrapMethod::kOaepSha1}, {"RSA-OAEP-256", WrapMethod::kOaepSha256}, {"RSA-PKCS1", WrapMethod::kRsaPkcs1}};
  return NamedArg(info, index, "method", kMethods);
}

// Whether the token has been asked to make the key, by an attempt before.
std::shared_ptr<bool> NotBegun() { return std::make_shared<bool>(false); }

}  // namespace

Napi::Function Pkcs11Key::Define(Napi::Env env) { return DefineClass(env, "Pkcs11Key", {}); }

Pkcs11Key::Pkcs11Key(const Napi::CallbackInfo& info) : ObjectWrap(info) {
  const Napi::Env env = info.Env();
  Addon& addon = AddonOf(env);
  key_ = std::exchange(addon.new_pkcs11_key, nullptr);
  pool_ = addon.new_pkcs11_key_pool;
  if (key_ == nullptr) Invalid(env, "keys of a token are made by its function key");
  const auto property = [env](const char* name, const char* value) {
    return Napi::PropertyDescriptor::Value(name, Napi::String::New(env, value), napi_enumerable);
  };
  Napi::Object self = info.This().As<Napi::Object>();
  self.DefineProperties({property("kind", KindName(key_->identity().kind)), property("type", TypeName(key_->identity().type))});
  self.TypeTag(&kKeyTag);
}

TokenKeyRef Pkcs11Key::Of(const Napi::CallbackInfo& info, size_t index, const char* name, pkcs11::Pool& pool) {
  if (!info[index].IsObject() || !info[index].As<Napi::Object>().CheckTypeTag(&kKeyTag)) {
    Invalid(info.Env(), std::string(name) + " must be a key of the token");
  }
  const Pkcs11Key* const key = Unwrap(info[index].As<Napi::Object>());
  if (key->pool_ != &pool) Invalid(info.Env(), std::string(name) + " is a key of another token");
  return key->key_;
}

Napi::Function Pkcs11Token::Define(Napi::Env env) {
  return DefineClass(env, "Pkcs11Token",
                     {
                         InstanceMethod<&Pkcs11Token::NewKey>("key"),
                         InstanceMethod<&Pkcs11Token::Find>("find"),
                         InstanceMethod<&Pkcs11Token::Facts>("facts"),
                         InstanceMethod<&Pkcs11Token::GenerateSecret>("generateSecret"),
                         InstanceMethod<&Pkcs11Token::GeneratePair>("generatePair"),
                         InstanceMethod<&Pkcs11Token::ImportKey>("importKey"),
                         InstanceMethod<&Pkcs11Token::Sign>("sign"),
                         InstanceMethod<&Pkcs11Token::SignBatch>("signBatch"),
                         InstanceMethod<&Pkcs11Token::Verify>("verify"),
                         InstanceMethod<&Pkcs11Token::Mac>("mac"),
                         InstanceMethod<&Pkcs11Token::MacBatch>("macBatch"),
                         InstanceMethod<&Pkcs11Token::Seal>("seal"),
                         InstanceMethod<&Pkcs11Token::Open>("open"),
                         InstanceMethod<&Pkcs11Token::SealSecret>("sealSecret"),
                         InstanceMethod<&Pkcs11Token::OpenSecret>("openSecret"),
                         InstanceMethod<&Pkcs11Token::SealBatch>("sealBatch"),
                         InstanceMethod<&Pkcs11Token::OpenBatch>("openBatch"),
                         InstanceMethod<&Pkcs11Token::Encrypt>("encrypt"),
                         InstanceMethod<&Pkcs11Token::Decrypt>("decrypt"),
                         InstanceMethod<&Pkcs11Token::OpenEnvelope>("openEnvelope"),
                         InstanceMethod<&Pkcs11Token::Wrap>("wrap"),
                         InstanceMethod<&Pkcs11Token::UnwrapKey>("unwrap"),
                         InstanceMethod<&Pkcs11Token::Derive>("derive"),
                         InstanceMethod<&Pkcs11Token::Agree>("agree"),
                         InstanceMethod<&Pkcs11Token::Destroy>("destroy"),
                         InstanceMethod<&Pkcs11Token::SetAttributes>("setAttributes"),
                         InstanceMethod<&Pkcs11Token::Random>("random"),
                         InstanceMethod<&Pkcs11Token::Test>("test"),
                         InstanceMethod<&Pkcs11Token::Status>("status"),
                         InstanceMethod<&Pkcs11Token::Close>("close"),
                     });
}

Pkcs11Token::Pkcs11Token(const Napi::CallbackInfo& info) : ObjectWrap(info) {
  const Napi::Env env = info.Env();
  use_ = std::exchange(AddonOf(env).new_pkcs11_use, nullptr);
  if (use_ == nullptr) Invalid(env, "tokens are opened by openPkcs11");
  info.This().As<Napi::Object>().DefineProperty(
      Napi::PropertyDescriptor::Value("capabilities", ToJs(env, use_->pool().capabilities()), napi_enumerable));
}

pkcs11::Pool& Pkcs11Token::pool(const Napi::CallbackInfo& info) {
  RefuseInErrorState(info.Env());
  if (use_->left()) Throw(info.Env(), Error{Code::kClosed, "the token has been closed"});
  return use_->pool();
}

TokenKeyRef Pkcs11Token::KeyOf(const Napi::CallbackInfo& info, size_t index, const char* name) {
  return Pkcs11Key::Of(info, index, name, pool(info));
}

Napi::Value Pkcs11Token::NewKey(const Napi::CallbackInfo& info) {
  Addon& addon = AddonOf(info.Env());
  addon.new_pkcs11_key_pool = &pool(info);
  addon.new_pkcs11_key = pool(info).Key(KeyIdentityArg(info, 0));
  return addon.pkcs11_key.New({});
}

Napi::Value Pkcs11Token::Find(const Napi::CallbackInfo& info) {
  pool(info);
  const Napi::Env env = info.Env();
  const Napi::Object object = ObjectArg(info, 0, "query");
  pkcs11::KeyQuery query;
  if (!object.Get("id").IsUndefined()) query.id = CopyOf(object.Get("id"), "id");
  if (!object.Get("label").IsUndefined()) query.label = TextOf(object.Get("label"), "label");
  if (!object.Get("kind").IsUndefined()) query.kind = KeyKindNamed(env, TextOf(object.Get("kind"), "kind"));
  if (!object.Get("limit").IsUndefined()) query.limit = Uint32Of(object.Get("limit"), "limit");
  return RunOnToken<std::vector<pkcs11::KeyFacts>>(
      env, use_, JobKind::kSearch, 0, [query](Session& session) { return pkcs11::FindKeys(session, query); }, AllFactsToJs);
}

Napi::Value Pkcs11Token::Facts(const Napi::CallbackInfo& info) {
  const TokenKeyRef key = KeyOf(info);
  return RunOnToken<pkcs11::KeyFacts>(
      info.Env(), use_, JobKind::kUse, 0,
      [key](Session& session) -> Result<pkcs11::KeyFacts> {
        MORTISE_TRY(located, session.Locate(*key));
        MORTISE_TRY(facts, pkcs11::ReadFacts(session, located.handle));
        if (!facts) return Code::kHsmKeyNotFound;
        return std::move(*facts);
      },
      FactsToJs);
}

Napi::Value Pkcs11Token::GenerateSecret(const Napi::CallbackInfo& info) {
  pool(info);
  const KeyType type = KeyTypeArg(info, 0);
  const uint32_t bits = Uint32Of(info[1], "bits");
  const pkcs11::KeyTemplate made = KeyTemplateOf(info[2], "template");
  return RunOnToken<pkcs11::KeyFacts>(
      info.Env(), use_, JobKind::kMake, 0,
      [type, bits, made, begun = NotBegun()](Session& session) { return pkcs11::GenerateSecret(session, type, bits, made, *begun); },
      FactsToJs);
}

Napi::Value Pkcs11Token::GeneratePair(const Napi::CallbackInfo& info) {
  pool(info);
  const Napi::Env env = info.Env();
  const Napi::Object object = ObjectArg(info, 0, "template");
  pkcs11::PairTemplate made;
  made.type = KeyTypeNamed(env, TextOf(object.Get("type"), "type"));
  const Napi::Value parameter = object.Get("parameter");
  if (made.type == KeyType::kRsa) {
    made.bits = Uint32Of(parameter, "parameter");
    if (made.bits < 1024 || made.bits > 16384 || made.bits % 64 != 0) Invalid(env, "parameter must be the bits of an RSA modulus");
  } else if (made.type == KeyType::kEc) {
    made.curve = CurveNamed(env, TextOf(parameter, "parameter"));
  } else if (!IsEdwards(made.type) && !IsMontgomery(made.type)) {
    Throw(env, Error{Code::kUnsupported, "type is not one of those that tokens make pairs of"});
  }
  made.private_key = KeyTemplateOf(object.Get("privateKey"), "privateKey");
  made.public_key = KeyTemplateOf(object.Get("publicKey"), "publicKey");
  return RunOnToken<pkcs11::PairFacts>(
      env, use_, JobKind::kMake, 0,
      [made, begun = NotBegun()](Session& session) { return pkcs11::GeneratePair(session, made, *begun); },
      [](Napi::Env env, pkcs11::PairFacts& facts) -> Napi::Value {
        Napi::Object pair = Napi::Object::New(env);
        pair.Set("privateKey", ToJs(env, facts.private_key));
        pair.Set("publicKey", ToJs(env, facts.public_key));
        return pair;
      });
}

Napi::Value Pkcs11Token::ImportKey(const Napi::CallbackInfo& info) {
  pool(info);
  const KeyRef key = KeyArg(info, 0, "key");
  const pkcs11::KeyTemplate made = KeyTemplateOf(info[1], "template");
  static constexpr std::pair<const char*, pkcs11::ImportBy> kHow[] = {{"wrapped", pkcs11::ImportBy::kWrapped},
                                                                      {"created", pkcs11::ImportBy::kCreated},
                                                                      {"either", pkcs11::ImportBy::kEither}};
  const pkcs11::ImportBy how = NamedArg(info, 2, "how", kHow);
  const KeyType type = key->type();
  if (type != KeyType::kAes && type != KeyType::kHmac && type != KeyType::kRsa && type != KeyType::kEc && !IsEdwards(type) &&
      !IsMontgomery(type)) {
    Throw(info.Env(), Error{Code::kUnsupported, "keys of this type do not go onto tokens"});
  }
  return RunOnToken<pkcs11::Imported>(
      info.Env(), use_, JobKind::kMake, 0,
      [key, made, how, begun = NotBegun()](Session& session) { return pkcs11::Import(session, *key, made, how, *begun); },
      [](Napi::Env env, pkcs11::Imported& imported) -> Napi::Value {
        const Napi::Object facts = ToJs(env, imported.facts).As<Napi::Object>();
        facts.Set("wrapped", imported.wrapped);
        return facts;
      });
}

Napi::Value Pkcs11Token::Sign(const Napi::CallbackInfo& info) {
  const TokenKeyRef key = KeyOf(info);
  const Scheme& scheme = SchemeArg(info, 1);
  const Bytes data = CopyOf(info[2], "data");
  const SignatureForm form = FormArg(info, 3);
  return RunOnToken<Bytes>(
      info.Env(), use_, JobKind::kUse, data.size(),
      [key, &scheme, data, form](Session& session) { return pkcs11::Sign(session, *key, scheme, form, data); }, BytesToJs);
}

Napi::Value Pkcs11Token::SignBatch(const Napi::CallbackInfo& info) {
  const TokenKeyRef key = KeyOf(info);
  const Scheme& scheme = SchemeArg(info, 1);
  const auto inputs = std::make_shared<Copies>(BatchArg(info, 2, "inputs"));
  const SignatureForm form = FormArg(info, 3);
  return RunOnToken<std::vector<std::optional<Bytes>>>(
      info.Env(), use_, JobKind::kUse, TotalOf(*inputs),
      [key, &scheme, inputs, form](Session& session) {
        return ForEach(*inputs, [&](size_t i) { return Some(pkcs11::Sign(session, *key, scheme, form, (*inputs)[i])); });
      },
      ListToJs);
}

Napi::Value Pkcs11Token::Verify(const Napi::CallbackInfo& info) {
  const TokenKeyRef key = KeyOf(info);
  const Scheme& scheme = SchemeArg(info, 1);
  const Bytes data = CopyOf(info[2], "data");
  const Bytes signature = CopyOf(info[3], "signature");
  const SignatureForm form = FormArg(info, 4);
  return RunOnToken<bool>(
      info.Env(), use_, JobKind::kUse, data.size(),
      [key, &scheme, data, signature, form](Session& session) {
        return pkcs11::Verify(session, *key, scheme, form, data, signature);
      },
      BoolToJs);
}

Napi::Value Pkcs11Token::Mac(const Napi::CallbackInfo& info) {
  const TokenKeyRef key = KeyOf(info);
  const std::optional<Hash> hash = OptionalHashArg(info, 1);
  const Bytes data = CopyOf(info[2], "data");
  return RunOnToken<Bytes>(
      info.Env(), use_, JobKind::kUse, data.size(),
      [key, hash, data](Session& session) { return pkcs11::Mac(session, *key, hash, data); }, BytesToJs);
}

Napi::Value Pkcs11Token::MacBatch(const Napi::CallbackInfo& info) {
  const TokenKeyRef key = KeyOf(info);
  const std::optional<Hash> hash = OptionalHashArg(info, 1);
  const auto inputs = std::make_shared<Copies>(BatchArg(info, 2, "inputs"));
  return RunOnToken<std::vector<std::optional<Bytes>>>(
      info.Env(), use_, JobKind::kUse, TotalOf(*inputs),
      [key, hash, inputs](Session& session) {
        return ForEach(*inputs, [&](size_t i) { return Some(pkcs11::Mac(session, *key, hash, (*inputs)[i])); });
      },
      ListToJs);
}

Napi::Value Pkcs11Token::Seal(const Napi::CallbackInfo& info) {
  const TokenKeyRef key = KeyOf(info);
  const Bytes plaintext = CopyOf(info[1], "plaintext");
  const Bytes aad = CopyOf(info[2], "aad");
  return RunOnToken<Bytes>(
      info.Env(), use_, JobKind::kUse, plaintext.size() + aad.size(),
      [key, plaintext, aad](Session& session) { return pkcs11::Seal(session, *key, plaintext, aad); }, BytesToJs);
}

Napi::Value Pkcs11Token::Open(const Napi::CallbackInfo& info) {
  const TokenKeyRef key = KeyOf(info);
  const Bytes sealed = CopyOf(info[1], "sealed");
  const Bytes aad = CopyOf(info[2], "aad");
  return RunOnToken<Bytes>(
      info.Env(), use_, JobKind::kUse, sealed.size() + aad.size(),
      [key, sealed, aad](Session& session) { return pkcs11::Open(session, *key, sealed, aad); }, BytesToJs);
}

Napi::Value Pkcs11Token::SealSecret(const Napi::CallbackInfo& info) {
  const TokenKeyRef key = KeyOf(info);
  const KeyRef secret = KeyArg(info, 1, "secret");
  const Bytes aad = CopyOf(info[2], "aad");
  if (secret->kind() != KeyKind::kSecret) Invalid(info.Env(), "secret must be a secret key");
  return RunOnToken<Bytes>(
      info.Env(), use_, JobKind::kUse, aad.size(),
      [key, secret, aad](Session& session) { return pkcs11::Seal(session, *key, secret->material(), aad); }, BytesToJs);
}

Napi::Value Pkcs11Token::OpenSecret(const Napi::CallbackInfo& info) {
  const TokenKeyRef key = KeyOf(info);
  const Bytes sealed = CopyOf(info[1], "sealed");
  const Bytes aad = CopyOf(info[2], "aad");
  const KeyType type = KeyTypeArg(info, 3);
  return RunOnToken<KeyRef>(
      info.Env(), use_, JobKind::kUse, sealed.size() + aad.size(),
      [key, sealed, aad, type](Session& session) { return pkcs11::OpenSecret(session, *key, sealed, aad, type); }, KeyToJs);
}

Napi::Value Pkcs11Token::SealBatch(const Napi::CallbackInfo& info) {
  const TokenKeyRef key = KeyOf(info);
  const auto plaintexts = std::make_shared<Copies>(BatchArg(info, 1, "plaintexts"));
  const auto aads = std::make_shared<Copies>(AadsArg(info, 2, plaintexts->size()));
  return RunOnToken<std::vector<std::optional<Bytes>>>(
      info.Env(), use_, JobKind::kUse, TotalOf(*plaintexts) + TotalOf(*aads),
      [key, plaintexts, aads](Session& session) {
        return ForEach(*plaintexts,
                       [&](size_t i) { return Some(pkcs11::Seal(session, *key, (*plaintexts)[i], AadOf(*aads, i))); });
      },
      ListToJs);
}

Napi::Value Pkcs11Token::OpenBatch(const Napi::CallbackInfo& info) {
  const TokenKeyRef key = KeyOf(info);
  const auto sealed = std::make_shared<Copies>(BatchArg(info, 1, "sealed"));
  const auto aads = std::make_shared<Copies>(AadsArg(info, 2, sealed->size()));
  return RunOnToken<std::vector<std::optional<Bytes>>>(
      info.Env(), use_, JobKind::kUse, TotalOf(*sealed) + TotalOf(*aads),
      [key, sealed, aads](Session& session) {
        return ForEach(*sealed, [&](size_t i) -> Result<std::optional<Bytes>> {
          Result<Bytes> opened = pkcs11::Open(session, *key, (*sealed)[i], AadOf(*aads, i));
          if (opened.ok() || opened.error().code != Code::kDecryptionFailed) return Some(std::move(opened));
          // The data's fault, if the token answers otherwise.
          bool logged_in = true;
          MORTISE_CHECK(session.Check("C_GetSessionInfo", session.Probe(logged_in)));
          session.ClearFault();
          return std::optional<Bytes>();
        });
      },
      ListToJs);
}

Napi::Value Pkcs11Token::Encrypt(const Napi::CallbackInfo& info) {
  const TokenKeyRef key = KeyOf(info);
  const pkcs11::Cipher cipher = CipherArg(info, 1);
  const Bytes plaintext = CopyOf(info[2], "plaintext");
  Demand(info.Env(), pkcs11::CheckCipher(cipher, key->identity().type));
  return RunOnToken<Bytes>(
      info.Env(), use_, JobKind::kUse, plaintext.size() + cipher.aad.size(),
      [key, cipher, plaintext](Session& session) { return pkcs11::Encrypt(session, *key, cipher, plaintext); }, BytesToJs);
}

Napi::Value Pkcs11Token::Decrypt(const Napi::CallbackInfo& info) {
  const TokenKeyRef key = KeyOf(info);
  const pkcs11::Cipher cipher = CipherArg(info, 1);
  const Bytes ciphertext = CopyOf(info[2], "ciphertext");
  Demand(info.Env(), pkcs11::CheckCipher(cipher, key->identity().type));
  return RunOnToken<Bytes>(
      info.Env(), use_, JobKind::kUse, ciphertext.size() + cipher.aad.size(),
      [key, cipher, ciphertext](Session& session) { return pkcs11::Decrypt(session, *key, cipher, ciphertext); }, BytesToJs);
}

Napi::Value Pkcs11Token::OpenEnvelope(const Napi::CallbackInfo& info) {
  const TokenKeyRef key = KeyOf(info);
  const ContentEncryption& encryption = EncryptionArg(info, 1);
  const Envelope envelope = EnvelopeArg(info, 2);
  const Bytes aad = CopyOf(info[3], "aad");
  return RunOnToken<Bytes>(
      info.Env(), use_, JobKind::kUse, envelope.ciphertext.size() + aad.size(),
      [key, &encryption, envelope, aad](Session& session) {
        return pkcs11::OpenEnvelope(session, *key, encryption, envelope, aad);
      },
      BytesToJs);
}

Napi::Value Pkcs11Token::Wrap(const Napi::CallbackInfo& info) {
  const TokenKeyRef key = KeyOf(info);
  const TokenKeyRef target = KeyOf(info, 1, "target");
  const pkcs11::WrapMethod method = MethodArg(info, 2);
  return RunOnToken<Bytes>(
      info.Env(), use_, JobKind::kUse, 0,
      [key, target, method](Session& session) { return pkcs11::Wrap(session, *key, *target, method); }, BytesToJs);
}

Napi::Value Pkcs11Token::UnwrapKey(const Napi::CallbackInfo& info) {
  const TokenKeyRef key = KeyOf(info);
  const Bytes wrapped = CopyOf(info[1], "wrapped");
  const pkcs11::WrapMethod method = MethodArg(info, 2);
  const KeyKind kind = KeyKindArg(info, 3);
  const KeyType type = KeyTypeArg(info, 4);
  const pkcs11::KeyTemplate made = KeyTemplateOf(info[5], "template");
  return RunOnToken<pkcs11::KeyFacts>(
      info.Env(), use_, JobKind::kMake, wrapped.size(),
      [key, wrapped, method, kind, type, made, begun = NotBegun()](Session& session) {
        return pkcs11::Unwrap(session, *key, wrapped, method, kind, type, made, *begun);
      },
      FactsToJs);
}

Napi::Value Pkcs11Token::Derive(const Napi::CallbackInfo& info) {
  const TokenKeyRef key = KeyOf(info);
  const Bytes peer = CopyOf(info[1], "peer");
  const KeyType type = KeyTypeArg(info, 2);
  const uint32_t bits = Uint32Of(info[3], "bits");
  const pkcs11::KeyTemplate made = KeyTemplateOf(info[4], "template");
  return RunOnToken<pkcs11::KeyFacts>(
      info.Env(), use_, JobKind::kMake, peer.size(),
      [key, peer, type, bits, made, begun = NotBegun()](Session& session) {
        return pkcs11::Derive(session, *key, peer, type, bits, made, *begun);
      },
      FactsToJs);
}

Napi::Value Pkcs11Token::Agree(const Napi::CallbackInfo& info) {
  const TokenKeyRef key = KeyOf(info);
  const Bytes peer = CopyOf(info[1], "peer");
  return RunOnToken<KeyRef>(
      info.Env(), use_, JobKind::kUse, peer.size(),
      [key, peer](Session& session) { return pkcs11::Agree(session, *key, peer); }, KeyToJs);
}

Napi::Value Pkcs11Token::Destroy(const Napi::CallbackInfo& info) {
  const TokenKeyRef key = KeyOf(info);
  return RunOnToken<Done>(
      info.Env(), use_, JobKind::kMake, 0, [key](Session& session) { return pkcs11::Destroy(session, *key); }, NothingToJs);
}

Napi::Value Pkcs11Token::SetAttributes(const Napi::CallbackInfo& info) {
  const TokenKeyRef key = KeyOf(info);
  const Napi::Object object = ObjectArg(info, 1, "attributes");
  std::optional<std::string> label;
  std::optional<Bytes> id;
  if (!object.Get("label").IsUndefined()) label = TextOf(object.Get("label"), "label");
  if (!object.Get("id").IsUndefined()) id = CopyOf(object.Get("id"), "id");
  if (id && (id->empty() || id->size() > 255)) Invalid(info.Env(), "id must have 1 to 255 bytes");
  return RunOnToken<Done>(
      info.Env(), use_, JobKind::kUse, 0,
      [key, label, id](Session& session) { return pkcs11::SetAttributes(session, *key, label, id); }, NothingToJs);
}

Napi::Value Pkcs11Token::Random(const Napi::CallbackInfo& info) {
  pool(info);
  const uint32_t size = Uint32Of(info[0], "size");
  if (size < 1 || size > 65536) Invalid(info.Env(), "size must be 1 to 65,536");
  return RunOnToken<Bytes>(
      info.Env(), use_, JobKind::kUse, size,
      [size](Session& session) -> Result<Bytes> {
        Bytes bytes(size);
        MORTISE_CHECK(session.Check("C_GenerateRandom",
                                    session.functions().C_GenerateRandom(session.handle(), bytes.data(), bytes.size())));
        return bytes;
      },
      BytesToJs);
}

Napi::Value Pkcs11Token::Test(const Napi::CallbackInfo& info) {
  pool(info);
  return RunOnToken<pkcs11::Health>(
      info.Env(), use_, JobKind::kUse, 0, [](Session& session) { return pkcs11::TestToken(session); },
      [](Napi::Env env, pkcs11::Health& health) -> Napi::Value {
        Napi::Object object = Napi::Object::New(env);
        object.Set("milliseconds", health.milliseconds);
        object.Set("loggedIn", health.logged_in);
        object.Set("tokenFlags", static_cast<double>(health.token_flags));
        return object;
      });
}

Napi::Value Pkcs11Token::Status(const Napi::CallbackInfo& info) { return ToJs(info.Env(), use_->pool().status()); }

Napi::Value Pkcs11Token::Close(const Napi::CallbackInfo& info) {
  const Napi::Env env = info.Env();
  auto answer = std::make_unique<Answer<Done>>(env, use_, NothingToJs);
  const Napi::Promise promise = answer->deferred.Promise();
  answer->value->emplace(Done{});
  use_->Leave([settle = AddonOf(env).pkcs11_mail->Expect(std::move(answer))] { settle(Done{}); });
  return promise;
}

namespace {

class Opening final : public Waiting {
 public:
  explicit Opening(Napi::Env env) : deferred(Napi::Promise::Deferred::New(env)) {}

  void Settle(Napi::Env env, const mortise::Status& status) override {
    if (!status.ok()) return deferred.Reject(node::ToJs(env, status.error()));
    Addon& addon = AddonOf(env);
    addon.new_pkcs11_use = std::move(*use);
    deferred.Resolve(addon.pkcs11_token.New({}));
  }

  const Napi::Promise::Deferred deferred;
  // Left again with the promise that was rejected.
  const std::shared_ptr<std::shared_ptr<PoolUse>> use = std::make_shared<std::shared_ptr<PoolUse>>();
};

Napi::Value OpenPkcs11(const Napi::CallbackInfo& info) {
  const Napi::Env env = info.Env();
  pkcs11::Options options = Pkcs11OptionsArg(info, 0);
  Pkcs11Mail& mail = *AddonOf(env).pkcs11_mail;
  auto opening = std::make_unique<Opening>(env);
  const Napi::Promise promise = opening->deferred.Promise();
  const auto use = opening->use;
  const pkcs11::Settle settle = mail.Expect(std::move(opening));
  Result<std::shared_ptr<pkcs11::Pool>> pool = pkcs11::Pool::Join(std::move(options), settle);
  if (!pool.ok()) {
    settle(pool.error());
    return promise;
  }
  *use = std::make_shared<PoolUse>(std::move(pool).value());
  mail.Remember(*use);
  return promise;
}

}  // namespace

void ExportPkcs11(Napi::Object exports) {
  const Napi::Env env = exports.Env();
  Addon& addon = AddonOf(env);
  addon.pkcs11_mail = Pkcs11Mail::Make(env);
  addon.pkcs11_token = Napi::Persistent(Pkcs11Token::Define(env));
  addon.pkcs11_key = Napi::Persistent(Pkcs11Key::Define(env));
  Export<OpenPkcs11>(exports, "openPkcs11");
}

}  // namespace mortise::node
