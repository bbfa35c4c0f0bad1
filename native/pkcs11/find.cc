#include "pkcs11/find.h"

#include <algorithm>

#include "keys/asymmetric.h"
#include "pkcs11/attributes.h"
#include "pkcs11/public_key.h"
#include "pkcs11/sign.h"
#include "sign/signer.h"

namespace mortise::pkcs11 {
namespace {

constexpr CK_ULONG kHandlesAtOnce = 64;
constexpr size_t kCheckValueSize = 3;

// Up to `limit`, and that they were not all is no error.
Result<std::vector<CK_OBJECT_HANDLE>> FindObjects(Session& session, Template& wanted, size_t limit) {
  const CK_FUNCTION_LIST& functions = session.functions();
  session.token().counters().finds++;
  MORTISE_CHECK(session.Check("C_FindObjectsInit",
                              functions.C_FindObjectsInit(session.handle(), wanted.data(), wanted.size())));
  std::vector<CK_OBJECT_HANDLE> found;
  CK_RV answer = CKR_OK;
  for (CK_ULONG count = 1; answer == CKR_OK && count > 0 && found.size() < limit;) {
    CK_OBJECT_HANDLE some[kHandlesAtOnce];
    count = 0;
    answer = functions.C_FindObjects(session.handle(), some, kHandlesAtOnce, &count);
    if (answer == CKR_OK) found.insert(found.end(), some, some + std::min(count, kHandlesAtOnce));
  }
  const CK_RV final = functions.C_FindObjectsFinal(session.handle());
  MORTISE_CHECK(session.Check("C_FindObjects", answer));
  MORTISE_CHECK(session.Check("C_FindObjectsFinal", final));
  return found;
}

std::optional<KeyKind> KindOf(CK_ULONG object_class) {
  if (object_class == CKO_SECRET_KEY) return KeyKind::kSecret;
  if (object_class == CKO_PRIVATE_KEY) return KeyKind::kPrivate;
  if (object_class == CKO_PUBLIC_KEY) return KeyKind::kPublic;
  return std::nullopt;
}

std::optional<KeyType> TypeOf(CK_ULONG key_type) {
  switch (key_type) {
    case CKK_AES: return KeyType::kAes;
    case CKK_GENERIC_SECRET:
    case CKK_SHA_1_HMAC:
    case CKK_SHA224_HMAC:
    case CKK_SHA256_HMAC:
    case CKK_SHA384_HMAC:
    case CKK_SHA512_HMAC: return KeyType::kHmac;
    case CKK_RSA: return KeyType::kRsa;
    case CKK_EC: return KeyType::kEc;
    // Which of the curves its parameters say.
    case CKK_EC_EDWARDS: return KeyType::kEd25519;
    case CKK_EC_MONTGOMERY: return KeyType::kX25519;
    default: return std::nullopt;
  }
}

constexpr struct {
  CK_ATTRIBUTE_TYPE attribute;
  Usage usage;
} kUsages[] = {{CKA_ENCRYPT, kEncrypt}, {CKA_DECRYPT, kDecrypt}, {CKA_SIGN, kSign},    {CKA_VERIFY, kVerify},
               {CKA_WRAP, kWrap},       {CKA_UNWRAP, kUnwrap},   {CKA_DERIVE, kDerive}};

bool IsOneOf(CK_RV answer, std::initializer_list<CK_RV> codes) {
  return std::find(codes.begin(), codes.end(), answer) != codes.end();
}

// What a use of the key tells of it where the token has no check value: of AES the first bytes of an encrypted block of zeros, as
// the specification has it (4.10.2), of HMAC those of the MAC of one zero. Empty where the key is not for that.
Result<std::vector<uint8_t>> CheckValueByUse(Session& session, CK_OBJECT_HANDLE object, KeyType type, uint32_t usages) {
  const CK_FUNCTION_LIST& functions = session.functions();
  const bool aes = type == KeyType::kAes;
  CK_MECHANISM mechanism = {aes ? CKM_AES_ECB : CKM_SHA256_HMAC, nullptr, 0};
  std::vector<uint8_t> empty;
  if ((usages & (aes ? kEncrypt : kSign)) == 0 || !session.Needs(mechanism.mechanism, aes ? CKF_ENCRYPT : CKF_SIGN).ok()) {
    return empty;
  }
  const CK_RV begun = aes ? functions.C_EncryptInit(session.handle(), &mechanism, object)
                          : functions.C_SignInit(session.handle(), &mechanism, object);
  // Keys may be bound to some mechanisms.
  if (IsOneOf(begun, {CKR_MECHANISM_INVALID, CKR_KEY_FUNCTION_NOT_PERMITTED, CKR_KEY_TYPE_INCONSISTENT, CKR_KEY_SIZE_RANGE})) {
    return empty;
  }
  MORTISE_CHECK(session.Check(aes ? "C_EncryptInit" : "C_SignInit", mechanism.mechanism, begun));
  uint8_t zeros[16] = {};
  std::vector<uint8_t> out(64);
  MORTISE_CHECK(session.Check(aes ? "C_Encrypt" : "C_Sign", mechanism.mechanism, WithRoom(out, [&](uint8_t* to, CK_ULONG* size) {
                                return aes ? functions.C_Encrypt(session.handle(), zeros, sizeof zeros, to, size)
                                           : functions.C_Sign(session.handle(), zeros, 1, to, size);
                              })));
  if (out.size() > kCheckValueSize) out.resize(kCheckValueSize);
  return out;
}

// SPKI of the public key that has the id of a private one; empty where there is none, or more than one.
Result<std::vector<uint8_t>> SpkiBeside(Session& session, ByteView id) {
  MORTISE_TRY(found, FindById(session, KeyKind::kPublic, id));
  std::vector<uint8_t> empty;
  if (found.size() != 1) return empty;
  MORTISE_TRY(facts, ReadFacts(session, found[0]));
  return facts ? facts->identity.public_key : empty;
}

const char* SchemeNameOf(const Key& key) {
  if (key.type() == KeyType::kEd25519) return "EdDSA";
  if (key.type() == KeyType::kEd448) return "Ed448";
  switch (key.curve()) {
    case Curve::kP256: return "ES256";
    case Curve::kP384: return "ES384";
    case Curve::kP521: return "ES512";
    default: return "ES256K";
  }
}

bool AsksPin(const KeyFacts& facts) {
  return facts.identity.kind == KeyKind::kPrivate && facts.always_authenticate == Claim::kTrue;
}

enum class Proof { kSame, kOther, kImpossible };

// A private key on a curve does not tell which it is: it signs something that nobody has signed, for the public key that is known.
Result<Proof> ProveBySigning(Session& session, CK_OBJECT_HANDLE object, ByteView spki, bool asks_pin) {
  const CK_FUNCTION_LIST& functions = session.functions();
  MORTISE_TRY(key, ImportPublic(spki));
  if (IsMontgomery(key->type())) return Proof::kImpossible;
  CK_EDDSA_PARAMS eddsa = {};
  CK_MECHANISM mechanism = IsEdwards(key->type()) ? EddsaOf(key->type(), eddsa) : CK_MECHANISM{CKM_ECDSA, nullptr, 0};
  if (!session.Needs(mechanism.mechanism, CKF_SIGN).ok()) return Proof::kImpossible;
  uint8_t challenge[32];
  MORTISE_CHECK(Random({challenge, sizeof challenge}));
  const CK_RV begun = functions.C_SignInit(session.handle(), &mechanism, object);
  if (IsOneOf(begun, {CKR_KEY_FUNCTION_NOT_PERMITTED, CKR_MECHANISM_INVALID})) return Proof::kImpossible;
  if (IsOneOf(begun, {CKR_KEY_TYPE_INCONSISTENT})) return Proof::kOther;
  MORTISE_CHECK(session.Check("C_SignInit", mechanism.mechanism, begun));
  MORTISE_CHECK(session.Authenticate(asks_pin));
  std::vector<uint8_t> signature(144);
  MORTISE_CHECK(session.Check("C_Sign", mechanism.mechanism, WithRoom(signature, [&](uint8_t* out, CK_ULONG* size) {
                                return functions.C_Sign(session.handle(), challenge, sizeof challenge, out, size);
                              })));
  SignatureForm form;
  form.bare = form.p1363 = key->type() == KeyType::kEc;
  MORTISE_TRY(valid, Verify(*key, *FindScheme(SchemeNameOf(*key)), form, {challenge, sizeof challenge}, signature));
  return valid ? Proof::kSame : Proof::kOther;
}

Result<bool> IsKey(Session& session, CK_OBJECT_HANDLE object, const KeyFacts& facts, const KeyIdentity& identity) {
  if (facts.identity.type != identity.type) return false;
  if (identity.kind == KeyKind::kSecret) {
    return identity.check_value.empty() || facts.identity.check_value == identity.check_value;
  }
  if (identity.public_key.empty()) return true;
  if (identity.kind == KeyKind::kPublic || identity.type == KeyType::kRsa) {
    return facts.identity.public_key == identity.public_key;
  }
  MORTISE_TRY(proof, ProveBySigning(session, object, identity.public_key, AsksPin(facts)));
  if (proof != Proof::kImpossible) return proof == Proof::kSame;
  return facts.identity.public_key == identity.public_key;
}

}  // namespace

CK_OBJECT_CLASS ClassOf(KeyKind kind) {
  return kind == KeyKind::kSecret ? CKO_SECRET_KEY : kind == KeyKind::kPrivate ? CKO_PRIVATE_KEY : CKO_PUBLIC_KEY;
}

Result<std::vector<CK_OBJECT_HANDLE>> FindById(Session& session, KeyKind kind, ByteView id) {
  Template wanted;
  wanted.Number(CKA_CLASS, ClassOf(kind)).Bytes(CKA_ID, id);
  return FindObjects(session, wanted, kHandlesAtOnce);
}

Result<Located> FindKey(Session& session, const KeyIdentity& identity) {
  MORTISE_TRY(found, FindById(session, identity.kind, identity.id));
  Located located;
  size_t count = 0;
  for (const CK_OBJECT_HANDLE object : found) {
    MORTISE_TRY(facts, ReadFacts(session, object));
    if (!facts) continue;
    MORTISE_TRY(same, IsKey(session, object, *facts, identity));
    if (!same) continue;
    count++;
    located = {session.generation(), object, facts->bits, facts->curve, AsksPin(*facts)};
  }
  if (count == 1) return located;
  if (count > 1) return Error{Code::kHsmKeyNotFound, "the token has more than one key of this identity"};
  if (!found.empty()) return Error{Code::kHsmKeyNotFound, "the token has another key with the id of this one"};
  // Nothing is found where nobody is logged in.
  bool logged_in = true;
  MORTISE_CHECK(session.Check("C_GetSessionInfo", session.Probe(logged_in)));
  if (!logged_in && session.token().options().pin.size() > 0) {
    return session.Check("C_FindObjects", CKR_USER_NOT_LOGGED_IN).error();
  }
  return Code::kHsmKeyNotFound;
}

Result<std::vector<KeyFacts>> FindKeys(Session& session, const KeyQuery& query) {
  std::vector<KeyFacts> keys;
  for (const KeyKind kind : {KeyKind::kSecret, KeyKind::kPrivate, KeyKind::kPublic}) {
    if (query.kind && *query.kind != kind) continue;
    Template wanted;
    wanted.Number(CKA_CLASS, ClassOf(kind));
    if (query.id) wanted.Bytes(CKA_ID, *query.id);
    if (query.label) wanted.Text(CKA_LABEL, *query.label);
    MORTISE_TRY(found, FindObjects(session, wanted, query.limit));
    for (const CK_OBJECT_HANDLE object : found) {
      if (keys.size() >= query.limit) break;
      MORTISE_TRY(facts, ReadFacts(session, object));
      if (facts) keys.push_back(std::move(*facts));
    }
  }
  return keys;
}

Result<std::optional<KeyFacts>> ReadFacts(Session& session, CK_OBJECT_HANDLE object) {
  MORTISE_TRY(read, Attributes::Read(session, object,
                                     {{CKA_CLASS, sizeof(CK_ULONG)},   {CKA_KEY_TYPE, sizeof(CK_ULONG)},
                                      {CKA_ID, 255},                   {CKA_LABEL, 1024},
                                      {CKA_SENSITIVE, 1},              {CKA_EXTRACTABLE, 1},
                                      {CKA_ALWAYS_SENSITIVE, 1},       {CKA_NEVER_EXTRACTABLE, 1},
                                      {CKA_LOCAL, 1},                  {CKA_PRIVATE, 1},
                                      {CKA_MODIFIABLE, 1},             {CKA_ENCRYPT, 1},
                                      {CKA_DECRYPT, 1},                {CKA_SIGN, 1},
                                      {CKA_VERIFY, 1},                 {CKA_WRAP, 1},
                                      {CKA_UNWRAP, 1},                 {CKA_DERIVE, 1},
                                      {CKA_ALWAYS_AUTHENTICATE, 1}}));
  const std::optional<KeyKind> kind = KindOf(read.Number(CKA_CLASS).value_or(CK_UNAVAILABLE_INFORMATION));
  const std::optional<KeyType> type = TypeOf(read.Number(CKA_KEY_TYPE).value_or(CK_UNAVAILABLE_INFORMATION));
  std::optional<KeyFacts> none;
  if (!kind || !type) return none;
  KeyFacts facts;
  facts.identity.id = read.Bytes(CKA_ID);
  facts.identity.kind = *kind;
  facts.identity.type = *type;
  const std::vector<uint8_t> label = read.Bytes(CKA_LABEL);
  facts.label.assign(label.begin(), label.end());
  for (const auto& [attribute, usage] : kUsages) {
    if (read.Flag(attribute) == Claim::kTrue) facts.usages |= usage;
  }
  facts.sensitive = read.Flag(CKA_SENSITIVE);
  facts.extractable = read.Flag(CKA_EXTRACTABLE);
  facts.always_sensitive = read.Flag(CKA_ALWAYS_SENSITIVE);
  facts.never_extractable = read.Flag(CKA_NEVER_EXTRACTABLE);
  facts.local = read.Flag(CKA_LOCAL);
  facts.is_private = read.Flag(CKA_PRIVATE);
  facts.modifiable = read.Flag(CKA_MODIFIABLE);
  facts.always_authenticate = read.Flag(CKA_ALWAYS_AUTHENTICATE);
  if (*kind == KeyKind::kSecret) {
    MORTISE_TRY(secret, Attributes::Read(session, object, {{CKA_VALUE_LEN, sizeof(CK_ULONG)}, {CKA_CHECK_VALUE, 8}}));
    facts.bits = static_cast<uint32_t>(8 * secret.Number(CKA_VALUE_LEN).value_or(0));
    facts.identity.check_value = secret.Bytes(CKA_CHECK_VALUE);
    if (facts.identity.check_value.empty()) {
      MORTISE_TRY(value, CheckValueByUse(session, object, *type, facts.usages));
      facts.identity.check_value = std::move(value);
    }
    return std::optional(std::move(facts));
  }
  if (*type == KeyType::kRsa) {
    MORTISE_TRY(rsa, Attributes::Read(session, object, {{CKA_MODULUS, 2048}, {CKA_PUBLIC_EXPONENT, 512}}));
    facts.identity.public_key = SpkiOfRsa(rsa.Bytes(CKA_MODULUS), rsa.Bytes(CKA_PUBLIC_EXPONENT));
    std::vector<uint8_t> modulus = rsa.Bytes(CKA_MODULUS);
    modulus.erase(modulus.begin(), std::find_if(modulus.begin(), modulus.end(), [](uint8_t byte) { return byte != 0; }));
    facts.bits = static_cast<uint32_t>(8 * modulus.size());
    return std::optional(std::move(facts));
  }
  MORTISE_TRY(ec, Attributes::Read(session, object, {{CKA_EC_PARAMS, 64}, {CKA_EC_POINT, 256}}));
  const std::vector<uint8_t> parameters = ec.Bytes(CKA_EC_PARAMS);
  const std::vector<uint8_t> point = ec.Bytes(CKA_EC_POINT);
  if (*type != KeyType::kEc) {
    // Those that say nothing are of the curve that there was first.
    const OctetCurve* const curve = parameters.empty() ? OctetCurveOf(*type) : OctetCurveOf(parameters);
    if (curve == nullptr) return none;
    facts.identity.type = curve->type;
    facts.bits = curve->bits;
    facts.identity.public_key = SpkiOfOctets(*curve, point);
  } else {
    facts.curve = CurveOf(parameters);
    facts.bits = BitsOf(facts.curve);
    // Of a curve that is not known here.
    if (facts.curve == Curve::kNone) return none;
    facts.identity.public_key = SpkiOfEc(parameters, point);
  }
  if (*kind == KeyKind::kPrivate && facts.identity.public_key.empty()) {
    MORTISE_TRY(spki, SpkiBeside(session, facts.identity.id));
    facts.identity.public_key = std::move(spki);
  }
  return std::optional(std::move(facts));
}

Result<Health> TestToken(Session& session) {
  const CK_FUNCTION_LIST& functions = session.functions();
  const Clock::time_point begin = Clock::now();
  MORTISE_TRY(opened, session.token().OpenSession(session));
  CK_SESSION_INFO info = {};
  uint8_t random[16];
  const CK_RV state = functions.C_GetSessionInfo(opened, &info);
  const CK_RV generated = functions.C_GenerateRandom(opened, random, sizeof random);
  const CK_RV closed = functions.C_CloseSession(opened);
  session.token().counters().sessions--;
  MORTISE_CHECK(session.Check("C_GetSessionInfo", state));
  // Not every token has random numbers for others.
  if (generated != CKR_RANDOM_NO_RNG) MORTISE_CHECK(session.Check("C_GenerateRandom", generated));
  MORTISE_CHECK(session.Check("C_CloseSession", closed));
  CK_TOKEN_INFO token = {};
  MORTISE_CHECK(session.Check("C_GetTokenInfo", functions.C_GetTokenInfo(info.slotID, &token)));
  const std::chrono::duration<double, std::milli> took = Clock::now() - begin;
  return Health{took.count(), info.state == CKS_RO_USER_FUNCTIONS || info.state == CKS_RW_USER_FUNCTIONS, token.flags};
}

}  // namespace mortise::pkcs11
