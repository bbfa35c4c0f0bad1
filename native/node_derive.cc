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

// More would hold up whoever else waits for a thread.
constexpr uint32_t kMostKeys = 256;

std::vector<uint8_t> InputOf(Napi::Value value, const char* name) {
  const ByteView bytes = BytesOf(value, name);
  if (bytes.size > kLongestInput) {
    Throw(value.Env(), Error{Code::kInputTooLarge, std::string(name) + " is longer than 1,024 bytes"});
  }
  return {bytes.data, bytes.data + bytes.size};
}

std::vector<uint8_t> OptionalInput(Napi::Object object, const char* name) {
  const Napi::Value value = object.Get(name);
  if (value.IsUndefined()) return {};
  return InputOf(value, name);
}

KdfMethod MethodNamed(Napi::Env env, const std::string& name) {
  for (const auto& [label, method] : {std::pair{"HKDF", KdfMethod::kHkdf}, std::pair{"PBKDF2", KdfMethod::kPbkdf2},
                                      std::pair{"SP800-108-counter", KdfMethod::kCounter},
                                      std::pair{"SP800-108-feedback", KdfMethod::kFeedback},
                                      std::pair{"SP800-108-pipeline", KdfMethod::kPipeline},
                                      std::pair{"Hash", KdfMethod::kHash}, std::pair{"HMAC", KdfMethod::kHmac},
                                      std::pair{"Encrypted", KdfMethod::kEncrypted},
                                      std::pair{"Agreed", KdfMethod::kAgreed}}) {
    if (name == label) return method;
  }
  Throw(env, Error{Code::kUnsupported, "method is not one of those supported"});
}

std::vector<std::vector<uint8_t>> InfosArg(const Napi::CallbackInfo& info, size_t index) {
  if (!info[index].IsArray()) Invalid(info.Env(), "infos must be an array of Uint8Array");
  const Napi::Array list = info[index].As<Napi::Array>();
  if (list.Length() > kMostKeys) {
    Throw(info.Env(), Error{Code::kInputTooLarge, "256 keys are derived at once, and no more"});
  }
  std::vector<std::vector<uint8_t>> infos;
  for (uint32_t i = 0; i < list.Length() && i < kMostKeys; i++) infos.push_back(InputOf(list.Get(i), "each info"));
  return infos;
}

using Keys = std::vector<KeyRef>;

// What is derived, and copies of what goes into it.
struct Deriving {
  KeyRef base;
  KeyRef peer;
  Derivation derivation;
  KeyType type;
  uint32_t bits;
  std::vector<uint8_t> salt;
  std::vector<uint8_t> context;
  std::vector<uint8_t> iv;
  std::vector<std::vector<uint8_t>> infos;

  Result<Keys> Run() {
    derivation.salt = salt;
    derivation.context = context;
    derivation.iv = iv;
    derivation.infos.assign(infos.begin(), infos.end());
    return DeriveKeys(*base, peer.get(), derivation, type, bits);
  }
};

// (base, peer | undefined, method, hash, inputs, type, bits)
std::shared_ptr<Deriving> DerivingArgs(const Napi::CallbackInfo& info) {
  const Napi::Env env = info.Env();
  const auto deriving = std::make_shared<Deriving>();
  deriving->base = KeyArg(info, 0, "base");
  deriving->peer = info[1].IsUndefined() ? nullptr : KeyArg(info, 1, "peer");
  Derivation& derivation = deriving->derivation;
  derivation.method = MethodNamed(env, StringArg(info, 2, "method"));
  derivation.hash = HashArg(info, 3);
  const Napi::Object inputs = ObjectArg(info, 4, "inputs");
  deriving->salt = OptionalInput(inputs, "salt");
  deriving->context = OptionalInput(inputs, "context");
  if (derivation.method == KdfMethod::kPbkdf2) {
    derivation.iterations = Uint32Of(inputs.Get("iterations"), "iterations");
    if (derivation.iterations < 1 || derivation.iterations > 10'000'000) {
      Invalid(env, "iterations must be 1 to 10,000,000");
    }
  }
  if (derivation.method == KdfMethod::kEncrypted) {
    derivation.mode = ModeNamed(env, TextOf(inputs.Get("mode"), "mode"));
    derivation.padded = inputs.Get("padded").ToBoolean();
    deriving->iv = OptionalInput(inputs, "iv");
  }
  deriving->type = KeyTypeArg(info, 5);
  deriving->bits = Uint32Of(info[6], "bits");
  return deriving;
}

Napi::Value DeriveOne(const Napi::CallbackInfo& info) {
  const auto deriving = DerivingArgs(info);
  deriving->infos = {OptionalInput(info[4].As<Napi::Object>(), "info")};
  return Job<Keys>::Run(
      info.Env(), [deriving] { return deriving->Run(); },
      [](Napi::Env env, Keys& keys) { return KeyHandle::New(env, std::move(keys.front())); });
}

// The infos stand behind the others.
Napi::Value DeriveAll(const Napi::CallbackInfo& info) {
  const auto deriving = DerivingArgs(info);
  deriving->infos = InfosArg(info, 7);
  if (deriving->derivation.method == KdfMethod::kPbkdf2) {
    Throw(info.Env(), Error{Code::kUnsupported, "PBKDF2 derives one key, because it has no info"});
  }
  return Job<Keys>::Run(
      info.Env(), [deriving] { return deriving->Run(); },
      [](Napi::Env env, Keys& keys) -> Napi::Value {
        Napi::Array list = Napi::Array::New(env, keys.size());
        for (uint32_t i = 0; i < keys.size(); i++) list.Set(i, KeyHandle::New(env, std::move(keys[i])));
        return list;
      });
}

SplitMethod SplitMethodNamed(Napi::Env env, const std::string& name) {
  if (name == "XOR") return SplitMethod::kXor;
  if (name == "PolynomialSharingGF2_8") return SplitMethod::kGf8;
  if (name == "PolynomialSharingGF2_16") return SplitMethod::kGf16;
  if (name == "PolynomialSharingPrimeField") return SplitMethod::kPrime;
  Throw(env, Error{Code::kUnsupported, "method is not one of those supported"});
}

// The method at `index`, and behind it the polynomial or the prime of its field.
Sharing SharingArg(const Napi::CallbackInfo& info, size_t index) {
  const Napi::Env env = info.Env();
  const SplitMethod method = SplitMethodNamed(env, StringArg(info, index, "method"));
  Sharing sharing{method, 0x11b, {}};
  if (method == SplitMethod::kPrime) {
    sharing.prime = BytesArg(info, index + 1, "prime");
    if (sharing.prime.size > kLargestPrime) Invalid(env, "a prime has at most 1024 bytes");
  } else if (method != SplitMethod::kXor) {
    sharing.polynomial = Uint32Of(info[index + 1], "polynomial");
    if (sharing.polynomial != 0x11b && sharing.polynomial != 0x11d) Invalid(env, "the polynomial is 283 or 285");
  }
  return sharing;
}

Napi::Value Split(const Napi::CallbackInfo& info) {
  const Napi::Env env = info.Env();
  const KeyRef key = KeyArg(info, 0, "key");
  const Sharing sharing = SharingArg(info, 1);
  const uint32_t parts = Uint32Of(info[3], "parts");
  const uint32_t threshold = Uint32Of(info[4], "threshold");
  std::vector<KeyRef> shares = Take(env, SplitKey(*key, sharing, parts, threshold));
  Napi::Array list = Napi::Array::New(env, shares.size());
  for (uint32_t i = 0; i < shares.size(); i++) list.Set(i, KeyHandle::New(env, std::move(shares[i])));
  return list;
}

// joinShares(shares, identifiers, method, field, size, kind, type)
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
  const Sharing sharing = SharingArg(info, 2);
  const uint32_t size = Uint32Of(info[4], "size");
  const KeyKind kind = KeyKindArg(info, 5);
  return KeyHandle::New(env, Take(env, JoinShares(shares, sharing, size, kind, KeyTypeArg(info, 6))));
}

}  // namespace

void ExportDerive(Napi::Object exports) {
  Export<DeriveOne>(exports, "deriveKey");
  Export<DeriveAll>(exports, "deriveKeys");
  Export<Split>(exports, "splitKey");
  Export<Join>(exports, "joinShares");
}

}  // namespace mortise::node
