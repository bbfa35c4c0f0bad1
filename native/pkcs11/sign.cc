#include "pkcs11/sign.h"

#include "mac/hash.h"
#include "sign/ecdsa_form.h"

namespace mortise::pkcs11 {
namespace {

// Longer messages are hashed here: it is faster than their way to the token.
constexpr size_t kHashOnToken = 1024;

constexpr uint8_t kSha2Oid[] = {0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02};
constexpr uint8_t kSha1Oid[] = {0x2b, 0x0e, 0x03, 0x02, 0x1a};

// DigestInfo of RFC 8017 section 9.2, for mechanisms that sign what they are given.
std::vector<uint8_t> DigestInfo(Hash hash, ByteView digest) {
  std::vector<uint8_t> oid(std::begin(kSha2Oid), std::end(kSha2Oid));
  if (hash == Hash::kSha1) {
    oid.assign(std::begin(kSha1Oid), std::end(kSha1Oid));
  } else {
    oid.push_back(hash == Hash::kSha256 ? 1 : hash == Hash::kSha384 ? 2 : hash == Hash::kSha512 ? 3 : 4);
  }
  const auto length = [](size_t size) { return static_cast<uint8_t>(size); };
  std::vector<uint8_t> info = {0x30, length(8 + oid.size() + digest.size), 0x30, length(4 + oid.size()), 0x06, length(oid.size())};
  info.insert(info.end(), oid.begin(), oid.end());
  info.insert(info.end(), {0x05, 0x00, 0x04, length(digest.size)});
  info.insert(info.end(), digest.data, digest.data + digest.size);
  return info;
}

// A mechanism, and what it is given: the message, its digest, or more.
struct Signing {
  CK_MECHANISM mechanism = {};
  CK_RSA_PKCS_PSS_PARAMS pss = {};
  CK_EDDSA_PARAMS eddsa = {};
  std::vector<uint8_t> made;
  ByteView input;
};

Status Prepare(const Session& session, const Scheme& scheme, const SignatureForm& form, ByteView data, CK_FLAGS flag,
               Signing& signing) {
  signing.input = data;
  if (IsEdwards(scheme.type)) {
    if (form.digested || form.bare) return Error{Code::kUnsupported, "EdDSA signs messages, not digests"};
    signing.mechanism = EddsaOf(scheme.type, signing.eddsa);
    return session.Needs(CKM_EDDSA, flag);
  }
  const HashMechanisms* const hash = MechanismsOf(scheme.hash);
  const bool rsa = scheme.type == KeyType::kRsa;
  if (hash == nullptr || (!rsa && scheme.type != KeyType::kEc)) return Error{Code::kUnsupported, "tokens have no such scheme"};
  if (form.bare && scheme.pss) return Error{Code::kUnsupported, "PSS signs the digest of a hash that is named"};
  if (form.digested && data.size != HashSize(scheme.hash)) {
    return Error{Code::kInputInvalid, std::string("the digest must have the length of ") + HashName(scheme.hash)};
  }
  const CK_MECHANISM_TYPE whole = !rsa ? hash->ecdsa : scheme.pss ? hash->pss : hash->rsa;
  const CK_MECHANISM_TYPE bare = !rsa ? CKM_ECDSA : scheme.pss ? CKM_RSA_PKCS_PSS : CKM_RSA_PKCS;
  const bool given = form.digested || form.bare;
  const bool has_whole = session.Needs(whole, flag).ok();
  const bool on_token = !given && has_whole && (data.size <= kHashOnToken || !session.Needs(bare, flag).ok());
  signing.mechanism = {on_token ? whole : bare, nullptr, 0};
  if (!on_token) MORTISE_CHECK(session.Needs(bare, flag));
  if (scheme.pss) {
    signing.pss = {hash->digest, hash->mgf, form.salt.value_or(static_cast<uint32_t>(HashSize(scheme.hash)))};
    signing.mechanism.pParameter = &signing.pss;
    signing.mechanism.ulParameterLen = sizeof signing.pss;
  }
  if (on_token || form.bare) return Done{};
  if (!form.digested) {
    MORTISE_TRY(digest, Digest(scheme.hash, data));
    signing.made = std::move(digest);
    signing.input = signing.made;
  }
  if (rsa && !scheme.pss) {
    signing.made = DigestInfo(scheme.hash, signing.input);
    signing.input = signing.made;
  }
  return Done{};
}

Status Fits(const TokenKey& key, KeyKind kind, const Located& located, const Scheme& scheme) {
  if (key.identity().kind != kind) {
    return Error{Code::kInputInvalid, kind == KeyKind::kPrivate ? "signing needs a private key" : "verifying needs a public key"};
  }
  if (key.identity().type != scheme.type || located.curve != scheme.curve) {
    return Error{Code::kUnsupported, std::string("the key does not fit the scheme ") + scheme.name};
  }
  return Done{};
}

Result<std::vector<uint8_t>> SignBy(Session& session, const Located& key, CK_MECHANISM& mechanism, ByteView input, size_t room) {
  const CK_FUNCTION_LIST& functions = session.functions();
  MORTISE_CHECK(session.Check("C_SignInit", mechanism.mechanism, functions.C_SignInit(session.handle(), &mechanism, key.handle)));
  MORTISE_CHECK(session.Authenticate(key.asks_pin));
  std::vector<uint8_t> out(room);
  MORTISE_CHECK(session.Check("C_Sign", mechanism.mechanism, WithRoom(out, [&](uint8_t* to, CK_ULONG* size) {
                                return functions.C_Sign(session.handle(), const_cast<uint8_t*>(input.data), input.size, to, size);
                              })));
  return out;
}

// What the token answers is r and s, as long as the field each.
Result<std::vector<uint8_t>> AsDer(ByteView fixed, Curve curve) {
  EcdsaDer der;
  const size_t size = EcdsaFixedToDer(fixed, FieldSize(curve), der);
  if (size == 0) return Error{Code::kHsmRefused, "C_Sign (CKM_ECDSA): the token answers another length"};
  return std::vector<uint8_t>(der.begin(), der.begin() + static_cast<ptrdiff_t>(size));
}

}  // namespace

CK_MECHANISM EddsaOf(KeyType type, CK_EDDSA_PARAMS& parameters) {
  if (type == KeyType::kEd25519) return {CKM_EDDSA, nullptr, 0};
  return {CKM_EDDSA, &parameters, sizeof parameters};
}

Result<std::vector<uint8_t>> Sign(Session& session, TokenKey& key, const Scheme& scheme, const SignatureForm& form, ByteView data) {
  MORTISE_TRY(located, session.Locate(key));
  MORTISE_CHECK(Fits(key, KeyKind::kPrivate, located, scheme));
  Signing signing;
  MORTISE_CHECK(Prepare(session, scheme, form, data, CKF_SIGN, signing));
  const size_t room = scheme.type == KeyType::kRsa ? (located.bits + 7) / 8 : 144;
  MORTISE_TRY(signature, SignBy(session, located, signing.mechanism, signing.input, room));
  if (scheme.type != KeyType::kEc) return signature;
  if (signature.size() != 2 * FieldSize(scheme.curve)) {
    return Error{Code::kHsmRefused, "C_Sign (CKM_ECDSA): the token answers another length"};
  }
  if (form.p1363) return signature;
  return AsDer(signature, scheme.curve);
}

Result<bool> Verify(Session& session, TokenKey& key, const Scheme& scheme, const SignatureForm& form, ByteView data,
                    ByteView signature) {
  MORTISE_TRY(located, session.Locate(key));
  MORTISE_CHECK(Fits(key, KeyKind::kPublic, located, scheme));
  Signing signing;
  MORTISE_CHECK(Prepare(session, scheme, form, data, CKF_VERIFY, signing));
  std::vector<uint8_t> fixed(signature.data, signature.data + signature.size);
  if (scheme.type == KeyType::kEc && !form.p1363) {
    const size_t field = FieldSize(scheme.curve);
    fixed.assign(2 * field, 0);
    if (!EcdsaDerToFixed(signature, field, fixed.data()).ok()) return false;
  }
  const CK_FUNCTION_LIST& functions = session.functions();
  MORTISE_CHECK(session.Check("C_VerifyInit", signing.mechanism.mechanism,
                              functions.C_VerifyInit(session.handle(), &signing.mechanism, located.handle)));
  const CK_RV answer = functions.C_Verify(session.handle(), const_cast<uint8_t*>(signing.input.data), signing.input.size,
                                          fixed.data(), fixed.size());
  if (answer == CKR_SIGNATURE_INVALID || answer == CKR_SIGNATURE_LEN_RANGE) return false;
  MORTISE_CHECK(session.Check("C_Verify", signing.mechanism.mechanism, answer));
  return true;
}

Result<std::vector<uint8_t>> Mac(Session& session, TokenKey& key, std::optional<Hash> hash, ByteView data) {
  if (key.identity().type != (hash ? KeyType::kHmac : KeyType::kAes)) {
    return Error{Code::kUnsupported, "HMAC takes an HMAC key and a hash, CMAC an AES key and no hash"};
  }
  const HashMechanisms* const row = hash ? MechanismsOf(*hash) : nullptr;
  if (hash && row == nullptr) return Error{Code::kUnsupported, "tokens have no HMAC with this hash"};
  CK_MECHANISM mechanism = {hash ? row->hmac : CKM_AES_CMAC, nullptr, 0};
  MORTISE_CHECK(session.Needs(mechanism.mechanism, CKF_SIGN));
  MORTISE_TRY(located, session.Locate(key));
  return SignBy(session, located, mechanism, data, 64);
}

}  // namespace mortise::pkcs11
