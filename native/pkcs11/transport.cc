#include "pkcs11/transport.h"

#include "keys/asymmetric.h"
#include "keys/secret.h"
#include "pkcs11/cipher.h"
#include "pkcs11/find.h"
#include "pkcs11/public_key.h"
#include "rsa/oaep.h"
#include "wrap/keywrap.h"

namespace mortise::pkcs11 {
namespace {

constexpr size_t kBlock = 16;
constexpr CK_ULONG kTransportBits = 2048;
constexpr uint8_t kF4[] = {1, 0, 1};

CK_RSA_PKCS_OAEP_PARAMS OaepOf(Hash hash) {
  const HashMechanisms& row = *MechanismsOf(hash);
  return {row.digest, row.mgf, CKZ_DATA_SPECIFIED, nullptr, 0};
}

// A mechanism that wraps, and what its parameters point to.
struct Wrapping {
  Wrapping() = default;
  Wrapping(const Wrapping&) = delete;
  Wrapping& operator=(const Wrapping&) = delete;

  Status Set(const Session& session, WrapMethod method, KeyType key, CK_FLAGS flag) {
    const Capabilities& found = session.capabilities();
    const bool rsa = method == WrapMethod::kOaepSha1 || method == WrapMethod::kOaepSha256 || method == WrapMethod::kRsaPkcs1;
    if (key != (rsa ? KeyType::kRsa : KeyType::kAes)) return Error{Code::kUnsupported, "keys of this type do not wrap so"};
    switch (method) {
      case WrapMethod::kAesKw: mechanism = {CKM_AES_KEY_WRAP, nullptr, 0}; break;
      case WrapMethod::kAesKwp:
        mechanism = {found.key_wrap_pad == 0 ? CKM_AES_KEY_WRAP_KWP : found.key_wrap_pad, nullptr, 0};
        break;
      case WrapMethod::kAesCbcPad: mechanism = {CKM_AES_CBC_PAD, iv, sizeof iv}; break;
      case WrapMethod::kRsaPkcs1: mechanism = {CKM_RSA_PKCS, nullptr, 0}; break;
      case WrapMethod::kOaepSha1:
      case WrapMethod::kOaepSha256:
        MORTISE_CHECK(found.NeedsOaep(method == WrapMethod::kOaepSha1 ? Hash::kSha1 : Hash::kSha256));
        oaep = OaepOf(method == WrapMethod::kOaepSha1 ? Hash::kSha1 : Hash::kSha256);
        mechanism = {CKM_RSA_PKCS_OAEP, &oaep, sizeof oaep};
        break;
    }
    return session.Needs(mechanism.mechanism, flag);
  }

  CK_MECHANISM mechanism = {};
  CK_RSA_PKCS_OAEP_PARAMS oaep = {};
  uint8_t iv[kBlock] = {};
};

CK_RV UnwrapObject(Session& session, CK_MECHANISM& mechanism, CK_OBJECT_HANDLE key, ByteView wrapped, Template& attributes,
                   CK_OBJECT_HANDLE& object) {
  return session.functions().C_UnwrapKey(session.handle(), &mechanism, key, const_cast<uint8_t*>(wrapped.data), wrapped.size,
                                         attributes.data(), attributes.size(), &object);
}

// Objects that live no longer than an import.
class Passing {
 public:
  explicit Passing(Session& session) : session_(session) {}
  ~Passing() {
    for (const CK_OBJECT_HANDLE object : objects_) session_.functions().C_DestroyObject(session_.handle(), object);
  }
  Passing(const Passing&) = delete;
  Passing& operator=(const Passing&) = delete;
  CK_OBJECT_HANDLE Keep(CK_OBJECT_HANDLE object) {
    objects_.push_back(object);
    return object;
  }

 private:
  Session& session_;
  std::vector<CK_OBJECT_HANDLE> objects_;
};

// An RSA key of the token's for one import: its handle, and our half.
struct TransportKey {
  CK_OBJECT_HANDLE handle;
  KeyRef public_key;
  Hash hash;
};

Result<TransportKey> MakeTransportKey(Session& session, Passing& passing) {
  const Capabilities& found = session.capabilities();
  MORTISE_CHECK(session.Needs(CKM_RSA_PKCS_OAEP, CKF_UNWRAP));
  MORTISE_CHECK(session.Needs(CKM_RSA_PKCS_KEY_PAIR_GEN, CKF_GENERATE_KEY_PAIR));
  if (found.oaep_hashes.empty()) return Error{Code::kHsmUnsupported, "the token has no CKM_RSA_PKCS_OAEP for this"};
  Hash hash = found.oaep_hashes.front();
  for (const Hash one : found.oaep_hashes) {
    if (one == Hash::kSha256) hash = one;
  }
  Template public_attributes, private_attributes;
  public_attributes.Number(CKA_CLASS, CKO_PUBLIC_KEY).Number(CKA_KEY_TYPE, CKK_RSA).Flag(CKA_TOKEN, false).Flag(CKA_PRIVATE, false);
  public_attributes.Flag(CKA_WRAP, true).Flag(CKA_ENCRYPT, true);
  public_attributes.Number(CKA_MODULUS_BITS, kTransportBits).Bytes(CKA_PUBLIC_EXPONENT, {kF4, sizeof kF4});
  private_attributes.Number(CKA_CLASS, CKO_PRIVATE_KEY).Number(CKA_KEY_TYPE, CKK_RSA).Flag(CKA_TOKEN, false);
  private_attributes.Flag(CKA_PRIVATE, true).Flag(CKA_SENSITIVE, true).Flag(CKA_EXTRACTABLE, false).Flag(CKA_UNWRAP, true);
  CK_MECHANISM mechanism = {CKM_RSA_PKCS_KEY_PAIR_GEN, nullptr, 0};
  CK_OBJECT_HANDLE public_object = 0;
  CK_OBJECT_HANDLE private_object = 0;
  MORTISE_CHECK(session.Check("C_GenerateKeyPair", mechanism.mechanism,
                              session.functions().C_GenerateKeyPair(
                                  session.handle(), &mechanism, public_attributes.data(), public_attributes.size(),
                                  private_attributes.data(), private_attributes.size(), &public_object, &private_object)));
  passing.Keep(public_object);
  passing.Keep(private_object);
  MORTISE_TRY(read, Attributes::Read(session, public_object, {{CKA_MODULUS, 2048}, {CKA_PUBLIC_EXPONENT, 512}}));
  MORTISE_TRY(public_key, ImportPublic(SpkiOfRsa(read.Bytes(CKA_MODULUS), read.Bytes(CKA_PUBLIC_EXPONENT))));
  return TransportKey{private_object, public_key, hash};
}

Result<KeyFacts> ImportWrapped(Session& session, const Key& key, const KeyTemplate& made, bool& begun) {
  const bool secret = key.kind() == KeyKind::kSecret;
  const CK_MECHANISM_TYPE pad = session.capabilities().key_wrap_pad;
  if (!secret) MORTISE_CHECK(session.Needs(pad == 0 ? CKM_AES_KEY_WRAP_KWP : pad, CKF_UNWRAP));
  Passing passing(session);
  MORTISE_TRY(transport, MakeTransportKey(session, passing));
  CK_RSA_PKCS_OAEP_PARAMS oaep = OaepOf(transport.hash);
  CK_MECHANISM mechanism = {CKM_RSA_PKCS_OAEP, &oaep, sizeof oaep};
  CK_OBJECT_HANDLE unwrapping = transport.handle;
  std::vector<uint8_t> wrapped;
  if (secret) {
    MORTISE_TRY(encrypted, OaepEncrypt(*transport.public_key, transport.hash, key.material()));
    wrapped = std::move(encrypted);
  } else {
    // Too long for RSA: under an AES key that goes the same way.
    MORTISE_TRY(aes, mortise::GenerateSecret(KeyType::kAes, 256));
    MORTISE_TRY(encrypted, OaepEncrypt(*transport.public_key, transport.hash, aes->material()));
    Template attributes;
    attributes.Number(CKA_CLASS, CKO_SECRET_KEY).Number(CKA_KEY_TYPE, CKK_AES).Flag(CKA_TOKEN, false).Flag(CKA_PRIVATE, true);
    attributes.Flag(CKA_SENSITIVE, true).Flag(CKA_EXTRACTABLE, false).Flag(CKA_UNWRAP, true);
    CK_OBJECT_HANDLE object = 0;
    MORTISE_CHECK(session.Check("C_UnwrapKey", mechanism.mechanism,
                                UnwrapObject(session, mechanism, transport.handle, encrypted, attributes, object)));
    unwrapping = passing.Keep(object);
    mechanism = {pad, nullptr, 0};
    MORTISE_TRY(under_aes, WrapBytes(*aes, key.material(), WrapMode::kKwp));
    wrapped = std::move(under_aes);
  }
  return MakeKey(session, "C_UnwrapKey", mechanism.mechanism, key.kind(), key.type(), made, begun,
                 [&](Template& attributes, CK_OBJECT_HANDLE& object) {
                   return UnwrapObject(session, mechanism, unwrapping, wrapped, attributes, object);
                 });
}


// How long a secret key is, where the token does not tell it of one that it has unwrapped; 0 where it cannot be found out. It is unwrapped once
// more, for a moment, as one that may leave under another key of the token's, and is as much longer then as RFC 3394 makes it.
Result<uint32_t> BitsByWrapping(Session& session, CK_MECHANISM& mechanism, CK_OBJECT_HANDLE unwrapping, ByteView wrapped,
                                KeyType type) {
  if (!session.Needs(CKM_AES_KEY_GEN, CKF_GENERATE).ok() || !session.Needs(CKM_AES_KEY_WRAP, CKF_WRAP).ok()) return 0u;
  const CK_FUNCTION_LIST& functions = session.functions();
  Passing passing(session);
  Template wrapping_attributes, attributes;
  wrapping_attributes.Number(CKA_CLASS, CKO_SECRET_KEY).Number(CKA_KEY_TYPE, CKK_AES).Flag(CKA_TOKEN, false);
  wrapping_attributes.Flag(CKA_PRIVATE, true).Flag(CKA_SENSITIVE, true).Flag(CKA_EXTRACTABLE, false).Flag(CKA_WRAP, true);
  wrapping_attributes.Number(CKA_VALUE_LEN, 32);
  CK_MECHANISM generation = {CKM_AES_KEY_GEN, nullptr, 0};
  CK_OBJECT_HANDLE object = 0;
  MORTISE_CHECK(session.Check("C_GenerateKey", generation.mechanism,
                              functions.C_GenerateKey(session.handle(), &generation, wrapping_attributes.data(),
                                                      wrapping_attributes.size(), &object)));
  const CK_OBJECT_HANDLE key = passing.Keep(object);
  attributes.Number(CKA_CLASS, CKO_SECRET_KEY).Number(CKA_KEY_TYPE, KeyTypeNumber(session, type)).Flag(CKA_TOKEN, false);
  attributes.Flag(CKA_PRIVATE, true).Flag(CKA_SENSITIVE, true).Flag(CKA_EXTRACTABLE, true);
  MORTISE_CHECK(session.Check("C_UnwrapKey", mechanism.mechanism,
                              UnwrapObject(session, mechanism, unwrapping, wrapped, attributes, object)));
  CK_MECHANISM wrap = {CKM_AES_KEY_WRAP, nullptr, 0};
  MORTISE_TRY(out, WrapObject(session, wrap, key, passing.Keep(object), wrapped.size + 16));
  return static_cast<uint32_t>(8 * (out.size() - 8));
}

// The point of the peer bare, as the specification has it, or in an OCTET STRING, as some tokens want it (2.40, section 2.3.9).
Status WithPeer(Session& session, TokenKey& key, ByteView peer, const std::function<Status(CK_MECHANISM&)>& derive) {
  const KeyType type = key.identity().type;
  if (key.identity().kind != KeyKind::kPrivate || (type != KeyType::kEc && !IsMontgomery(type))) {
    return Error{Code::kUnsupported, "agreement needs a private key on a curve"};
  }
  MORTISE_CHECK(session.Needs(CKM_ECDH1_DERIVE, CKF_DERIVE));
  MORTISE_CHECK(ImportPublic(peer));
  MORTISE_TRY(ec, EcOfSpki(peer));
  MORTISE_TRY(located, session.Locate(key));
  const OctetCurve* const octets = OctetCurveOf(ec.parameters);
  if (octets != OctetCurveOf(type) || CurveOf(ec.parameters) != located.curve) {
    return Error{Code::kKeyInvalid, "the keys are on different curves"};
  }
  std::vector<uint8_t> point = ec.point;
  for (const bool wrapped : {false, true}) {
    if (wrapped) point = InOctetString(ec.point);
    CK_ECDH1_DERIVE_PARAMS parameters = {CKD_NULL, 0, nullptr, point.size(), point.data()};
    CK_MECHANISM mechanism = {CKM_ECDH1_DERIVE, &parameters, sizeof parameters};
    session.ClearFault();
    Status status = derive(mechanism);
    const CK_RV fault = session.fault();
    if (wrapped || (fault != CKR_MECHANISM_PARAM_INVALID && fault != CKR_ARGUMENTS_BAD && fault != CKR_DATA_INVALID)) {
      return status;
    }
  }
  return Code::kInternal;
}

}  // namespace

Result<std::vector<uint8_t>> WrapObject(Session& session, CK_MECHANISM& mechanism, CK_OBJECT_HANDLE wrapping,
                                        CK_OBJECT_HANDLE target, size_t room) {
  std::vector<uint8_t> out(room);
  MORTISE_CHECK(session.Check("C_WrapKey", mechanism.mechanism, WithRoom(out, [&](uint8_t* to, CK_ULONG* size) {
                                return session.functions().C_WrapKey(session.handle(), &mechanism, wrapping, target, to, size);
                              })));
  return out;
}

Result<std::vector<uint8_t>> Wrap(Session& session, TokenKey& key, TokenKey& target, WrapMethod method) {
  Wrapping wrapping;
  MORTISE_CHECK(wrapping.Set(session, method, key.identity().type, CKF_WRAP));
  const bool with_iv = method == WrapMethod::kAesCbcPad;
  if (with_iv) MORTISE_CHECK(Random({wrapping.iv, sizeof wrapping.iv}));
  MORTISE_TRY(located, session.Locate(key));
  MORTISE_TRY(wanted, session.Locate(target));
  const bool odd = target.identity().kind == KeyKind::kPrivate || wanted.bits % 64 != 0;
  if (method == WrapMethod::kAesKwp && odd && !session.capabilities().key_wrap_any_length) {
    return Error{Code::kHsmUnsupported, "the token does RFC 5649 for keys of a multiple of eight bytes only"};
  }
  // Not every token sees to it.
  MORTISE_TRY(read, Attributes::Read(session, wanted.handle, {{CKA_EXTRACTABLE, 1}}));
  if (read.Flag(CKA_EXTRACTABLE) != Claim::kTrue) return Error{Code::kHsmRefused, "the key is not extractable"};
  // PKCS#8 of RSA-4096 has 2.4 KB.
  constexpr size_t kRoom = 4096;
  MORTISE_TRY(wrapped, WrapObject(session, wrapping.mechanism, located.handle, wanted.handle, kRoom));
  if (with_iv) wrapped.insert(wrapped.begin(), std::begin(wrapping.iv), std::end(wrapping.iv));
  return wrapped;
}

Result<KeyFacts> Unwrap(Session& session, TokenKey& key, ByteView wrapped, WrapMethod method, KeyKind kind, KeyType type,
                        const KeyTemplate& made, bool& begun) {
  Wrapping wrapping;
  MORTISE_CHECK(wrapping.Set(session, method, key.identity().type, CKF_UNWRAP));
  if (method == WrapMethod::kAesCbcPad) {
    if (wrapped.size < kBlock) return Code::kDecryptionFailed;
    std::copy(wrapped.data, wrapped.data + kBlock, wrapping.iv);
    wrapped = wrapped.From(kBlock);
  }
  MORTISE_TRY(located, session.Locate(key));
  Result<KeyFacts> facts = MakeKey(session, "C_UnwrapKey", wrapping.mechanism.mechanism, kind, type, made, begun,
                                   [&](Template& attributes, CK_OBJECT_HANDLE& object) {
                                     return UnwrapObject(session, wrapping.mechanism, located.handle, wrapped, attributes, object);
                                   });
  // Of the template it says so itself.
  const CK_RV fault = session.fault();
  const bool wrapped_badly = fault == CKR_WRAPPED_KEY_INVALID || fault == CKR_WRAPPED_KEY_LEN_RANGE ||
                             fault == CKR_ENCRYPTED_DATA_INVALID || fault == CKR_ENCRYPTED_DATA_LEN_RANGE ||
                             fault == CKR_DATA_INVALID || fault == CKR_DATA_LEN_RANGE || fault == CKR_GENERAL_ERROR ||
                             fault == CKR_FUNCTION_FAILED || fault == CKR_DEVICE_ERROR || fault == CKR_ARGUMENTS_BAD;
  if (!facts.ok() && wrapped_badly) return Code::kDecryptionFailed;
  if (!facts.ok() || kind != KeyKind::kSecret || facts.value().bits != 0) return facts;
  Result<uint32_t> bits = BitsByWrapping(session, wrapping.mechanism, located.handle, wrapped, type);
  if (bits.ok()) {
    facts.value().bits = bits.value();
  } else if (bits.error().code != Code::kHsmUnsupported && bits.error().code != Code::kHsmRefused) {
    return bits.error();
  } else {
    session.ClearFault();
  }
  return facts;
}

Result<Imported> Import(Session& session, const Key& key, const KeyTemplate& made, ImportBy by, bool& begun) {
  if (key.kind() != KeyKind::kPublic && by != ImportBy::kCreated) {
    Result<KeyFacts> facts = ImportWrapped(session, key, made, begun);
    if (facts.ok()) return Imported{std::move(facts).value(), true};
    const Code code = facts.error().code;
    if (by == ImportBy::kWrapped || (code != Code::kHsmUnsupported && code != Code::kHsmRefused)) return facts.error();
    session.ClearFault();
  }
  MORTISE_TRY(facts, Create(session, key, made, begun));
  return Imported{std::move(facts), false};
}

Result<KeyFacts> Derive(Session& session, TokenKey& key, ByteView peer, KeyType type, uint32_t bits, const KeyTemplate& made,
                        bool& begun) {
  std::optional<KeyFacts> derived;
  MORTISE_CHECK(WithPeer(session, key, peer, [&](CK_MECHANISM& mechanism) -> Status {
    MORTISE_TRY(located, session.Locate(key));
    // Of what is too long tokens take the end (2.40, section 2.3.8), and everybody else the beginning: the peer would have another key.
    if (bits / 8 != (located.bits + 7) / 8) {
      return Error{Code::kHsmUnsupported, "CKM_ECDH1_DERIVE makes keys as long as the field of the curve"};
    }
    MORTISE_TRY(facts, MakeKey(session, "C_DeriveKey", mechanism.mechanism, KeyKind::kSecret, type, made, begun,
                               [&](Template& attributes, CK_OBJECT_HANDLE& object) {
                                 attributes.Number(CKA_VALUE_LEN, bits / 8);
                                 return session.functions().C_DeriveKey(session.handle(), &mechanism, located.handle,
                                                                        attributes.data(), attributes.size(), &object);
                               }));
    derived = std::move(facts);
    return Done{};
  }));
  return std::move(*derived);
}

Result<KeyRef> Agree(Session& session, TokenKey& key, ByteView peer) {
  KeyRef agreed;
  MORTISE_CHECK(WithPeer(session, key, peer, [&](CK_MECHANISM& mechanism) -> Status {
    MORTISE_TRY(located, session.Locate(key));
    const size_t size = (located.bits + 7) / 8;
    Template attributes;
    attributes.Number(CKA_CLASS, CKO_SECRET_KEY).Number(CKA_KEY_TYPE, CKK_GENERIC_SECRET).Flag(CKA_TOKEN, false);
    attributes.Flag(CKA_PRIVATE, true).Flag(CKA_SENSITIVE, false).Flag(CKA_EXTRACTABLE, true).Number(CKA_VALUE_LEN, size);
    CK_OBJECT_HANDLE object = 0;
    MORTISE_CHECK(session.Check("C_DeriveKey", mechanism.mechanism,
                                session.functions().C_DeriveKey(session.handle(), &mechanism, located.handle, attributes.data(),
                                                                attributes.size(), &object)));
    Passing passing(session);
    passing.Keep(object);
    MORTISE_TRY(secret, SecureBytes::Make(size));
    CK_ATTRIBUTE value = {CKA_VALUE, secret.data(), size};
    MORTISE_CHECK(session.Check("C_GetAttributeValue",
                                session.functions().C_GetAttributeValue(session.handle(), object, &value, 1)));
    if (value.ulValueLen != size) return Error{Code::kHsmRefused, "C_DeriveKey: the token answers another length"};
    // RFC 7748 section 6: of a point of small order, and not every token sees to it.
    uint8_t any = 0;
    for (size_t i = 0; i < size; i++) any |= secret.data()[i];
    if (any == 0) return Error{Code::kKeyInvalid, "the public key of the peer is of small order"};
    MORTISE_TRY(made, AdoptSecret(KeyType::kHmac, std::move(secret)));
    agreed = made;
    return Done{};
  }));
  return agreed;
}

}  // namespace mortise::pkcs11
