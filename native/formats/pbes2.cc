#include "formats/pbes2.h"

#include <cstring>

#include "common/cipher_ctx.h"
#include "formats/der.h"
#include "kdf/kdf.h"

namespace mortise {
namespace {

using namespace std::string_view_literals;

constexpr std::string_view kPbes2 = "\x2a\x86\x48\x86\xf7\x0d\x01\x05\x0d"sv;
constexpr std::string_view kPbkdf2 = "\x2a\x86\x48\x86\xf7\x0d\x01\x05\x0c"sv;
constexpr size_t kSalt = 16;
constexpr size_t kIv = 16;
constexpr size_t kLongestSalt = 256;
// Room for an AlgorithmIdentifier that is made.
constexpr size_t kAlgorithm = 160;

struct Prf {
  std::string_view oid;
  Hash hash;
};

constexpr Prf kPrfs[] = {
    {"\x2a\x86\x48\x86\xf7\x0d\x02\x08"sv, Hash::kSha224},
    {"\x2a\x86\x48\x86\xf7\x0d\x02\x09"sv, Hash::kSha256},
    {"\x2a\x86\x48\x86\xf7\x0d\x02\x0a"sv, Hash::kSha384},
    {"\x2a\x86\x48\x86\xf7\x0d\x02\x0b"sv, Hash::kSha512},
};

struct Cipher {
  std::string_view oid;
  size_t key;
};

constexpr Cipher kCiphers[] = {
    {"\x60\x86\x48\x01\x65\x03\x04\x01\x02"sv, 16},
    {"\x60\x86\x48\x01\x65\x03\x04\x01\x16"sv, 24},
    {"\x60\x86\x48\x01\x65\x03\x04\x01\x2a"sv, 32},
};
constexpr const Prf& kMadePrf = kPrfs[1];
constexpr const Cipher& kMadeCipher = kCiphers[2];

bool Is(ByteView bytes, std::string_view text) {
  return bytes.size == text.size() && memcmp(bytes.data, text.data(), text.size()) == 0;
}

Error Damaged() { return Error{Code::kKeyInvalid, "the encrypted private key is not PKCS#8 in DER"}; }
Error Unsupported() {
  return Error{Code::kUnsupported, "private keys are encrypted by PBES2 with PBKDF2, HMAC-SHA-2 and AES-CBC only"};
}

struct Parameters {
  ByteView salt;
  uint32_t iterations = 0;
  // Null where it is not one of ours.
  const Prf* prf = nullptr;
  const Cipher* cipher = nullptr;
  ByteView iv;
};

// PBKDF2-params of RFC 8018 appendix A.2.
Status ParsePbkdf2(ByteView sequence, Parameters& parameters) {
  DerReader reader(sequence);
  ByteView count;
  ByteView prf;
  ByteView oid;
  if (!reader.Next(kDerOctetString, parameters.salt) || !reader.Number(count)) return Damaged();
  if (parameters.salt.size > kLongestSalt) return Error{Code::kKeyInvalid, "the salt is longer than 256 bytes"};
  uint64_t iterations = 0;
  if (count.size > 4) iterations = UINT64_MAX;
  for (size_t i = 0; i < count.size && count.size <= 4; i++) iterations = iterations << 8 | count.data[i];
  if (iterations < 1 || iterations > kMostIterations) {
    return Error{Code::kUnsupported, "PBKDF2 of a private key may have 1 to 10,000,000 iterations"};
  }
  parameters.iterations = static_cast<uint32_t>(iterations);
  ByteView key_length;
  if (reader.tag() == kDerInteger && !reader.Number(key_length)) return Damaged();
  // Without one it is HMAC-SHA-1, which nobody has written by default since 2016.
  if (!reader.Next(kDerSequence, prf)) return Unsupported();
  DerReader prf_reader(prf);
  if (!reader.empty() || !prf_reader.Next(kDerOid, oid)) return Damaged();
  for (const Prf& row : kPrfs) {
    if (Is(oid, row.oid)) parameters.prf = &row;
  }
  return Done{};
}

Status ParseScheme(ByteView sequence, Parameters& parameters) {
  DerReader reader(sequence);
  ByteView oid;
  if (!reader.Next(kDerOid, oid)) return Damaged();
  for (const Cipher& row : kCiphers) {
    if (Is(oid, row.oid)) parameters.cipher = &row;
  }
  if (parameters.cipher == nullptr) return Unsupported();
  if (!reader.Next(kDerOctetString, parameters.iv) || parameters.iv.size != kIv || !reader.empty()) return Damaged();
  return Done{};
}

Status ParseAlgorithm(ByteView sequence, Parameters& parameters) {
  DerReader algorithm(sequence);
  ByteView oid;
  ByteView pbes2;
  ByteView kdf;
  ByteView scheme;
  if (!algorithm.Next(kDerOid, oid)) return Damaged();
  if (!Is(oid, kPbes2)) return Unsupported();
  if (!algorithm.Next(kDerSequence, pbes2) || !algorithm.empty()) return Damaged();
  DerReader reader(pbes2);
  if (!reader.Next(kDerSequence, kdf) || !reader.Next(kDerSequence, scheme) || !reader.empty()) return Damaged();
  DerReader kdf_reader(kdf);
  ByteView kdf_parameters;
  if (!kdf_reader.Next(kDerOid, oid)) return Damaged();
  if (!Is(oid, kPbkdf2)) return Unsupported();
  if (!kdf_reader.Next(kDerSequence, kdf_parameters) || !kdf_reader.empty()) return Damaged();
  MORTISE_CHECK(ParsePbkdf2(kdf_parameters, parameters));
  MORTISE_CHECK(ParseScheme(scheme, parameters));
  if (parameters.prf == nullptr) return Unsupported();
  return Done{};
}

Result<SecureBytes> Crypt(const Parameters& parameters, ByteView password, ByteView input, bool encrypt) {
  MORTISE_TRY(key, Pbkdf2(parameters.prf->hash, password, parameters.salt, parameters.iterations, parameters.cipher->key));
  MORTISE_TRY(out, SecureBytes::Make(input.size + kIv));
  const CipherCtxPtr ctx = NewCipherCtx(AesOf(Fetched().cbc, parameters.cipher->key));
  int size = 0;
  int last = 0;
  if (ctx == nullptr ||
      EVP_CipherInit_ex2(ctx.get(), nullptr, key.data(), parameters.iv.data, encrypt ? 1 : 0, nullptr) != 1) {
    return Code::kCryptoFailed;
  }
  if (EVP_CipherUpdate(ctx.get(), out.data(), &size, input.data, static_cast<int>(input.size)) != 1 ||
      EVP_CipherFinal_ex(ctx.get(), out.data() + size, &last) != 1) {
    return encrypt ? Code::kCryptoFailed : Code::kDecryptionFailed;
  }
  out.Truncate(static_cast<size_t>(size + last));
  return out;
}

}  // namespace

Result<Pbes2> EncryptPbes2(ByteView plaintext, ByteView password, uint32_t count) {
  uint8_t salt[kSalt];
  uint8_t iv[kIv];
  MORTISE_CHECK(Random({salt, sizeof salt}));
  MORTISE_CHECK(Random({iv, sizeof iv}));
  const Parameters parameters{{salt, sizeof salt}, count, &kMadePrf, &kMadeCipher, {iv, sizeof iv}};
  MORTISE_TRY(encrypted, Crypt(parameters, password, plaintext, true));

  MORTISE_TRY(writer, DerWriter::Make(kAlgorithm));
  writer.Element(kDerOctetString, parameters.iv);
  writer.Element(kDerOid, ByteView(kMadeCipher.oid));
  writer.Wrap(kDerSequence, 0);
  const size_t kdf = writer.mark();
  writer.Element(kDerNull, {});
  writer.Element(kDerOid, ByteView(kMadePrf.oid));
  writer.Wrap(kDerSequence, kdf);
  uint8_t iterations[4];
  PutBigEndian32(iterations, parameters.iterations);
  writer.Number({iterations, sizeof iterations});
  writer.Element(kDerOctetString, parameters.salt);
  writer.Wrap(kDerSequence, kdf);
  writer.Element(kDerOid, ByteView(kPbkdf2));
  writer.Wrap(kDerSequence, kdf);
  writer.Wrap(kDerSequence, 0);
  writer.Element(kDerOid, ByteView(kPbes2));
  writer.Wrap(kDerSequence, 0);
  MORTISE_TRY(algorithm, writer.Finish());
  return Pbes2{std::move(algorithm), std::move(encrypted)};
}

Result<SecureBytes> EncryptPkcs8(ByteView pkcs8, ByteView password, uint32_t iterations) {
  MORTISE_TRY(encrypted, EncryptPbes2(pkcs8, password, iterations));
  MORTISE_TRY(writer, DerWriter::Make(encrypted.ciphertext.size() + kAlgorithm + 16));
  writer.Element(kDerOctetString, encrypted.ciphertext.view());
  writer.Bytes(encrypted.algorithm.view());
  writer.Wrap(kDerSequence, 0);
  return writer.Finish();
}

Result<SecureBytes> DecryptPkcs8(ByteView encrypted, ByteView password) {
  DerReader outer(encrypted);
  ByteView sequence;
  ByteView algorithm;
  ByteView data;
  if (!outer.Next(kDerSequence, sequence) || !outer.empty()) return Damaged();
  DerReader reader(sequence);
  if (!reader.Next(kDerSequence, algorithm) || !reader.Next(kDerOctetString, data) || !reader.empty()) return Damaged();
  Parameters parameters;
  MORTISE_CHECK(ParseAlgorithm(algorithm, parameters));
  if (data.size == 0 || data.size % kIv != 0) return Code::kDecryptionFailed;
  return Crypt(parameters, password, data, false);
}

}  // namespace mortise
