#include "pkcs11/capabilities.h"

#include <algorithm>

#include "keys/secret.h"
#include "pkcs11/attributes.h"
#include "pkcs11/cipher.h"
#include "pkcs11/transport.h"
#include "wrap/keywrap.h"

namespace mortise::pkcs11 {
namespace {

// More than any device has; what is larger is nothing but a way to say that nobody knows.
constexpr size_t kMostSessions = 1 << 20;

// Trying leaves no trace: what fails is not there, and says nothing of the device.
class Trial {
 public:
  explicit Trial(Session& session) : session_(session) {}
  ~Trial() {
    for (const CK_OBJECT_HANDLE object : made_) session_.functions().C_DestroyObject(session_.handle(), object);
    session_.ClearFault();
  }
  Trial(const Trial&) = delete;
  Trial& operator=(const Trial&) = delete;

  // Objects of the session, 0 where there is none.
  CK_OBJECT_HANDLE Create(Template& attributes) {
    CK_OBJECT_HANDLE object = 0;
    const CK_RV answer =
        session_.functions().C_CreateObject(session_.handle(), attributes.data(), attributes.size(), &object);
    return answer == CKR_OK ? Keep(object) : 0;
  }
  CK_OBJECT_HANDLE Generate(CK_MECHANISM_TYPE type, Template& attributes) {
    CK_OBJECT_HANDLE object = 0;
    CK_MECHANISM mechanism = {type, nullptr, 0};
    const CK_RV answer = session_.functions().C_GenerateKey(session_.handle(), &mechanism, attributes.data(),
                                                            attributes.size(), &object);
    return answer == CKR_OK ? Keep(object) : 0;
  }

 private:
  CK_OBJECT_HANDLE Keep(CK_OBJECT_HANDLE object) {
    made_.push_back(object);
    return object;
  }

  Session& session_;
  std::vector<CK_OBJECT_HANDLE> made_;
};

Template SessionKey(CK_OBJECT_CLASS object_class, CK_KEY_TYPE type) {
  Template attributes;
  attributes.Number(CKA_CLASS, object_class).Number(CKA_KEY_TYPE, type).Flag(CKA_TOKEN, false).Flag(CKA_PRIVATE, false);
  return attributes;
}

void TryOaep(Session& session, Capabilities& found) {
  if (found.Find(CKM_RSA_PKCS_OAEP, CKF_ENCRYPT) == nullptr) return;
  Trial trial(session);
  // Nobody knows its factors, and nobody needs to.
  std::vector<uint8_t> modulus(256);
  if (!Random({modulus.data(), modulus.size()}).ok()) return;
  modulus.front() |= 0x80;
  modulus.back() |= 1;
  const uint8_t exponent[] = {1, 0, 1};
  Template attributes = SessionKey(CKO_PUBLIC_KEY, CKK_RSA);
  attributes.Flag(CKA_ENCRYPT, true).Bytes(CKA_MODULUS, modulus).Bytes(CKA_PUBLIC_EXPONENT, {exponent, sizeof exponent});
  const CK_OBJECT_HANDLE key = trial.Create(attributes);
  if (key == 0) return;
  // Told when all have been tried: what is known keeps others from being asked for.
  std::vector<Hash> hashes;
  for (const Hash hash : {Hash::kSha1, Hash::kSha224, Hash::kSha256, Hash::kSha384, Hash::kSha512}) {
    Cipher cipher;
    cipher.mode = Mode::kOaep;
    cipher.hash = cipher.mask = hash;
    if (EncryptWith(session, key, cipher, ByteView(std::string_view("x"))).ok()) hashes.push_back(hash);
  }
  found.oaep_hashes = std::move(hashes);
}

void TryGcm(Session& session, Capabilities& found) {
  if (found.Find(CKM_AES_GCM, CKF_ENCRYPT) == nullptr) return;
  Trial trial(session);
  Template attributes = SessionKey(CKO_SECRET_KEY, CKK_AES);
  attributes.Number(CKA_VALUE_LEN, 32).Flag(CKA_ENCRYPT, true);
  const CK_OBJECT_HANDLE key = trial.Generate(CKM_AES_KEY_GEN, attributes);
  if (key == 0) return;
  for (const bool iv_bits : {true, false}) {
    std::vector<uint8_t> iv(kGcmIv);
    if (!Random({iv.data(), iv.size()}).ok()) return;
    const std::vector<uint8_t> given = iv;
    GcmParameters parameters({iv.data(), iv.size()}, {}, kGcmTag, iv_bits);
    if (!EncryptGcm(session, key, parameters, ByteView(std::string_view("x"))).ok()) continue;
    found.gcm_iv_bits = iv_bits;
    found.gcm_token_iv = iv != given;
    return;
  }
}

// What the token wraps so, against what we do by RFC 5649. Some pad by themselves before, so that it is another thing for what is no multiple of
// eight bytes.
void TryKeyWrapPad(Session& session, Capabilities& found) {
  Trial trial(session);
  Result<KeyRef> aes = mortise::GenerateSecret(KeyType::kAes, 256);
  if (!aes.ok()) return;
  Template wrapping = SessionKey(CKO_SECRET_KEY, CKK_AES);
  wrapping.Bytes(CKA_VALUE, aes.value()->material()).Flag(CKA_WRAP, true);
  const CK_OBJECT_HANDLE key = trial.Create(wrapping);
  const auto conforms = [&](CK_MECHANISM_TYPE type, size_t size) {
    const std::vector<uint8_t> clear(size, 0x5a);
    Template target = SessionKey(CKO_SECRET_KEY, CKK_GENERIC_SECRET);
    target.Bytes(CKA_VALUE, clear).Flag(CKA_EXTRACTABLE, true).Flag(CKA_SENSITIVE, false);
    const CK_OBJECT_HANDLE object = trial.Create(target);
    CK_MECHANISM mechanism = {type, nullptr, 0};
    Result<std::vector<uint8_t>> ours = WrapBytes(*aes.value(), clear, WrapMode::kKwp);
    Result<std::vector<uint8_t>> theirs = WrapObject(session, mechanism, key, object, 64);
    return key != 0 && object != 0 && ours.ok() && theirs.ok() && ours.value() == theirs.value();
  };
  for (const CK_MECHANISM_TYPE type : {CKM_AES_KEY_WRAP_KWP, CKM_AES_KEY_WRAP_PAD}) {
    if (found.Find(type, CKF_WRAP) == nullptr || !conforms(type, 32)) continue;
    found.key_wrap_pad = type;
    found.key_wrap_any_length = conforms(type, 21);
    return;
  }
}

}  // namespace

Status Capabilities::NeedsOaep(Hash hash) const {
  const bool tried = !oaep_hashes.empty() && std::find(oaep_hashes.begin(), oaep_hashes.end(), hash) == oaep_hashes.end();
  if (MechanismsOf(hash) != nullptr && !tried) return Done{};
  return Error{Code::kHsmUnsupported, std::string("the token has no CKM_RSA_PKCS_OAEP with ") + HashName(hash)};
}

const Mechanism* Capabilities::Find(CK_MECHANISM_TYPE type, CK_FLAGS flags) const {
  const auto at = std::lower_bound(mechanisms.begin(), mechanisms.end(), type,
                                   [](const Mechanism& one, CK_MECHANISM_TYPE wanted) { return one.type < wanted; });
  return at != mechanisms.end() && at->type == type && (at->info.flags & flags) == flags ? &*at : nullptr;
}

std::optional<size_t> SessionsOf(const CK_TOKEN_INFO& token) {
  std::optional<size_t> sessions;
  for (const CK_ULONG most : {token.ulMaxSessionCount, token.ulMaxRwSessionCount}) {
    if (most != 0 && most < kMostSessions) sessions = std::min<size_t>(most, sessions.value_or(most));
  }
  return sessions;
}

Status ProbeMechanisms(Session& session, CK_SLOT_ID slot, Capabilities& found) {
  const CK_FUNCTION_LIST& functions = session.functions();
  std::vector<CK_MECHANISM_TYPE> types(1024);
  CK_ULONG count = types.size();
  CK_RV answer = functions.C_GetMechanismList(slot, types.data(), &count);
  if (answer == CKR_BUFFER_TOO_SMALL && count <= 65536) {
    types.resize(count);
    answer = functions.C_GetMechanismList(slot, types.data(), &count);
  }
  MORTISE_CHECK(session.Check("C_GetMechanismList", answer));
  types.resize(std::min<size_t>(count, types.size()));
  std::sort(types.begin(), types.end());
  types.erase(std::unique(types.begin(), types.end()), types.end());
  found.mechanisms.clear();
  for (const CK_MECHANISM_TYPE type : types) {
    CK_MECHANISM_INFO info = {};
    if (functions.C_GetMechanismInfo(slot, type, &info) == CKR_OK) found.mechanisms.push_back({type, info});
  }
  MORTISE_CHECK(session.Check("C_GetInfo", functions.C_GetInfo(&found.library)));
  found.cryptoki = session.token().module()->version();
  return Done{};
}

void ProbeByTrying(Session& session, Capabilities& found) {
  TryOaep(session, found);
  TryGcm(session, found);
  TryKeyWrapPad(session, found);
}

}  // namespace mortise::pkcs11
