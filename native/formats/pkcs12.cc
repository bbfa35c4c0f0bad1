#include "formats/pkcs12.h"

#include <openssl/pkcs12.h>

#include "formats/der.h"
#include "formats/pbes2.h"
#include "keys/secret.h"
#include "mac/mac.h"

namespace mortise {
namespace {

using namespace std::string_view_literals;

constexpr std::string_view kData = "\x2a\x86\x48\x86\xf7\x0d\x01\x07\x01"sv;
constexpr std::string_view kEncryptedData = "\x2a\x86\x48\x86\xf7\x0d\x01\x07\x06"sv;
constexpr std::string_view kShroudedKeyBag = "\x2a\x86\x48\x86\xf7\x0d\x01\x0c\x0a\x01\x02"sv;
constexpr std::string_view kCertBag = "\x2a\x86\x48\x86\xf7\x0d\x01\x0c\x0a\x01\x03"sv;
constexpr std::string_view kX509Certificate = "\x2a\x86\x48\x86\xf7\x0d\x01\x09\x16\x01"sv;
constexpr std::string_view kLocalKeyId = "\x2a\x86\x48\x86\xf7\x0d\x01\x09\x15"sv;
constexpr std::string_view kSha256 = "\x60\x86\x48\x01\x65\x03\x04\x02\x01"sv;
constexpr uint8_t kDerSet = 0x31;
// [0] IMPLICIT OCTET STRING.
constexpr uint8_t kDerContext0Octets = 0x80;
// What the elements around one certificate or key take at most.
constexpr size_t kOverhead = 256;
constexpr size_t kSalt = 16;
// RFC 7292 appendix B.3: the key that is derived is one of a MAC.
constexpr int kMacId = 3;
// Which key a certificate is of: the two have the same, whatever it is.
constexpr uint8_t kKeyId[] = {1};

// A SafeBag around its value, which was written since the mark, without attributes or with that of the key.
void WrapBag(DerWriter& writer, size_t bag, size_t value, std::string_view oid) {
  writer.Wrap(kDerContext0, value);
  writer.Element(kDerOid, ByteView(oid));
  writer.Wrap(kDerSequence, bag);
}

void WriteKeyId(DerWriter& writer) {
  const size_t end = writer.mark();
  writer.Element(kDerOctetString, {kKeyId, sizeof kKeyId});
  writer.Wrap(kDerSet, end);
  writer.Element(kDerOid, ByteView(kLocalKeyId));
  writer.Wrap(kDerSequence, end);
  writer.Wrap(kDerSet, end);
}

Result<SecureBytes> CertificateBags(const std::vector<ByteView>& certificates, size_t size) {
  MORTISE_TRY(writer, DerWriter::Make(size + certificates.size() * kOverhead));
  for (size_t i = certificates.size(); i-- > 0;) {
    const size_t bag = writer.mark();
    if (i == 0) WriteKeyId(writer);
    const size_t value = writer.mark();
    writer.Element(kDerOctetString, certificates[i]);
    writer.Wrap(kDerContext0, value);
    writer.Element(kDerOid, ByteView(kX509Certificate));
    writer.Wrap(kDerSequence, value);
    WrapBag(writer, bag, value, kCertBag);
  }
  writer.Wrap(kDerSequence, 0);
  return writer.Finish();
}

// A ContentInfo around its content, which was written since the mark.
void WrapContent(DerWriter& writer, size_t mark, std::string_view oid) {
  writer.Wrap(kDerContext0, mark);
  writer.Element(kDerOid, ByteView(oid));
  writer.Wrap(kDerSequence, mark);
}

Result<SecureBytes> AuthenticatedSafe(const Pbes2& certificates, ByteView key) {
  const size_t size = certificates.ciphertext.size() + certificates.algorithm.size() + key.size;
  MORTISE_TRY(writer, DerWriter::Make(size + 2 * kOverhead));
  WriteKeyId(writer);
  const size_t value = writer.mark();
  writer.Bytes(key);
  WrapBag(writer, 0, value, kShroudedKeyBag);
  writer.Wrap(kDerSequence, 0);
  writer.Wrap(kDerOctetString, 0);
  WrapContent(writer, 0, kData);

  const size_t encrypted = writer.mark();
  writer.Element(kDerContext0Octets, certificates.ciphertext.view());
  writer.Bytes(certificates.algorithm.view());
  writer.Element(kDerOid, ByteView(kData));
  writer.Wrap(kDerSequence, encrypted);
  writer.Number({});
  writer.Wrap(kDerSequence, encrypted);
  WrapContent(writer, encrypted, kEncryptedData);
  writer.Wrap(kDerSequence, 0);
  return writer.Finish();
}

Result<std::vector<uint8_t>> MacOf(ByteView content, ByteView password, ByteSpan salt) {
  MORTISE_TRY(bytes, SecureBytes::Make(HashSize(Hash::kSha256)));
  const int derived = PKCS12_key_gen_utf8_ex(
      reinterpret_cast<const char*>(password.data), static_cast<int>(password.size), salt.data,
      static_cast<int>(salt.size), kMacId, static_cast<int>(kPkcs12Iterations), static_cast<int>(bytes.size()),
      bytes.data(), Md(Hash::kSha256), nullptr, nullptr);
  if (derived != 1) return Code::kCryptoFailed;
  MORTISE_TRY(key, AdoptSecret(KeyType::kHmac, std::move(bytes)));
  return Hmac(*key, Hash::kSha256, content);
}

}  // namespace

Result<SecureBytes> MakePkcs12(const Key& key, const std::vector<ByteView>& certificates, ByteView password) {
  if (key.kind() != KeyKind::kPrivate) return Error{Code::kUnsupported, "PKCS#12 is of private keys"};
  if (password.size == 0) return Error{Code::kInputInvalid, "the password is empty"};
  size_t size = 0;
  for (const ByteView& certificate : certificates) size += certificate.size;
  if (certificates.empty() || certificates.size() > kMostCertificates || size > kLargestChain) {
    return Error{Code::kInputInvalid, "PKCS#12 takes 1 to 32 certificates, of 65,536 bytes in all"};
  }
  MORTISE_TRY(bags, CertificateBags(certificates, size));
  MORTISE_TRY(encrypted, EncryptPbes2(bags.view(), password, kPkcs12Iterations));
  MORTISE_TRY(shrouded, EncryptPkcs8(key.material(), password, kPkcs12Iterations));
  MORTISE_TRY(content, AuthenticatedSafe(encrypted, shrouded.view()));
  uint8_t salt[kSalt];
  MORTISE_CHECK(Random({salt, sizeof salt}));
  MORTISE_TRY(mac, MacOf(content.view(), password, {salt, sizeof salt}));

  MORTISE_TRY(writer, DerWriter::Make(content.size() + 2 * kOverhead));
  uint8_t iterations[4];
  PutBigEndian32(iterations, kPkcs12Iterations);
  writer.Number({iterations, sizeof iterations});
  writer.Element(kDerOctetString, {salt, sizeof salt});
  const size_t digest = writer.mark();
  writer.Element(kDerOctetString, mac);
  const size_t algorithm = writer.mark();
  writer.Element(kDerNull, {});
  writer.Element(kDerOid, ByteView(kSha256));
  writer.Wrap(kDerSequence, algorithm);
  writer.Wrap(kDerSequence, digest);
  writer.Wrap(kDerSequence, 0);
  const size_t safe = writer.mark();
  writer.Element(kDerOctetString, content.view());
  WrapContent(writer, safe, kData);
  const uint8_t version = 3;
  writer.Number({&version, 1});
  writer.Wrap(kDerSequence, 0);
  return writer.Finish();
}

}  // namespace mortise
