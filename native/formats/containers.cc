#include "formats/containers.h"

#include "formats/der.h"

namespace mortise {
namespace {

using namespace std::string_view_literals;

constexpr size_t kOverhead = 64;

std::string_view OidOf(KeyType type) {
  switch (type) {
    case KeyType::kRsa: return "\x2a\x86\x48\x86\xf7\x0d\x01\x01\x01"sv;
    case KeyType::kEc: return "\x2a\x86\x48\xce\x3d\x02\x01"sv;
    case KeyType::kX25519: return "\x2b\x65\x6e"sv;
    case KeyType::kX448: return "\x2b\x65\x6f"sv;
    case KeyType::kEd25519: return "\x2b\x65\x70"sv;
    case KeyType::kEd448: return "\x2b\x65\x71"sv;
    default: return {};
  }
}

std::string_view OidOf(Curve curve) {
  switch (curve) {
    case Curve::kP256: return "\x2a\x86\x48\xce\x3d\x03\x01\x07"sv;
    case Curve::kP384: return "\x2b\x81\x04\x00\x22"sv;
    case Curve::kP521: return "\x2b\x81\x04\x00\x23"sv;
    case Curve::kSecp256k1: return "\x2b\x81\x04\x00\x0a"sv;
    case Curve::kNone: return {};
  }
  return {};
}

void WriteAlgorithm(DerWriter& writer, std::string_view algorithm, std::string_view curve, bool rsa) {
  const size_t end = writer.mark();
  if (rsa) writer.Element(kDerNull, {});
  if (!curve.empty()) writer.Element(kDerOid, ByteView(curve));
  writer.Element(kDerOid, ByteView(algorithm));
  writer.Wrap(kDerSequence, end);
}

Result<SecureBytes> Pkcs8(KeyType type, std::string_view curve, ByteView private_key) {
  MORTISE_TRY(writer, DerWriter::Make(private_key.size + kOverhead));
  writer.Element(kDerOctetString, private_key);
  WriteAlgorithm(writer, OidOf(type), curve, type == KeyType::kRsa);
  writer.Number({});
  writer.Wrap(kDerSequence, 0);
  return writer.Finish();
}

// The elements of RFC 5915 section 3.
struct Sec1 {
  ByteView secret;
  // Contents of the optional elements, empty where they are not there.
  ByteView curve;
  ByteView public_key;
};

Result<Sec1> ParseSec1(ByteView der) {
  const Error damaged{Code::kKeyInvalid, "the private key is not SEC1 in DER"};
  DerReader outer(der);
  ByteView sequence;
  if (!outer.Next(kDerSequence, sequence) || !outer.empty()) return damaged;
  DerReader inner(sequence);
  Sec1 key;
  ByteView version;
  if (!inner.Number(version) || version.size != 1 || version.data[0] != 1) return damaged;
  if (!inner.Next(kDerOctetString, key.secret)) return damaged;
  if (inner.tag() == kDerContext0) {
    ByteView parameters;
    if (!inner.Next(kDerContext0, parameters)) return damaged;
    DerReader reader(parameters);
    if (!reader.Next(kDerOid, key.curve) || !reader.empty()) {
      return Error{Code::kUnsupported, "EC parameters must be a named curve"};
    }
  }
  if (inner.tag() == kDerContext1 && !inner.Next(kDerContext1, key.public_key)) return damaged;
  if (!inner.empty()) return damaged;
  return key;
}

}  // namespace

Container ContainerOf(ByteView der) {
  DerReader outer(der);
  ByteView sequence;
  if (!outer.Next(kDerSequence, sequence) || !outer.empty()) return Container::kUnknown;
  DerReader inner(sequence);
  const uint8_t first = inner.tag();
  ByteView version;
  if (!inner.Next(first, version)) return Container::kUnknown;
  const uint8_t second = inner.tag();
  ByteView skipped;
  if (!inner.Next(second, skipped)) return Container::kUnknown;
  if (first == kDerSequence && second == kDerBitString) return Container::kSpki;
  if (first == kDerSequence && second == kDerOctetString) return Container::kEncryptedPkcs8;
  if (first != kDerInteger) return Container::kUnknown;
  // Of PKCS#8 there are two versions (RFC 5958 section 2), which OpenSSL does not look at.
  if (second == kDerSequence) {
    return version.size == 1 && version.data[0] <= 1 ? Container::kPkcs8 : Container::kUnknown;
  }
  if (second == kDerOctetString) return Container::kSec1;
  if (second != kDerInteger) return Container::kUnknown;
  return inner.empty() ? Container::kPkcs1Public : Container::kPkcs1Private;
}

Result<SecureBytes> MakePkcs8(KeyType type, Curve curve, ByteView private_key) {
  return Pkcs8(type, OidOf(curve), private_key);
}

Result<SecureBytes> MakeSpki(KeyType type, Curve curve, ByteView public_key) {
  MORTISE_TRY(writer, DerWriter::Make(public_key.size + kOverhead));
  const size_t end = writer.mark();
  const uint8_t unused_bits = 0;
  writer.Bytes(public_key);
  writer.Bytes({&unused_bits, 1});
  writer.Wrap(kDerBitString, end);
  WriteAlgorithm(writer, OidOf(type), OidOf(curve), type == KeyType::kRsa);
  writer.Wrap(kDerSequence, 0);
  return writer.Finish();
}

Result<SecureBytes> Pkcs8OfSec1(ByteView sec1) {
  MORTISE_TRY(key, ParseSec1(sec1));
  if (key.curve.size == 0) return Error{Code::kKeyInvalid, "the SEC1 key does not name its curve"};
  return Pkcs8(KeyType::kEc, {reinterpret_cast<const char*>(key.curve.data), key.curve.size}, sec1);
}

Result<SecureBytes> Sec1OfPkcs8(ByteView pkcs8, Curve curve) {
  MORTISE_TRY(inner, PrivateKeyIn(pkcs8));
  MORTISE_TRY(key, ParseSec1(inner));
  MORTISE_TRY(writer, DerWriter::Make(inner.size + kOverhead));
  const uint8_t one = 1;
  if (key.public_key.size > 0) writer.Element(kDerContext1, key.public_key);
  const size_t end = writer.mark();
  writer.Element(kDerOid, ByteView(OidOf(curve)));
  writer.Wrap(kDerContext0, end);
  writer.Element(kDerOctetString, key.secret);
  writer.Number({&one, 1});
  writer.Wrap(kDerSequence, 0);
  return writer.Finish();
}

Result<ByteView> PrivateKeyIn(ByteView pkcs8) {
  DerReader outer(pkcs8);
  ByteView sequence;
  ByteView skipped;
  ByteView key;
  if (!outer.Next(kDerSequence, sequence)) return Code::kInternal;
  DerReader inner(sequence);
  if (!inner.Number(skipped) || !inner.Next(kDerSequence, skipped) || !inner.Next(kDerOctetString, key)) {
    return Code::kInternal;
  }
  return key;
}

Result<ByteView> PublicKeyIn(ByteView spki) {
  DerReader outer(spki);
  ByteView sequence;
  ByteView skipped;
  ByteView bits;
  if (!outer.Next(kDerSequence, sequence)) return Code::kInternal;
  DerReader inner(sequence);
  if (!inner.Next(kDerSequence, skipped) || !inner.Next(kDerBitString, bits) || bits.size < 1) return Code::kInternal;
  return bits.From(1);
}

}  // namespace mortise
