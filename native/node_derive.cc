// Keys from keys: derived, agreed on, split and joined.
#include "kdf/kdf.h"
#include "node_args.h"
#include "node_job.h"
#include "node_key_handle.h"
#include "split/split.h"

namespace mortise::node {
namespace {

// Salt, info and context are no secrets; a label of OpenSSL's is not longer.
constexpr size_t kLongestInput = 1024;

std::vector<uint8_t> OptionalBytes(Napi::Object object, const char* name) {
  const Napi::Value value = object.Get(name);
  if (value.IsUndefined()) return {};
  const ByteView bytes = BytesOf(value, name);
  if (bytes.size > kLongestInput) {
    Throw(object.Env(), Error{Code::kInputTooLarge, std::string(name) + " is longer than 1,024 bytes"});
  }
  return {bytes.data, bytes.data + bytes.size};
}

KdfMethod MethodNamed(Napi::Env env, const std::string& name) {
  if (name == "HKDF") return KdfMethod::kHkdf;
  if (name == "PBKDF2") return KdfMethod::kPbkdf2;
  if (name == "SP800-108-counter") return KdfMethod::kCounter;
  Throw(env, Error{Code::kUnsupported, "method is not one of those supported"});
}

struct Inputs {
  std::vector<uint8_t> salt;
  std::vector<uint8_t> info;
  std::vector<uint8_t> context;
};

// deriveKey(base, peer | undefined, method, hash, inputs, type, bits)
Napi::Value Derive(const Napi::CallbackInfo& info) {
  const Napi::Env env = info.Env();
  const KeyRef base = KeyArg(info, 0, "base");
  const KeyRef peer = info[1].IsUndefined() ? nullptr : KeyArg(info, 1, "peer");
  Derivation derivation;
  derivation.method = MethodNamed(env, StringArg(info, 2, "method"));
  derivation.hash = HashArg(info, 3);
  const Napi::Object object = ObjectArg(info, 4, "inputs");
  const auto inputs = std::make_shared<Inputs>();
  inputs->salt = OptionalBytes(object, "salt");
  inputs->info = OptionalBytes(object, "info");
  inputs->context = OptionalBytes(object, "context");
  if (derivation.method == KdfMethod::kPbkdf2) {
    derivation.iterations = Uint32Of(object.Get("iterations"), "iterations");
    if (derivation.iterations < 1 || derivation.iterations > 10'000'000) {
      Invalid(env, "iterations must be 1 to 10,000,000");
    }
  }
  const KeyType type = KeyTypeArg(info, 5);
  const uint32_t bits = Uint32Of(info[6], "bits");
  return Job<KeyRef>::Run(
      env,
      [base, peer, derivation, inputs, type, bits]() mutable {
        derivation.salt = inputs->salt;
        derivation.info = inputs->info;
        derivation.context = inputs->context;
        return DeriveKey(*base, peer.get(), derivation, type, bits);
      },
      [](Napi::Env env, KeyRef& key) { return KeyHandle::New(env, std::move(key)); });
}

SplitMethod SplitMethodArg(const Napi::CallbackInfo& info, size_t index) {
  const std::string name = StringArg(info, index, "method");
  if (name == "XOR") return SplitMethod::kXor;
  if (name == "PolynomialSharingGF2_8") return SplitMethod::kPolynomial;
  Throw(info.Env(), Error{Code::kUnsupported, "method is not one of those supported"});
}

Napi::Value Split(const Napi::CallbackInfo& info) {
  const Napi::Env env = info.Env();
  const KeyRef key = KeyArg(info, 0, "key");
  const SplitMethod method = SplitMethodArg(info, 1);
  const uint32_t parts = Uint32Of(info[2], "parts");
  const uint32_t threshold = Uint32Of(info[3], "threshold");
  std::vector<KeyRef> shares = Take(env, SplitKey(*key, method, parts, threshold));
  Napi::Array list = Napi::Array::New(env, shares.size());
  for (uint32_t i = 0; i < shares.size(); i++) list.Set(i, KeyHandle::New(env, std::move(shares[i])));
  return list;
}

// joinShares(shares, identifiers, method, kind, type)
Napi::Value Join(const Napi::CallbackInfo& info) {
  const Napi::Env env = info.Env();
  if (!info[0].IsArray()) Invalid(env, "shares must be an array of key handles");
  const Napi::Array list = info[0].As<Napi::Array>();
  const ByteView identifiers = BytesArg(info, 1, "identifiers");
  if (identifiers.size != list.Length()) Invalid(env, "shares and identifiers must be of one length");
  const std::vector<uint8_t> numbers(identifiers.data, identifiers.data + identifiers.size);
  std::vector<Share> shares;
  for (uint32_t i = 0; i < list.Length() && i < numbers.size(); i++) {
    const KeyHandle* handle = KeyHandle::From(list.Get(i));
    if (handle == nullptr || handle->key() == nullptr) Invalid(env, "shares must be an array of key handles");
    shares.push_back({numbers[i], handle->key()});
  }
  const SplitMethod method = SplitMethodArg(info, 2);
  const KeyKind kind = KeyKindArg(info, 3);
  return KeyHandle::New(env, Take(env, JoinShares(shares, method, kind, KeyTypeArg(info, 4))));
}

}  // namespace

void ExportDerive(Napi::Object exports) {
  Export<Derive>(exports, "deriveKey");
  Export<Split>(exports, "splitKey");
  Export<Join>(exports, "joinShares");
}

}  // namespace mortise::node
