#include "formats/transparent.h"

#include <algorithm>
#include <cstring>

#include "formats/containers.h"
#include "formats/der.h"
#include "keys/asymmetric.h"

namespace mortise {
namespace {

// Tags (section 11.56).
constexpr uint8_t kCrtCoefficient = 0x27;
constexpr uint8_t kD = 0x2e;
constexpr uint8_t kKey = 0x3f;
constexpr uint8_t kKeyMaterial = 0x43;
constexpr uint8_t kModulus = 0x52;
constexpr uint8_t kP = 0x5e;
constexpr uint8_t kPrimeExponentP = 0x60;
constexpr uint8_t kPrimeExponentQ = 0x61;
constexpr uint8_t kPrivateExponent = 0x63;
constexpr uint8_t kPublicExponent = 0x6c;
constexpr uint8_t kQ = 0x71;
constexpr uint8_t kQString = 0x72;
constexpr uint8_t kRecommendedCurve = 0x75;

constexpr uint8_t kStructure = 1;
constexpr uint8_t kBigInteger = 4;
constexpr uint8_t kEnumeration = 5;
constexpr uint8_t kByteString = 8;

constexpr size_t kHeader = 8;

// In the order in which RFC 8017 has the numbers of a private key, and in which KMIP has them.
constexpr uint8_t kRsaNumbers[] = {kModulus, kPublicExponent, kPrivateExponent, kP, kQ, kPrimeExponentP, kPrimeExponentQ,
                                   kCrtCoefficient};
constexpr size_t kRsaOrder[] = {0, 2, 1, 3, 4, 5, 6, 7};

uint32_t CurveNumber(Curve curve) {
  switch (curve) {
    case Curve::kP256: return 0x07;
    case Curve::kP384: return 0x0a;
    case Curve::kP521: return 0x0d;
    default: return 0x19;
  }
}

// One behind the other, in a structure.
class TransparentWriter {
 public:
  static Result<TransparentWriter> Make(size_t capacity) {
    MORTISE_TRY(room, SecureBytes::Make(capacity));
    return TransparentWriter(std::move(room));
  }

  // `front` zeros before the bytes, and as many behind as fill up eight.
  void Item(uint8_t tag, uint8_t type, ByteView bytes, size_t front = 0) {
    const size_t length = front + bytes.size;
    const size_t padded = (length + 7) / 8 * 8;
    if (kHeader + padded > room_.size() - size_) {
      full_ = true;
      return;
    }
    Header(room_.data() + size_, tag, type, length);
    uint8_t* const value = room_.data() + size_ + kHeader;
    memset(value, 0, padded);
    if (bytes.size > 0) memcpy(value + front, bytes.data, bytes.size);
    size_ += kHeader + padded;
  }

  // Positive, and so with a zero bit in front.
  void Number(uint8_t tag, ByteView magnitude) {
    while (magnitude.size > 0 && magnitude.data[0] == 0) magnitude = magnitude.From(1);
    const bool high = magnitude.size > 0 && (magnitude.data[0] & 0x80) != 0;
    const size_t size = std::max<size_t>((magnitude.size + (high ? 1 : 0) + 7) / 8 * 8, 8);
    Item(tag, kBigInteger, magnitude, size - magnitude.size);
  }

  void Enumeration(uint8_t tag, uint32_t value) {
    uint8_t bytes[4];
    PutBigEndian32(bytes, value);
    Item(tag, kEnumeration, {bytes, sizeof bytes});
  }

  Result<SecureBytes> Finish() {
    if (full_) return Code::kInternal;
    Header(room_.data(), kKeyMaterial, kStructure, size_ - kHeader);
    room_.Truncate(size_);
    return std::move(room_);
  }

 private:
  explicit TransparentWriter(SecureBytes room) : room_(std::move(room)) {}

  static void Header(uint8_t* out, uint8_t tag, uint8_t type, size_t length) {
    out[0] = 0x42;
    out[1] = 0x00;
    out[2] = tag;
    out[3] = type;
    PutBigEndian32(out + 4, static_cast<uint32_t>(length));
  }

  SecureBytes room_;
  size_t size_ = kHeader;
  bool full_ = false;
};

Status PutRsa(TransparentWriter& writer, const Key& key) {
  const bool is_private = key.kind() == KeyKind::kPrivate;
  MORTISE_TRY(pkcs1, is_private ? PrivateKeyIn(key.material()) : PublicKeyIn(key.material()));
  DerReader outer(pkcs1);
  ByteView sequence;
  if (!outer.Next(kDerSequence, sequence)) return Code::kInternal;
  DerReader reader(sequence);
  ByteView numbers[std::size(kRsaNumbers)];
  // The version of a private key.
  if (is_private && !reader.Number(numbers[0])) return Code::kInternal;
  const size_t count = is_private ? std::size(kRsaNumbers) : 2;
  for (size_t i = 0; i < count; i++) {
    if (!reader.Number(numbers[i])) return Code::kInternal;
  }
  for (const size_t i : kRsaOrder) {
    if (i < count) writer.Number(kRsaNumbers[i], numbers[i]);
  }
  return Done{};
}

Status PutEc(TransparentWriter& writer, const Key& key) {
  writer.Enumeration(kRecommendedCurve, CurveNumber(key.curve()));
  if (key.kind() == KeyKind::kPublic) {
    MORTISE_TRY(point, PublicKeyIn(key.material()));
    writer.Item(kQString, kByteString, point);
    return Done{};
  }
  MORTISE_TRY(sec1, PrivateKeyIn(key.material()));
  DerReader outer(sec1);
  ByteView sequence;
  ByteView version;
  ByteView scalar;
  if (!outer.Next(kDerSequence, sequence)) return Code::kInternal;
  DerReader reader(sequence);
  if (!reader.Number(version) || !reader.Next(kDerOctetString, scalar)) return Code::kInternal;
  writer.Number(kD, scalar);
  return Done{};
}

}  // namespace

Result<SecureBytes> ToTransparent(const Key& key) {
  // Each number takes 16 bytes more at most.
  MORTISE_TRY(writer, TransparentWriter::Make(key.material().size + 256));
  if (key.kind() == KeyKind::kSecret) {
    writer.Item(kKey, kByteString, key.material());
  } else if (key.type() == KeyType::kRsa) {
    MORTISE_CHECK(PutRsa(writer, key));
  } else if (key.type() == KeyType::kEc) {
    MORTISE_CHECK(PutEc(writer, key));
  } else {
    return Error{Code::kUnsupported, "keys of this kind have no such format"};
  }
  return writer.Finish();
}

}  // namespace mortise
