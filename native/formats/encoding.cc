#include "formats/encoding.h"

#include "formats/containers.h"
#include "formats/jwk.h"
#include "formats/pbes2.h"
#include "formats/text.h"
#include "keys/asymmetric.h"
#include "keys/secret.h"

namespace mortise {
namespace {

struct Row {
  Container container;
  KeyFormat format;
  const char* label;
};

constexpr Row kRows[] = {
    {Container::kPkcs8, KeyFormat::kPkcs8, "PRIVATE KEY"},
    {Container::kEncryptedPkcs8, KeyFormat::kPkcs8, "ENCRYPTED PRIVATE KEY"},
    {Container::kSpki, KeyFormat::kSpki, "PUBLIC KEY"},
    {Container::kPkcs1Private, KeyFormat::kPkcs1, "RSA PRIVATE KEY"},
    {Container::kPkcs1Public, KeyFormat::kPkcs1, "RSA PUBLIC KEY"},
    {Container::kSec1, KeyFormat::kSec1, "EC PRIVATE KEY"},
};

Error Refuse(const char* message) { return Error{Code::kKeyInvalid, message}; }

const Row* RowOf(Container container) {
  for (const Row& row : kRows) {
    if (row.container == container) return &row;
  }
  return nullptr;
}

bool LooksLikeJson(ByteView input) {
  for (size_t i = 0; i < input.size; i++) {
    const uint8_t byte = input.data[i];
    if (byte != ' ' && byte != '\t' && byte != '\r' && byte != '\n') return byte == '{';
  }
  return false;
}

Status Expect(const ImportOptions& options, KeyFormat found) {
  if (options.format && *options.format != found) return Refuse("the key is not in the format that was said");
  return Done{};
}

Result<KeyRef> ImportPkcs8(ByteView der, const ImportOptions& options, Container container) {
  if (container != Container::kEncryptedPkcs8) return ImportPrivate(der);
  if (!options.password) return Error{Code::kInputInvalid, "the private key is encrypted: give its password"};
  MORTISE_TRY(clear, DecryptPkcs8(der, *options.password));
  // What a wrong password happens to open is no key, and is not told from one that does not open.
  if (ContainerOf(clear.view()) != Container::kPkcs8) return Code::kDecryptionFailed;
  return ImportPrivate(clear.view());
}

Result<KeyRef> ImportDer(ByteView der, const ImportOptions& options) {
  const Container container = ContainerOf(der);
  const Row* row = RowOf(container);
  if (row == nullptr) return Refuse("the format of the key is not recognised, or the key is damaged");
  MORTISE_CHECK(Expect(options, row->format));
  if (options.password && container != Container::kEncryptedPkcs8) {
    return Error{Code::kInputInvalid, "there is a password for a key that is not encrypted"};
  }
  switch (container) {
    case Container::kSpki: return ImportPublic(der);
    case Container::kPkcs1Private: {
      MORTISE_TRY(pkcs8, MakePkcs8(KeyType::kRsa, Curve::kNone, der));
      return ImportPrivate(pkcs8.view());
    }
    case Container::kPkcs1Public: {
      MORTISE_TRY(spki, MakeSpki(KeyType::kRsa, Curve::kNone, der));
      return ImportPublic(spki.view());
    }
    case Container::kSec1: {
      MORTISE_TRY(pkcs8, Pkcs8OfSec1(der));
      return ImportPrivate(pkcs8.view());
    }
    default: return ImportPkcs8(der, options, container);
  }
}

Result<KeyRef> ImportPem(ByteView text, const ImportOptions& options) {
  MORTISE_TRY(pem, ParsePem(text));
  const Row* row = RowOf(ContainerOf(pem.der.view()));
  for (const Row& known : kRows) {
    if (pem.label != known.label) continue;
    if (row != &known) return Refuse("the PEM block is not what its label says, or is damaged");
    return ImportDer(pem.der.view(), options);
  }
  return Refuse("the PEM label is not that of a key: PRIVATE KEY, ENCRYPTED PRIVATE KEY, RSA PRIVATE KEY, EC PRIVATE KEY, "
                "PUBLIC KEY or RSA PUBLIC KEY");
}

Result<KeyRef> ImportSecretKey(SecureBytes bytes, const ImportOptions& options) {
  if (!options.secret_type) return Error{Code::kInputInvalid, "name the algorithm of a secret key"};
  return AdoptSecret(*options.secret_type, std::move(bytes));
}

Result<KeyRef> ImportJwk(ByteView text, const ImportOptions& options) {
  MORTISE_CHECK(Expect(options, KeyFormat::kJwk));
  if (options.password) return Error{Code::kInputInvalid, "there is a password for a key that is not encrypted"};
  MORTISE_TRY(jwk, ParseJwk(text));
  if (jwk.kind == KeyKind::kSecret) return ImportSecretKey(std::move(jwk.material), options);
  if (jwk.kind == KeyKind::kPublic) return ImportPublic(jwk.material.view());
  MORTISE_TRY(key, ImportPrivate(jwk.material.view()));
  if (jwk.public_key.size() == 0) return key;
  MORTISE_TRY(spki, SpkiOf(*key));
  MORTISE_TRY(public_key, PublicKeyIn(spki));
  const ByteView said = jwk.public_key.view();
  if (public_key.size != said.size || CRYPTO_memcmp(public_key.data, said.data, said.size) != 0) {
    return Refuse("the private and the public part of the key do not belong together");
  }
  return key;
}

Error Unfit() { return Error{Code::kUnsupported, "keys of this kind have no such format"}; }

Result<SecureBytes> Encode(const Key& key, KeyFormat format) {
  const bool is_private = key.kind() == KeyKind::kPrivate;
  switch (format) {
    case KeyFormat::kJwk: return ToJwk(key);
    case KeyFormat::kRaw:
      if (key.kind() == KeyKind::kSecret) return SecureBytes::Copy(key.material());
      return Unfit();
    case KeyFormat::kPkcs8:
      if (is_private) return SecureBytes::Copy(key.material());
      return Unfit();
    case KeyFormat::kSpki:
      if (key.kind() == KeyKind::kPublic) return SecureBytes::Copy(key.material());
      return Unfit();
    case KeyFormat::kPkcs1: {
      if (key.kind() == KeyKind::kSecret || key.type() != KeyType::kRsa) return Unfit();
      MORTISE_TRY(inner, is_private ? PrivateKeyIn(key.material()) : PublicKeyIn(key.material()));
      return SecureBytes::Copy(inner);
    }
    case KeyFormat::kSec1:
      if (!is_private || key.type() != KeyType::kEc) return Unfit();
      return Sec1OfPkcs8(key.material(), key.curve());
  }
  return Code::kInternal;
}

}  // namespace

Result<KeyRef> ImportEncoded(ByteView input, const ImportOptions& options) {
  if (input.size > kLargestEncoding) return Error{Code::kInputTooLarge, "key material may have 16,384 bytes at most"};
  if (options.format == KeyFormat::kRaw) {
    if (options.password) return Error{Code::kInputInvalid, "there is a password for a key that is not encrypted"};
    MORTISE_TRY(bytes, SecureBytes::Copy(input));
    return ImportSecretKey(std::move(bytes), options);
  }
  if (LooksLikePem(input)) return ImportPem(input, options);
  if (LooksLikeJson(input)) return ImportJwk(input, options);
  return ImportDer(input, options);
}

Result<SecureBytes> ExportEncoded(const Key& key, const ExportOptions& options) {
  if (options.password && options.format != KeyFormat::kPkcs8) {
    return Error{Code::kInputInvalid, "only PKCS#8 is encrypted under a password"};
  }
  if (options.password && options.password->size == 0) return Error{Code::kInputInvalid, "the password is empty"};
  if (options.pem && (options.format == KeyFormat::kRaw || options.format == KeyFormat::kJwk)) {
    return Error{Code::kInputInvalid, "raw bytes and JWK have no PEM"};
  }
  MORTISE_TRY(encoded, Encode(key, options.format));
  if (options.password) {
    MORTISE_TRY(encrypted, EncryptPkcs8(encoded.view(), *options.password));
    encoded = std::move(encrypted);
  }
  if (!options.pem) return encoded;
  const Row* row = RowOf(ContainerOf(encoded.view()));
  if (row == nullptr) return Code::kInternal;
  return ToPem(row->label, encoded.view());
}

}  // namespace mortise
