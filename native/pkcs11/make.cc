#include "pkcs11/make.h"

#include "keys/asymmetric.h"
#include "keys/pkey_cache.h"
#include "pkcs11/find.h"
#include "pkcs11/public_key.h"

namespace mortise::pkcs11 {
namespace {

constexpr uint8_t kF4[] = {1, 0, 1};

struct UsageOf {
  Usage usage;
  CK_ATTRIBUTE_TYPE attribute;
};

// Those that keys of the kind and type can have.
std::vector<UsageOf> UsagesOf(KeyKind kind, KeyType type) {
  if (kind == KeyKind::kSecret) {
    if (type == KeyType::kHmac) return {{kSign, CKA_SIGN}, {kVerify, CKA_VERIFY}, {kDerive, CKA_DERIVE}};
    return {{kEncrypt, CKA_ENCRYPT}, {kDecrypt, CKA_DECRYPT}, {kSign, CKA_SIGN},    {kVerify, CKA_VERIFY},
            {kWrap, CKA_WRAP},       {kUnwrap, CKA_UNWRAP},   {kDerive, CKA_DERIVE}};
  }
  if (kind == KeyKind::kPrivate) {
    if (type == KeyType::kRsa) return {{kDecrypt, CKA_DECRYPT}, {kSign, CKA_SIGN}, {kUnwrap, CKA_UNWRAP}};
    if (type == KeyType::kEc) return {{kSign, CKA_SIGN}, {kDerive, CKA_DERIVE}};
    if (IsMontgomery(type)) return {{kDerive, CKA_DERIVE}};
    return {{kSign, CKA_SIGN}};
  }
  if (IsMontgomery(type)) return {};
  if (type == KeyType::kRsa) return {{kEncrypt, CKA_ENCRYPT}, {kVerify, CKA_VERIFY}, {kWrap, CKA_WRAP}};
  return {{kVerify, CKA_VERIFY}};
}

// Those that the class has whatever the type. What is not said some tokens take for true, and what does not fit the type others refuse even
// when it is false.
std::vector<UsageOf> UsagesOfClass(KeyKind kind) {
  if (kind == KeyKind::kSecret) return UsagesOf(kind, KeyType::kAes);
  if (kind == KeyKind::kPublic) return UsagesOf(kind, KeyType::kRsa);
  return {{kDecrypt, CKA_DECRYPT}, {kSign, CKA_SIGN}, {kUnwrap, CKA_UNWRAP}, {kDerive, CKA_DERIVE}};
}

// How much a template says: tokens that refuse the most of it are asked with less.
// A TPM for instance, whose keys that sign cannot be said not to decrypt.
enum class Saying { kAll, kWithoutOthers, kWithoutModifiable, kWithoutFalse };
constexpr Saying kSayings[] = {Saying::kAll, Saying::kWithoutOthers, Saying::kWithoutModifiable, Saying::kWithoutFalse};

void Describe(const Session& session, Template& attributes, KeyKind kind, KeyType type, const KeyTemplate& made, Saying saying) {
  attributes.Number(CKA_CLASS, ClassOf(kind)).Number(CKA_KEY_TYPE, KeyTypeNumber(session, type));
  attributes.Flag(CKA_TOKEN, true).Flag(CKA_PRIVATE, kind != KeyKind::kPublic);
  attributes.Bytes(CKA_ID, made.id).Text(CKA_LABEL, made.label);
  if (kind != KeyKind::kPublic) attributes.Flag(CKA_SENSITIVE, made.sensitive).Flag(CKA_EXTRACTABLE, made.extractable);
  for (const auto& [usage, attribute] : saying == Saying::kAll ? UsagesOfClass(kind) : UsagesOf(kind, type)) {
    const bool wanted = (made.usages & usage) != 0;
    if (wanted || saying != Saying::kWithoutFalse) attributes.Flag(attribute, wanted);
  }
  if (saying == Saying::kAll || saying == Saying::kWithoutOthers) attributes.Flag(CKA_MODIFIABLE, made.modifiable);
}

// What tokens say to a template that is not to their liking.
bool MeansTemplate(CK_RV answer) {
  return answer == CKR_ATTRIBUTE_TYPE_INVALID || answer == CKR_ATTRIBUTE_VALUE_INVALID || answer == CKR_ATTRIBUTE_READ_ONLY ||
         answer == CKR_TEMPLATE_INCONSISTENT;
}

// The same of a pair, which some refuse with a code that may mean anything: then it may have been made.
Result<bool> MeansTemplate(Session& session, CK_RV answer, const KeyTemplate& private_key) {
  if (answer != CKR_GENERAL_ERROR) return MeansTemplate(answer);
  MORTISE_TRY(there, FindById(session, KeyKind::kPrivate, private_key.id));
  return there.empty();
}

Status CheckTemplate(KeyKind kind, KeyType type, const KeyTemplate& made) {
  if (made.id.empty() || made.id.size() > 255) return Error{Code::kInputInvalid, "id must have 1 to 255 bytes"};
  if (made.label.size() > 1024) return Error{Code::kInputInvalid, "label must have at most 1,024 bytes"};
  uint32_t possible = 0;
  for (const auto& [usage, attribute] : UsagesOf(kind, type)) possible |= usage;
  if ((made.usages & ~possible) != 0) return Error{Code::kInputInvalid, "keys of this kind and type do not have all these usages"};
  return Done{};
}

// Facts of a new key, unless it is weaker than it was to be.
Result<KeyFacts> Accept(Session& session, CK_OBJECT_HANDLE object, KeyKind kind, const KeyTemplate& made) {
  MORTISE_TRY(facts, ReadFacts(session, object));
  const bool weak = !facts || (kind != KeyKind::kPublic && ((made.sensitive && facts->sensitive != Claim::kTrue) ||
                                                            (!made.extractable && facts->extractable == Claim::kTrue)));
  if (!weak) return std::move(*facts);
  session.functions().C_DestroyObject(session.handle(), object);
  return Error{Code::kHsmRefused, "the token makes the key less protected than was asked for: it has been destroyed"};
}

// One that was made before the session was lost.
Result<std::optional<KeyFacts>> MadeBefore(Session& session, KeyKind kind, const KeyTemplate& made, bool begun) {
  MORTISE_TRY(there, FindById(session, kind, made.id));
  std::optional<KeyFacts> none;
  if (there.empty()) return none;
  if (!begun || there.size() > 1) return Code::kHsmKeyExists;
  MORTISE_TRY(facts, Accept(session, there[0], kind, made));
  return std::optional(std::move(facts));
}

// A number of a private key, as long as it is.
Result<SecureBytes> NumberOf(const EVP_PKEY* pkey, const char* name, size_t size = 0) {
  BIGNUM* number = nullptr;
  if (EVP_PKEY_get_bn_param(pkey, name, &number) != 1) return Error{Code::kCryptoFailed, "the key lacks a part"};
  const BnPtr held(number);
  const size_t length = std::max(size, static_cast<size_t>(BN_num_bytes(number)));
  MORTISE_TRY(bytes, SecureBytes::Make(length));
  if (BN_bn2binpad(number, bytes.data(), static_cast<int>(length)) < 0) return Code::kInternal;
  return bytes;
}

// The parts of a key as attributes, which are wiped with it.
class Parts {
 public:
  Status Add(CK_ATTRIBUTE_TYPE type, Result<SecureBytes> part) {
    MORTISE_CHECK(part);
    parts_.emplace_back(type, std::move(part).value());
    return Done{};
  }
  Status Add(CK_ATTRIBUTE_TYPE type, ByteView part) { return Add(type, SecureBytes::Copy(part)); }
  void PutInto(Template& attributes) const {
    for (const auto& [type, bytes] : parts_) attributes.Bytes(type, bytes.view());
  }

 private:
  std::vector<std::pair<CK_ATTRIBUTE_TYPE, SecureBytes>> parts_;
};

Status AddPrivate(Parts& parts, const Key& key) {
  MORTISE_TRY(pkey, ExpandedPkey(key));
  if (key.type() == KeyType::kRsa) {
    constexpr struct {
      CK_ATTRIBUTE_TYPE type;
      const char* name;
    } kNumbers[] = {{CKA_MODULUS, OSSL_PKEY_PARAM_RSA_N},          {CKA_PUBLIC_EXPONENT, OSSL_PKEY_PARAM_RSA_E},
                    {CKA_PRIVATE_EXPONENT, OSSL_PKEY_PARAM_RSA_D}, {CKA_PRIME_1, OSSL_PKEY_PARAM_RSA_FACTOR1},
                    {CKA_PRIME_2, OSSL_PKEY_PARAM_RSA_FACTOR2},    {CKA_EXPONENT_1, OSSL_PKEY_PARAM_RSA_EXPONENT1},
                    {CKA_EXPONENT_2, OSSL_PKEY_PARAM_RSA_EXPONENT2}, {CKA_COEFFICIENT, OSSL_PKEY_PARAM_RSA_COEFFICIENT1}};
    for (const auto& [type, name] : kNumbers) MORTISE_CHECK(parts.Add(type, NumberOf(pkey.get(), name)));
    return Done{};
  }
  if (key.type() == KeyType::kEc) {
    MORTISE_CHECK(parts.Add(CKA_EC_PARAMS, ParametersOf(key.curve())));
    return parts.Add(CKA_VALUE, NumberOf(pkey.get(), OSSL_PKEY_PARAM_PRIV_KEY, (BitsOf(key.curve()) + 7) / 8));
  }
  const OctetCurve* const curve = OctetCurveOf(key.type());
  if (curve == nullptr) return Error{Code::kUnsupported, "keys of this type do not live on tokens"};
  size_t size = curve->size;
  MORTISE_TRY(seed, SecureBytes::Make(size));
  if (EVP_PKEY_get_raw_private_key(pkey.get(), seed.data(), &size) != 1 || size != seed.size()) return Code::kCryptoFailed;
  MORTISE_CHECK(parts.Add(CKA_EC_PARAMS, curve->parameters));
  return parts.Add(CKA_VALUE, std::move(seed));
}

Status AddPublic(Parts& parts, const Key& key) {
  if (key.type() == KeyType::kRsa) {
    MORTISE_TRY(rsa, RsaOfSpki(key.material()));
    MORTISE_CHECK(parts.Add(CKA_MODULUS, ByteView(rsa.modulus)));
    return parts.Add(CKA_PUBLIC_EXPONENT, ByteView(rsa.exponent));
  }
  MORTISE_TRY(ec, EcOfSpki(key.material()));
  MORTISE_CHECK(parts.Add(CKA_EC_PARAMS, ByteView(ec.parameters)));
  return parts.Add(CKA_EC_POINT, ByteView(InOctetString(ec.point)));
}

// A token that has CKM_EC_EDWARDS_KEY_PAIR_GEN alone may make keys for agreement by it, as SoftHSM does.
bool HasMontgomery(const Session& session) {
  return session.Needs(CKM_EC_MONTGOMERY_KEY_PAIR_GEN, CKF_GENERATE_KEY_PAIR).ok() ||
         !session.Needs(CKM_EC_EDWARDS_KEY_PAIR_GEN, CKF_GENERATE_KEY_PAIR).ok();
}

CK_MECHANISM_TYPE PairMechanism(const Session& session, KeyType type) {
  if (type == KeyType::kRsa) return CKM_RSA_PKCS_KEY_PAIR_GEN;
  if (type == KeyType::kEc) return CKM_EC_KEY_PAIR_GEN;
  return IsMontgomery(type) && HasMontgomery(session) ? CKM_EC_MONTGOMERY_KEY_PAIR_GEN : CKM_EC_EDWARDS_KEY_PAIR_GEN;
}

}  // namespace

CK_KEY_TYPE KeyTypeNumber(const Session& session, KeyType type) {
  switch (type) {
    case KeyType::kAes: return CKK_AES;
    case KeyType::kRsa: return CKK_RSA;
    case KeyType::kEc: return CKK_EC;
    case KeyType::kEd25519:
    case KeyType::kEd448: return CKK_EC_EDWARDS;
    case KeyType::kX25519:
    case KeyType::kX448: return HasMontgomery(session) ? CKK_EC_MONTGOMERY : CKK_EC_EDWARDS;
    default: return CKK_GENERIC_SECRET;
  }
}

Result<KeyFacts> MakeKey(Session& session, const char* call, std::optional<CK_MECHANISM_TYPE> mechanism, KeyKind kind,
                         KeyType type, const KeyTemplate& made, bool& begun, const Maker& maker) {
  MORTISE_CHECK(CheckTemplate(kind, type, made));
  MORTISE_TRY(before, MadeBefore(session, kind, made, begun));
  if (before) return std::move(*before);
  begun = true;
  CK_OBJECT_HANDLE object = 0;
  CK_RV answer = CKR_OK;
  for (const Saying saying : kSayings) {
    Template attributes;
    Describe(session, attributes, kind, type, made, saying);
    answer = maker(attributes, object);
    if (!MeansTemplate(answer)) break;
  }
  MORTISE_CHECK(mechanism ? session.Check(call, *mechanism, answer) : session.Check(call, answer));
  return Accept(session, object, kind, made);
}

Result<KeyFacts> GenerateSecret(Session& session, KeyType type, uint32_t bits, const KeyTemplate& made, bool& begun) {
  const bool aes = type == KeyType::kAes;
  if (aes ? bits != 128 && bits != 192 && bits != 256 : type != KeyType::kHmac || bits == 0 || bits % 8 != 0 || bits > 4096) {
    return Error{Code::kInputInvalid, "an AES key has 128, 192 or 256 bits, an HMAC key a multiple of 8 up to 4,096"};
  }
  CK_MECHANISM mechanism = {aes ? CKM_AES_KEY_GEN : CKM_GENERIC_SECRET_KEY_GEN, nullptr, 0};
  MORTISE_CHECK(session.Needs(mechanism.mechanism, CKF_GENERATE));
  return MakeKey(session, "C_GenerateKey", mechanism.mechanism, KeyKind::kSecret, type, made, begun,
                 [&](Template& attributes, CK_OBJECT_HANDLE& object) {
                   attributes.Number(CKA_VALUE_LEN, bits / 8);
                   return session.functions().C_GenerateKey(session.handle(), &mechanism, attributes.data(), attributes.size(),
                                                            &object);
                 });
}

Result<PairFacts> GeneratePair(Session& session, const PairTemplate& made, bool& begun) {
  MORTISE_CHECK(CheckTemplate(KeyKind::kPrivate, made.type, made.private_key));
  MORTISE_CHECK(CheckTemplate(KeyKind::kPublic, made.type, made.public_key));
  const OctetCurve* const octets = OctetCurveOf(made.type);
  CK_MECHANISM mechanism = {PairMechanism(session, made.type), nullptr, 0};
  MORTISE_CHECK(session.Needs(mechanism.mechanism, CKF_GENERATE_KEY_PAIR));
  MORTISE_TRY(private_key, MadeBefore(session, KeyKind::kPrivate, made.private_key, begun));
  MORTISE_TRY(public_key, MadeBefore(session, KeyKind::kPublic, made.public_key, begun));
  if (private_key.has_value() != public_key.has_value()) return Code::kHsmKeyExists;
  if (!private_key) {
    begun = true;
    CK_OBJECT_HANDLE public_object = 0;
    CK_OBJECT_HANDLE private_object = 0;
    CK_RV answer = CKR_OK;
    // Some tokens know these curves by their names only.
    for (const bool by_name : {false, true}) {
      if (by_name && octets == nullptr) break;
      for (const Saying saying : kSayings) {
        Template public_attributes, private_attributes;
        Describe(session, public_attributes, KeyKind::kPublic, made.type, made.public_key, saying);
        Describe(session, private_attributes, KeyKind::kPrivate, made.type, made.private_key, saying);
        if (made.type == KeyType::kRsa) {
          public_attributes.Number(CKA_MODULUS_BITS, made.bits).Bytes(CKA_PUBLIC_EXPONENT, {kF4, sizeof kF4});
        } else {
          public_attributes.Bytes(CKA_EC_PARAMS, octets == nullptr ? ParametersOf(made.curve)
                                                 : by_name         ? octets->name
                                                                   : octets->parameters);
        }
        answer = session.functions().C_GenerateKeyPair(session.handle(), &mechanism, public_attributes.data(),
                                                       public_attributes.size(), private_attributes.data(),
                                                       private_attributes.size(), &public_object, &private_object);
        MORTISE_TRY(again, MeansTemplate(session, answer, made.private_key));
        if (!again) break;
      }
      if (answer == CKR_OK || ReturnCodeOf(answer).action != Action::kFail) break;
    }
    MORTISE_CHECK(session.Check("C_GenerateKeyPair", mechanism.mechanism, answer));
    Result<KeyFacts> accepted = Accept(session, private_object, KeyKind::kPrivate, made.private_key);
    if (!accepted.ok() && session.fault() == CKR_OK) session.functions().C_DestroyObject(session.handle(), public_object);
    MORTISE_CHECK(accepted);
    MORTISE_TRY(accepted_public, Accept(session, public_object, KeyKind::kPublic, made.public_key));
    private_key = std::move(accepted).value();
    public_key = std::move(accepted_public);
  }
  private_key->identity.public_key = public_key->identity.public_key;
  // The pair belongs together: what the private key signs, the public one verifies.
  MORTISE_CHECK(FindKey(session, private_key->identity));
  return PairFacts{std::move(*private_key), std::move(*public_key)};
}

Result<KeyFacts> Create(Session& session, const Key& key, const KeyTemplate& made, bool& begun) {
  Parts parts;
  if (key.kind() == KeyKind::kSecret) {
    MORTISE_CHECK(parts.Add(CKA_VALUE, key.material()));
  } else {
    MORTISE_CHECK(key.kind() == KeyKind::kPrivate ? AddPrivate(parts, key) : AddPublic(parts, key));
  }
  return MakeKey(session, "C_CreateObject", std::nullopt, key.kind(), key.type(), made, begun,
                 [&](Template& attributes, CK_OBJECT_HANDLE& object) {
                   parts.PutInto(attributes);
                   return session.functions().C_CreateObject(session.handle(), attributes.data(), attributes.size(), &object);
                 });
}

Status Destroy(Session& session, TokenKey& key) {
  MORTISE_TRY(located, session.Locate(key));
  key.Remember({});
  return session.Check("C_DestroyObject", session.functions().C_DestroyObject(session.handle(), located.handle));
}

Status SetAttributes(Session& session, TokenKey& key, const std::optional<std::string>& label,
                     const std::optional<std::vector<uint8_t>>& id) {
  MORTISE_TRY(located, session.Locate(key));
  Template attributes;
  if (label) attributes.Text(CKA_LABEL, *label);
  if (id) {
    MORTISE_TRY(there, FindById(session, key.identity().kind, *id));
    if (!there.empty() && *id != key.identity().id) return Code::kHsmKeyExists;
    attributes.Bytes(CKA_ID, *id);
  }
  const CK_RV answer = session.functions().C_SetAttributeValue(session.handle(), located.handle, attributes.data(), attributes.size());
  if (id) key.Remember({});
  return session.Check("C_SetAttributeValue", answer);
}

}  // namespace mortise::pkcs11
