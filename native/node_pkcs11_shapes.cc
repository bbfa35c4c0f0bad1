// Options, identities, templates and facts of PKCS#11 between JavaScript and the core.
#include <algorithm>

#include "node_key_handle.h"
#include "node_pkcs11.h"

namespace mortise::node {
namespace {

using pkcs11::Claim;

constexpr std::pair<const char*, uint32_t> kUsages[] = {
    {"encrypt", pkcs11::kEncrypt}, {"decrypt", pkcs11::kDecrypt}, {"sign", pkcs11::kSign},    {"verify", pkcs11::kVerify},
    {"wrap", pkcs11::kWrap},       {"unwrap", pkcs11::kUnwrap},   {"derive", pkcs11::kDerive}};

constexpr std::pair<const char*, CK_FLAGS> kMechanismUsages[] = {
    {"encrypt", CKF_ENCRYPT}, {"decrypt", CKF_DECRYPT}, {"sign", CKF_SIGN},     {"verify", CKF_VERIFY},
    {"wrap", CKF_WRAP},       {"unwrap", CKF_UNWRAP},   {"derive", CKF_DERIVE}, {"digest", CKF_DIGEST},
    {"generate", CKF_GENERATE}, {"generate-pair", CKF_GENERATE_KEY_PAIR}};

constexpr std::pair<const char*, Hash> kOaepHashes[] = {{"SHA-1", Hash::kSha1},
                                                        {"SHA-224", Hash::kSha224},
                                                        {"SHA-256", Hash::kSha256},
                                                        {"SHA-384", Hash::kSha384},
                                                        {"SHA-512", Hash::kSha512}};

std::string OptionalText(Napi::Object object, const char* name) {
  const Napi::Value value = object.Get(name);
  return value.IsUndefined() ? std::string() : TextOf(value, name);
}

size_t Within(Napi::Object object, const char* name, size_t otherwise, size_t least, size_t most) {
  const Napi::Value value = object.Get(name);
  if (value.IsUndefined()) return otherwise;
  const uint64_t number = CountOf(value, name);
  if (number < least || number > most) {
    Invalid(object.Env(), std::string(name) + " must be " + std::to_string(least) + " to " + std::to_string(most));
  }
  return number;
}

// Whether it is the first of two words; nothing where it is left out.
std::optional<bool> Choice(Napi::Object object, const char* name, const char* yes, const char* no) {
  const Napi::Value value = object.Get(name);
  if (value.IsUndefined()) return std::nullopt;
  const std::string text = TextOf(value, name);
  if (text != yes && text != no) Invalid(object.Env(), std::string(name) + " must be " + yes + " or " + no);
  return text == yes;
}

pkcs11::Policy PolicyOf(Napi::Object object) {
  using pkcs11::Milliseconds;
  constexpr size_t kLongest = 600000;
  pkcs11::Policy policy;
  policy.threads = Within(object, "threads", policy.threads, 1, 256);
  policy.reserve = Within(object, "reserve", policy.reserve, 0, 65536);
  policy.queue = Within(object, "queue", policy.queue, 1, 65536);
  policy.deadline = Milliseconds(Within(object, "deadline", policy.deadline.count(), 1, kLongest));
  policy.generation_deadline =
      Milliseconds(Within(object, "generationDeadline", policy.generation_deadline.count(), 1, kLongest));
  policy.keep_alive = Milliseconds(Within(object, "keepAlive", policy.keep_alive.count(), 0, kLongest));
  policy.token_iv = Choice(object, "gcmIv", "token", "local");
  policy.iv_bits = Choice(object, "gcmParameters", "with-iv-bits", "without-iv-bits");
  return policy;
}

uint32_t UsagesOf(Napi::Value value) {
  const Napi::Env env = value.Env();
  if (!value.IsArray()) Invalid(env, "usages must be an array");
  const Napi::Array list = value.As<Napi::Array>();
  uint32_t usages = 0;
  for (uint32_t i = 0; i < list.Length(); i++) {
    const std::string name = TextOf(list.Get(i), "each of usages");
    const auto row = std::find_if(std::begin(kUsages), std::end(kUsages), [&](const auto& one) { return name == one.first; });
    if (row == std::end(kUsages)) Invalid(env, "usages has one that there is not");
    usages |= row->second;
  }
  return usages;
}

template <typename Bits, typename Number, size_t size>
Napi::Value Names(Napi::Env env, Number bits, const std::pair<const char*, Bits> (&rows)[size]) {
  Napi::Array names = Napi::Array::New(env);
  for (const auto& [name, bit] : rows) {
    if ((bits & bit) != 0) names.Set(names.Length(), Napi::String::New(env, name));
  }
  return names;
}

Napi::Value ToJs(Napi::Env env, Claim claim) {
  return claim == Claim::kAbsent ? env.Undefined() : Napi::Boolean::New(env, claim == Claim::kTrue);
}

Napi::Value Version(Napi::Env env, CK_VERSION version) {
  const std::string minor = std::to_string(version.minor);
  return Napi::String::New(env, std::to_string(version.major) + "." + minor);
}

Napi::Value Number(Napi::Env env, uint64_t value) { return Napi::Number::New(env, static_cast<double>(value)); }

template <size_t size>
Napi::Value Field(Napi::Env env, const CK_UTF8CHAR (&field)[size]) {
  return Napi::String::New(env, pkcs11::TextOf(field));
}

}  // namespace

std::vector<uint8_t> CopyOf(Napi::Value value, const char* name) {
  const ByteView bytes = BytesOf(value, name);
  return {bytes.data, bytes.data + bytes.size};
}

pkcs11::Options Pkcs11OptionsArg(const Napi::CallbackInfo& info, size_t index) {
  const Napi::Env env = info.Env();
  const Napi::Object object = ObjectArg(info, index, "options");
  pkcs11::Options options;
  options.module = TextOf(object.Get("module"), "module");
  const Napi::Value token = object.Get("token");
  if (!token.IsObject()) Invalid(env, "token must be an object");
  const Napi::Object selector = token.As<Napi::Object>();
  options.selector = {OptionalText(selector, "label"), OptionalText(selector, "serial"), OptionalText(selector, "manufacturer"),
                      OptionalText(selector, "model")};
  const Napi::Value pin = object.Get("pin");
  if (!pin.IsUndefined()) options.pin = Take(env, SecureBytes::Copy(BytesOf(pin, "pin")));
  options.initialization = OptionalText(object, "initialization");
  options.foreign = FlagOf(object, "foreign");
  const Napi::Value policy = object.Get("policy");
  if (policy.IsUndefined()) return options;
  if (!policy.IsObject()) Invalid(env, "policy must be an object");
  options.policy = PolicyOf(policy.As<Napi::Object>());
  return options;
}

pkcs11::KeyIdentity KeyIdentityArg(const Napi::CallbackInfo& info, size_t index) {
  const Napi::Env env = info.Env();
  const Napi::Object object = ObjectArg(info, index, "identity");
  pkcs11::KeyIdentity identity;
  identity.id = CopyOf(object.Get("id"), "id");
  if (identity.id.empty() || identity.id.size() > 255) Invalid(env, "id must have 1 to 255 bytes");
  identity.kind = KeyKindNamed(env, TextOf(object.Get("kind"), "kind"));
  identity.type = KeyTypeNamed(env, TextOf(object.Get("type"), "type"));
  const Napi::Value public_key = object.Get("publicKey");
  if (!public_key.IsUndefined()) identity.public_key = CopyOf(public_key, "publicKey");
  const Napi::Value check_value = object.Get("checkValue");
  if (!check_value.IsUndefined()) identity.check_value = CopyOf(check_value, "checkValue");
  return identity;
}

pkcs11::KeyTemplate KeyTemplateOf(Napi::Value value, const char* name) {
  if (!value.IsObject()) Invalid(value.Env(), std::string(name) + " must be an object");
  const Napi::Object object = value.As<Napi::Object>();
  pkcs11::KeyTemplate made;
  made.id = CopyOf(object.Get("id"), "id");
  made.label = TextOf(object.Get("label"), "label");
  made.usages = UsagesOf(object.Get("usages"));
  made.sensitive = object.Get("sensitive").IsUndefined() || FlagOf(object, "sensitive");
  made.extractable = FlagOf(object, "extractable");
  made.modifiable = FlagOf(object, "modifiable");
  return made;
}

Napi::Value ToJs(Napi::Env env, const pkcs11::KeyFacts& facts) {
  Napi::Object object = Napi::Object::New(env);
  object.Set("id", ToBuffer(env, facts.identity.id));
  object.Set("kind", KindName(facts.identity.kind));
  object.Set("type", TypeName(facts.identity.type));
  if (!facts.identity.public_key.empty()) object.Set("publicKey", ToBuffer(env, facts.identity.public_key));
  if (!facts.identity.check_value.empty()) object.Set("checkValue", ToBuffer(env, facts.identity.check_value));
  object.Set("label", facts.label);
  object.Set("bits", Number(env, facts.bits));
  const char* const curve = CurveName(facts.curve);
  object.Set("curve", curve == nullptr ? env.Undefined() : Napi::String::New(env, curve));
  object.Set("usages", Names(env, facts.usages, kUsages));
  object.Set("sensitive", ToJs(env, facts.sensitive));
  object.Set("extractable", ToJs(env, facts.extractable));
  object.Set("alwaysSensitive", ToJs(env, facts.always_sensitive));
  object.Set("neverExtractable", ToJs(env, facts.never_extractable));
  object.Set("local", ToJs(env, facts.local));
  object.Set("private", ToJs(env, facts.is_private));
  object.Set("modifiable", ToJs(env, facts.modifiable));
  return object;
}

Napi::Value ToJs(Napi::Env env, const pkcs11::Capabilities& capabilities) {
  Napi::Object object = Napi::Object::New(env);
  Napi::Array mechanisms = Napi::Array::New(env);
  for (const auto& [type, about] : capabilities.mechanisms) {
    Napi::Object mechanism = Napi::Object::New(env);
    mechanism.Set("name", pkcs11::MechanismName(type));
    mechanism.Set("type", Number(env, type));
    mechanism.Set("minKeySize", Number(env, about.ulMinKeySize));
    mechanism.Set("maxKeySize", Number(env, about.ulMaxKeySize));
    mechanism.Set("flags", Number(env, about.flags));
    mechanism.Set("usages", Names(env, about.flags, kMechanismUsages));
    mechanisms.Set(mechanisms.Length(), mechanism);
  }
  object.Set("mechanisms", mechanisms);
  Napi::Array hashes = Napi::Array::New(env);
  for (const auto& [name, hash] : kOaepHashes) {
    const auto& found = capabilities.oaep_hashes;
    if (std::find(found.begin(), found.end(), hash) != found.end()) hashes.Set(hashes.Length(), Napi::String::New(env, name));
  }
  object.Set("oaepHashes", hashes);
  const auto choice = [env](std::optional<bool> value, const char* yes, const char* no) -> Napi::Value {
    return value ? Napi::String::New(env, *value ? yes : no) : env.Undefined();
  };
  object.Set("gcmParameters", choice(capabilities.gcm_iv_bits, "with-iv-bits", "without-iv-bits"));
  object.Set("gcmIv", choice(capabilities.gcm_token_iv, "token", "local"));
  object.Set("keyWrapPad", capabilities.key_wrap_pad == 0
                               ? env.Undefined()
                               : Napi::String::New(env, pkcs11::MechanismName(capabilities.key_wrap_pad)));
  object.Set("cryptoki", Version(env, capabilities.cryptoki));
  Napi::Object library = Napi::Object::New(env);
  library.Set("manufacturer", Field(env, capabilities.library.manufacturerID));
  library.Set("description", Field(env, capabilities.library.libraryDescription));
  library.Set("version", Version(env, capabilities.library.libraryVersion));
  object.Set("library", library);
  Napi::Object token = Napi::Object::New(env);
  token.Set("label", Field(env, capabilities.token.label));
  token.Set("serial", Field(env, capabilities.token.serialNumber));
  token.Set("manufacturer", Field(env, capabilities.token.manufacturerID));
  token.Set("model", Field(env, capabilities.token.model));
  token.Set("flags", Number(env, capabilities.token.flags));
  token.Set("loginRequired", (capabilities.token.flags & CKF_LOGIN_REQUIRED) != 0);
  const std::optional<size_t> sessions = pkcs11::SessionsOf(capabilities.token);
  token.Set("maxSessions", sessions ? Number(env, *sessions) : env.Undefined());
  object.Set("token", token);
  object.Set("slot", Number(env, capabilities.slot));
  return object;
}

Napi::Value ToJs(Napi::Env env, const pkcs11::PoolStatus& status) {
  Napi::Object object = Napi::Object::New(env);
  object.Set("state", pkcs11::StateName(status.state));
  object.Set("reason", status.reason);
  const std::pair<const char*, uint64_t> numbers[] = {{"generation", status.generation},
                                                      {"threads", status.threads},
                                                      {"sessions", static_cast<uint64_t>(std::max<int64_t>(status.sessions, 0))},
                                                      {"sessionLimit", status.limit},
                                                      {"queued", status.queued},
                                                      {"inFlight", status.in_flight},
                                                      {"stuck", status.stuck},
                                                      {"jobs", status.jobs},
                                                      {"failed", status.failed},
                                                      {"busy", status.busy},
                                                      {"timeouts", status.timeouts},
                                                      {"logins", status.logins},
                                                      {"finds", status.finds},
                                                      {"sessionsOpened", status.sessions_opened},
                                                      {"retries", status.retries},
                                                      {"reinitializations", status.reinitializations},
                                                      {"nextAttempt", status.next_attempt_ms}};
  for (const auto& [name, value] : numbers) object.Set(name, Number(env, value));
  Napi::Object codes = Napi::Object::New(env);
  for (const auto& [name, count] : status.codes) codes.Set(name, Number(env, count));
  object.Set("returnCodes", codes);
  Napi::Array waits = Napi::Array::New(env);
  for (const uint64_t count : status.waits) waits.Set(waits.Length(), Number(env, count));
  object.Set("queueWait", waits);
  return object;
}

}  // namespace mortise::node
