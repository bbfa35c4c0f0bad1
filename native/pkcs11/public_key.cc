#include "pkcs11/public_key.h"

#include <cstring>

#include "formats/der.h"

namespace mortise::pkcs11 {
namespace {

// OBJECT IDENTIFIERs, with their headers.
constexpr uint8_t kRsaEncryption[] = {0x06, 0x09, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x01, 0x05, 0x00};
constexpr uint8_t kEcPublicKey[] = {0x06, 0x07, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x02, 0x01};
constexpr uint8_t kX25519[] = {0x06, 0x03, 0x2b, 0x65, 0x6e};
constexpr uint8_t kX25519Name[] = {0x13, 0x0a, 'c', 'u', 'r', 'v', 'e', '2', '5', '5', '1', '9'};
constexpr uint8_t kX448[] = {0x06, 0x03, 0x2b, 0x65, 0x6f};
constexpr uint8_t kX448Name[] = {0x13, 0x08, 'c', 'u', 'r', 'v', 'e', '4', '4', '8'};
constexpr uint8_t kEd25519[] = {0x06, 0x03, 0x2b, 0x65, 0x70};
constexpr uint8_t kEd25519Name[] = {0x13, 0x0c, 'e', 'd', 'w', 'a', 'r', 'd', 's', '2', '5', '5', '1', '9'};
constexpr uint8_t kEd448[] = {0x06, 0x03, 0x2b, 0x65, 0x71};
constexpr uint8_t kEd448Name[] = {0x13, 0x0a, 'e', 'd', 'w', 'a', 'r', 'd', 's', '4', '4', '8'};
constexpr uint8_t kP256[] = {0x06, 0x08, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x03, 0x01, 0x07};
constexpr uint8_t kP384[] = {0x06, 0x05, 0x2b, 0x81, 0x04, 0x00, 0x22};
constexpr uint8_t kP521[] = {0x06, 0x05, 0x2b, 0x81, 0x04, 0x00, 0x23};
constexpr uint8_t kSecp256k1[] = {0x06, 0x05, 0x2b, 0x81, 0x04, 0x00, 0x0a};

constexpr struct {
  Curve curve;
  const uint8_t* oid;
  size_t size;
  uint32_t bits;
} kCurves[] = {
    {Curve::kP256, kP256, sizeof kP256, 256},
    {Curve::kP384, kP384, sizeof kP384, 384},
    {Curve::kP521, kP521, sizeof kP521, 521},
    {Curve::kSecp256k1, kSecp256k1, sizeof kSecp256k1, 256},
};

const OctetCurve kOctetCurves[] = {
    {KeyType::kEd25519, {kEd25519, sizeof kEd25519}, {kEd25519Name, sizeof kEd25519Name}, 32, 255},
    {KeyType::kEd448, {kEd448, sizeof kEd448}, {kEd448Name, sizeof kEd448Name}, 57, 448},
    {KeyType::kX25519, {kX25519, sizeof kX25519}, {kX25519Name, sizeof kX25519Name}, 32, 255},
    {KeyType::kX448, {kX448, sizeof kX448}, {kX448Name, sizeof kX448Name}, 56, 448},
};

constexpr size_t kLongestSpki = 4096;

std::vector<uint8_t> Copy(ByteView bytes) { return {bytes.data, bytes.data + bytes.size}; }

std::vector<uint8_t> Finished(const DerWriter& writer) {
  Result<SecureBytes> der = writer.Finish();
  return der.ok() ? Copy(der.value().view()) : std::vector<uint8_t>();
}

// Around a BIT STRING that has been written.
std::vector<uint8_t> SpkiAround(DerWriter& writer, size_t begin, std::initializer_list<ByteView> algorithm) {
  const uint8_t unused = 0;
  writer.Bytes({&unused, 1});
  writer.Wrap(kDerBitString, begin);
  const size_t mark = writer.mark();
  for (auto part = std::rbegin(algorithm); part != std::rend(algorithm); ++part) writer.Bytes(*part);
  writer.Wrap(kDerSequence, mark);
  writer.Wrap(kDerSequence, begin);
  return Finished(writer);
}

std::vector<uint8_t> SpkiOfPoint(ByteView point, std::initializer_list<ByteView> algorithm) {
  Result<DerWriter> writer = DerWriter::Make(kLongestSpki);
  if (!writer.ok()) return {};
  writer.value().Bytes(point);
  return SpkiAround(writer.value(), 0, algorithm);
}

// What an OCTET STRING holds, or what is none.
ByteView Bare(ByteView point, size_t size) {
  ByteView contents;
  DerReader reader(point);
  return point.size != size && reader.Next(kDerOctetString, contents) && reader.empty() ? contents : point;
}

// Contents of the AlgorithmIdentifier and of the BIT STRING.
bool SplitSpki(ByteView spki, ByteView& algorithm, ByteView& key) {
  DerReader outer(spki);
  ByteView body;
  if (!outer.Next(kDerSequence, body) || !outer.empty()) return false;
  DerReader inner(body);
  if (!inner.Next(kDerSequence, algorithm) || !inner.Next(kDerBitString, key) || !inner.empty()) return false;
  if (key.size < 1 || key.data[0] != 0) return false;
  key = key.From(1);
  return true;
}

bool StartsWith(ByteView bytes, ByteView prefix) {
  return bytes.size >= prefix.size && memcmp(bytes.data, prefix.data, prefix.size) == 0;
}

bool AreEqual(ByteView a, ByteView b) { return a.size == b.size && StartsWith(a, b); }

}  // namespace

std::vector<uint8_t> SpkiOfRsa(ByteView modulus, ByteView exponent) {
  Result<DerWriter> made = DerWriter::Make(kLongestSpki);
  if (!made.ok() || modulus.size == 0 || exponent.size == 0) return {};
  DerWriter& writer = made.value();
  writer.Number(exponent);
  writer.Number(modulus);
  writer.Wrap(kDerSequence, 0);
  return SpkiAround(writer, 0, {{kRsaEncryption, sizeof kRsaEncryption}});
}

std::vector<uint8_t> SpkiOfEc(ByteView parameters, ByteView point) {
  const uint32_t bits = BitsOf(CurveOf(parameters));
  if (bits == 0 || point.size == 0) return {};
  return SpkiOfPoint(Bare(point, 1 + 2 * ((bits + 7) / 8)), {{kEcPublicKey, sizeof kEcPublicKey}, parameters});
}

const OctetCurve* OctetCurveOf(KeyType type) {
  for (const OctetCurve& row : kOctetCurves) {
    if (row.type == type) return &row;
  }
  return nullptr;
}

const OctetCurve* OctetCurveOf(ByteView parameters) {
  for (const OctetCurve& row : kOctetCurves) {
    if (AreEqual(parameters, row.parameters) || AreEqual(parameters, row.name)) return &row;
  }
  return nullptr;
}

std::vector<uint8_t> SpkiOfOctets(const OctetCurve& curve, ByteView point) {
  const ByteView bare = Bare(point, curve.size);
  if (bare.size != curve.size) return {};
  return SpkiOfPoint(bare, {curve.parameters});
}

Result<EcPublic> EcOfSpki(ByteView spki) {
  ByteView algorithm, key;
  const ByteView id(kEcPublicKey, sizeof kEcPublicKey);
  if (SplitSpki(spki, algorithm, key)) {
    if (StartsWith(algorithm, id)) return EcPublic{Copy(algorithm.From(id.size)), Copy(key)};
    if (OctetCurveOf(algorithm) != nullptr) return EcPublic{Copy(algorithm), Copy(key)};
  }
  return Error{Code::kKeyInvalid, "the key is no SubjectPublicKeyInfo of a key on a curve"};
}

Result<RsaPublic> RsaOfSpki(ByteView spki) {
  ByteView algorithm, key, body, modulus, exponent;
  if (SplitSpki(spki, algorithm, key) && StartsWith(algorithm, {kRsaEncryption, sizeof kRsaEncryption})) {
    DerReader outer(key);
    if (outer.Next(kDerSequence, body)) {
      DerReader inner(body);
      if (inner.Number(modulus) && inner.Number(exponent)) return RsaPublic{Copy(modulus), Copy(exponent)};
    }
  }
  return Error{Code::kKeyInvalid, "the key is no SubjectPublicKeyInfo of an RSA key"};
}

Curve CurveOf(ByteView parameters) {
  for (const auto& row : kCurves) {
    if (AreEqual(parameters, {row.oid, row.size})) return row.curve;
  }
  return Curve::kNone;
}

ByteView ParametersOf(Curve curve) {
  for (const auto& row : kCurves) {
    if (row.curve == curve) return {row.oid, row.size};
  }
  return {};
}

std::vector<uint8_t> InOctetString(ByteView bytes) {
  Result<DerWriter> writer = DerWriter::Make(kLongestSpki);
  if (!writer.ok()) return {};
  writer.value().Element(kDerOctetString, bytes);
  return Finished(writer.value());
}

uint32_t BitsOf(Curve curve) {
  for (const auto& row : kCurves) {
    if (row.curve == curve) return row.bits;
  }
  return 0;
}

}  // namespace mortise::pkcs11
