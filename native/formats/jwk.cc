#include "formats/jwk.h"

#include <cstring>

#include "formats/containers.h"
#include "formats/der.h"
#include "formats/json.h"
#include "formats/text.h"
#include "keys/asymmetric.h"
#include "sign/ecdsa_form.h"

namespace mortise {
namespace {

constexpr const char* kRsaPublic[] = {"n", "e"};
constexpr const char* kRsaPrivate[] = {"n", "e", "d", "p", "q", "dp", "dq", "qi"};
constexpr Curve kCurves[] = {Curve::kP256, Curve::kP384, Curve::kP521, Curve::kSecp256k1};

struct OkpCurve {
  const char* name;
  KeyType type;
  size_t size;
};

constexpr OkpCurve kOkpCurves[] = {{"Ed25519", KeyType::kEd25519, 32},
                                   {"Ed448", KeyType::kEd448, 57},
                                   {"X25519", KeyType::kX25519, 32},
                                   {"X448", KeyType::kX448, 56}};

Error Refuse(std::string message) { return Error{Code::kKeyInvalid, std::move(message)}; }

Result<SecureBytes> Member(const JsonObject& jwk, const char* name) {
  const std::optional<std::string_view> text = jwk.Text(name);
  if (!text) return Refuse(std::string("the JWK has no text ") + name);
  return DecodeBase64(ByteView(*text), Alphabet::kUrl);
}

Result<SecureBytes> MemberOf(const JsonObject& jwk, const char* name, size_t size) {
  MORTISE_TRY(bytes, Member(jwk, name));
  if (bytes.size() != size) return Refuse(std::string("the member ") + name + " of the JWK has not the length of its curve");
  return bytes;
}

// RSAPublicKey or RSAPrivateKey with the numbers in their order.
template <size_t count>
Result<SecureBytes> Pkcs1(const JsonObject& jwk, const char* const (&names)[count], size_t capacity) {
  MORTISE_TRY(writer, DerWriter::Make(capacity));
  for (size_t i = count; i > 0; i--) {
    MORTISE_TRY(number, Member(jwk, names[i - 1]));
    writer.Number(number.view());
  }
  if (count > 2) writer.Number({});
  writer.Wrap(kDerSequence, 0);
  return writer.Finish();
}

Result<JwkKey> ParseRsa(const JsonObject& jwk, size_t capacity) {
  if (jwk.Has("oth")) return Error{Code::kUnsupported, "RSA keys of more than two primes are not supported"};
  if (!jwk.Has("d")) {
    MORTISE_TRY(pkcs1, Pkcs1(jwk, kRsaPublic, capacity));
    MORTISE_TRY(spki, MakeSpki(KeyType::kRsa, Curve::kNone, pkcs1.view()));
    return JwkKey{KeyKind::kPublic, std::move(spki), {}};
  }
  MORTISE_TRY(pkcs1, Pkcs1(jwk, kRsaPrivate, capacity));
  MORTISE_TRY(pkcs8, MakePkcs8(KeyType::kRsa, Curve::kNone, pkcs1.view()));
  return JwkKey{KeyKind::kPrivate, std::move(pkcs8), {}};
}

Result<JwkKey> ParseEc(const JsonObject& jwk, std::string_view crv) {
  Curve curve = Curve::kNone;
  for (const Curve one : kCurves) {
    if (crv == CurveName(one)) curve = one;
  }
  if (curve == Curve::kNone) return Error{Code::kUnsupported, "the curve of the JWK is not supported"};
  const size_t field = FieldSize(curve);
  MORTISE_TRY(x, MemberOf(jwk, "x", field));
  MORTISE_TRY(y, MemberOf(jwk, "y", field));
  MORTISE_TRY(point, SecureBytes::Make(1 + 2 * field));
  point.data()[0] = 4;
  memcpy(point.data() + 1, x.data(), field);
  memcpy(point.data() + 1 + field, y.data(), field);
  if (!jwk.Has("d")) {
    MORTISE_TRY(spki, MakeSpki(KeyType::kEc, curve, point.view()));
    return JwkKey{KeyKind::kPublic, std::move(spki), {}};
  }
  MORTISE_TRY(d, MemberOf(jwk, "d", field));
  MORTISE_TRY(writer, DerWriter::Make(4 * field + 32));
  const uint8_t unused_bits = 0;
  const uint8_t one = 1;
  writer.Bytes(point.view());
  writer.Bytes({&unused_bits, 1});
  writer.Wrap(kDerBitString, 0);
  writer.Wrap(kDerContext1, 0);
  writer.Element(kDerOctetString, d.view());
  writer.Number({&one, 1});
  writer.Wrap(kDerSequence, 0);
  MORTISE_TRY(sec1, writer.Finish());
  MORTISE_TRY(pkcs8, MakePkcs8(KeyType::kEc, curve, sec1.view()));
  return JwkKey{KeyKind::kPrivate, std::move(pkcs8), {}};
}

Result<JwkKey> ParseOkp(const JsonObject& jwk, std::string_view crv) {
  const OkpCurve* curve = nullptr;
  for (const OkpCurve& row : kOkpCurves) {
    if (crv == row.name) curve = &row;
  }
  if (curve == nullptr) return Error{Code::kUnsupported, "the curve of the JWK is not supported"};
  MORTISE_TRY(x, MemberOf(jwk, "x", curve->size));
  if (!jwk.Has("d")) {
    MORTISE_TRY(spki, MakeSpki(curve->type, Curve::kNone, x.view()));
    return JwkKey{KeyKind::kPublic, std::move(spki), {}};
  }
  MORTISE_TRY(d, MemberOf(jwk, "d", curve->size));
  MORTISE_TRY(writer, DerWriter::Make(d.size() + 8));
  writer.Element(kDerOctetString, d.view());
  MORTISE_TRY(inner, writer.Finish());
  MORTISE_TRY(pkcs8, MakePkcs8(curve->type, Curve::kNone, inner.view()));
  return JwkKey{KeyKind::kPrivate, std::move(pkcs8), std::move(x)};
}

void AppendMember(SecureText& text, const char* name, ByteView bytes) {
  for (const char* part : {",\"", name, "\":\""}) text.Append(std::string_view(part));
  text.AppendBase64(bytes, Alphabet::kUrl);
  text.Append("\"");
}

void AppendHead(SecureText& text, const char* kty, const char* crv) {
  for (const char* part : {"{\"kty\":\"", kty, "\""}) text.Append(std::string_view(part));
  if (crv == nullptr) return;
  for (const char* part : {",\"crv\":\"", crv, "\""}) text.Append(std::string_view(part));
}

template <size_t count>
Status AppendRsa(SecureText& text, ByteView pkcs1, const char* const (&names)[count]) {
  DerReader outer(pkcs1);
  ByteView sequence;
  ByteView number;
  if (!outer.Next(kDerSequence, sequence)) return Code::kInternal;
  DerReader reader(sequence);
  // The version of a private key.
  if (count > 2 && !reader.Number(number)) return Code::kInternal;
  AppendHead(text, "RSA", nullptr);
  for (const char* name : names) {
    if (!reader.Number(number)) return Code::kInternal;
    AppendMember(text, name, number);
  }
  return Done{};
}

// The scalar of an EC key: the second element of SEC1, as long as the field in what OpenSSL writes.
Result<ByteView> ScalarIn(ByteView sec1) {
  DerReader outer(sec1);
  ByteView sequence;
  ByteView version;
  ByteView scalar;
  if (!outer.Next(kDerSequence, sequence)) return Code::kInternal;
  DerReader reader(sequence);
  if (!reader.Number(version) || !reader.Next(kDerOctetString, scalar)) return Code::kInternal;
  return scalar;
}

Status AppendCurve(SecureText& text, const Key& key) {
  MORTISE_TRY(spki, SpkiOf(key));
  MORTISE_TRY(point, PublicKeyIn(spki));
  const bool is_private = key.kind() == KeyKind::kPrivate;
  ByteView inner;
  if (is_private) {
    MORTISE_TRY(found, PrivateKeyIn(key.material()));
    inner = found;
  }
  if (key.type() == KeyType::kEc) {
    const size_t field = FieldSize(key.curve());
    if (point.size != 1 + 2 * field) return Code::kInternal;
    AppendHead(text, "EC", CurveName(key.curve()));
    AppendMember(text, "x", point.Slice(1, field));
    AppendMember(text, "y", point.Slice(1 + field, field));
    if (!is_private) return Done{};
    MORTISE_TRY(scalar, ScalarIn(inner));
    if (scalar.size != field) return Code::kInternal;
    AppendMember(text, "d", scalar);
    return Done{};
  }
  for (const OkpCurve& row : kOkpCurves) {
    if (row.type != key.type()) continue;
    AppendHead(text, "OKP", row.name);
    AppendMember(text, "x", point);
    DerReader reader(inner);
    ByteView secret;
    if (is_private && !reader.Next(kDerOctetString, secret)) return Code::kInternal;
    if (is_private) AppendMember(text, "d", secret);
    return Done{};
  }
  return Code::kInternal;
}

}  // namespace

Result<JwkKey> ParseJwk(ByteView text) {
  MORTISE_TRY(jwk, JsonObject::Parse(text));
  const std::string_view kty = jwk.Text("kty").value_or("");
  const std::string_view crv = jwk.Text("crv").value_or("");
  if (kty == "RSA") return ParseRsa(jwk, text.size);
  if (kty == "EC") return ParseEc(jwk, crv);
  if (kty == "OKP") return ParseOkp(jwk, crv);
  if (kty != "oct") return Error{Code::kUnsupported, "the kty of the JWK is not one of oct, RSA, EC and OKP"};
  MORTISE_TRY(secret, Member(jwk, "k"));
  return JwkKey{KeyKind::kSecret, std::move(secret), {}};
}

Result<SecureBytes> ToJwk(const Key& key) {
  MORTISE_TRY(text, SecureText::Make(3 * key.material().size + 512));
  if (key.kind() == KeyKind::kSecret) {
    AppendHead(text, "oct", nullptr);
    AppendMember(text, "k", key.material());
  } else if (key.type() != KeyType::kRsa) {
    MORTISE_CHECK(AppendCurve(text, key));
  } else if (key.kind() == KeyKind::kPrivate) {
    MORTISE_TRY(pkcs1, PrivateKeyIn(key.material()));
    MORTISE_CHECK(AppendRsa(text, pkcs1, kRsaPrivate));
  } else {
    MORTISE_TRY(pkcs1, PublicKeyIn(key.material()));
    MORTISE_CHECK(AppendRsa(text, pkcs1, kRsaPublic));
  }
  text.Append("}");
  return text.Finish();
}

}  // namespace mortise
