#include "pkcs11/cipher.h"

#include <algorithm>
#include <cstring>

#include "keys/secret.h"
#include "rsa/oaep.h"

namespace mortise::pkcs11 {
namespace {

constexpr size_t kBlock = 16;
// Behind the plaintext: padding or a tag.
constexpr size_t kMore = 32;

// A mechanism and what its parameters point to.
class Parameters {
 public:
  static Result<std::unique_ptr<Parameters>> Make(const Cipher& cipher, const Capabilities& capabilities, const Policy& policy) {
    auto made = std::make_unique<Parameters>();
    MORTISE_CHECK(made->Set(cipher, capabilities, policy));
    return made;
  }

  CK_MECHANISM mechanism = {};

 private:
  Status Set(const Cipher& cipher, const Capabilities& capabilities, const Policy& policy) {
    iv_ = cipher.iv;
    aad_ = cipher.aad;
    switch (cipher.mode) {
      case Mode::kGcm:
        gcm_.emplace(ByteSpan{iv_.data(), iv_.size()}, aad_, cipher.tag,
                     policy.iv_bits.value_or(capabilities.gcm_iv_bits.value_or(true)));
        mechanism = gcm_->mechanism();
        return Done{};
      case Mode::kCbc: mechanism = {CKM_AES_CBC, iv_.data(), iv_.size()}; return Done{};
      case Mode::kCbcPad: mechanism = {CKM_AES_CBC_PAD, iv_.data(), iv_.size()}; return Done{};
      case Mode::kCtr:
        ctr_.ulCounterBits = 8 * kBlock;
        memcpy(ctr_.cb, iv_.data(), kBlock);
        mechanism = {CKM_AES_CTR, &ctr_, sizeof ctr_};
        return Done{};
      case Mode::kEcb: mechanism = {CKM_AES_ECB, nullptr, 0}; return Done{};
      case Mode::kRsaPkcs1: mechanism = {CKM_RSA_PKCS, nullptr, 0}; return Done{};
      case Mode::kOaep: {
        const HashMechanisms* const hash = MechanismsOf(cipher.hash);
        const HashMechanisms* const mask = MechanismsOf(cipher.mask);
        MORTISE_CHECK(capabilities.NeedsOaep(cipher.hash));
        if (mask == nullptr) return Error{Code::kHsmUnsupported, "tokens have no such mask for CKM_RSA_PKCS_OAEP"};
        oaep_ = {hash->digest, mask->mgf, CKZ_DATA_SPECIFIED, aad_.empty() ? nullptr : aad_.data(), aad_.size()};
        mechanism = {CKM_RSA_PKCS_OAEP, &oaep_, sizeof oaep_};
        return Done{};
      }
    }
    return Code::kInternal;
  }

  std::vector<uint8_t> iv_;
  std::vector<uint8_t> aad_;
  std::optional<GcmParameters> gcm_;
  CK_AES_CTR_PARAMS ctr_ = {};
  CK_RSA_PKCS_OAEP_PARAMS oaep_ = {};
};

// Of what was sealed, with the IV in front.
Cipher CipherOf(ByteView sealed, ByteView aad) {
  Cipher cipher;
  cipher.iv.assign(sealed.data, sealed.data + kGcmIv);
  cipher.aad.assign(aad.data, aad.data + aad.size);
  return cipher;
}

bool IsRsa(Mode mode) { return mode == Mode::kOaep || mode == Mode::kRsaPkcs1; }

// RSA answers as many bytes as its modulus has.
size_t RoomFor(Mode mode, size_t size, size_t modulus) { return IsRsa(mode) ? modulus : size + kMore; }
constexpr size_t kLargestModulus = 2048;

Result<std::vector<uint8_t>> EncryptBy(Session& session, CK_OBJECT_HANDLE object, CK_MECHANISM& mechanism, ByteView plaintext,
                                       size_t room) {
  const CK_FUNCTION_LIST& functions = session.functions();
  MORTISE_CHECK(session.Check("C_EncryptInit", mechanism.mechanism,
                              functions.C_EncryptInit(session.handle(), &mechanism, object)));
  std::vector<uint8_t> out(room);
  MORTISE_CHECK(session.Check("C_Encrypt", mechanism.mechanism, WithRoom(out, [&](uint8_t* to, CK_ULONG* size) {
                                return functions.C_Encrypt(session.handle(), const_cast<uint8_t*>(plaintext.data), plaintext.size,
                                                           to, size);
                              })));
  return out;
}

Status BeginDecrypt(Session& session, const Located& key, CK_MECHANISM& mechanism) {
  MORTISE_CHECK(session.Check("C_DecryptInit", mechanism.mechanism,
                              session.functions().C_DecryptInit(session.handle(), &mechanism, key.handle)));
  return session.Authenticate(key.asks_pin);
}

Status CheckDecrypted(Session& session, const CK_MECHANISM& mechanism, CK_RV answer) {
  Status status = session.Check("C_Decrypt", mechanism.mechanism, answer);
  if (MeansBadData(answer)) return Code::kDecryptionFailed;
  return status;
}

Result<std::vector<uint8_t>> DecryptBy(Session& session, const Located& key, CK_MECHANISM& mechanism, ByteView ciphertext,
                                       size_t room) {
  MORTISE_CHECK(BeginDecrypt(session, key, mechanism));
  std::vector<uint8_t> out(room);
  const CK_RV answer = WithRoom(out, [&](uint8_t* to, CK_ULONG* size) {
    return session.functions().C_Decrypt(session.handle(), const_cast<uint8_t*>(ciphertext.data), ciphertext.size, to, size);
  });
  MORTISE_CHECK(CheckDecrypted(session, mechanism, answer));
  return out;
}

// RSAES-OAEP, or the private operation alone: as the mechanism has it.
Result<SecureBytes> DecryptRsa(Session& session, TokenKey& key, CK_MECHANISM& mechanism, ByteView ciphertext) {
  MORTISE_CHECK(session.Needs(mechanism.mechanism, CKF_DECRYPT));
  MORTISE_TRY(located, session.Locate(key));
  const size_t modulus = (located.bits + 7) / 8;
  if (ciphertext.size != modulus) return Code::kDecryptionFailed;
  MORTISE_TRY(out, SecureBytes::Make(modulus));
  MORTISE_CHECK(BeginDecrypt(session, located, mechanism));
  CK_ULONG size = out.size();
  MORTISE_CHECK(CheckDecrypted(session, mechanism,
                               session.functions().C_Decrypt(session.handle(), const_cast<uint8_t*>(ciphertext.data),
                                                             ciphertext.size, out.data(), &size)));
  if (size > modulus) return Error{Code::kHsmRefused, "C_Decrypt: the token answers another length"};
  out.Truncate(size);
  return out;
}

Result<SecureBytes> DecryptContentKey256(Session& session, TokenKey& key, ByteView encrypted) {
  const Capabilities& capabilities = session.capabilities();
  Cipher cipher;
  cipher.mode = Mode::kOaep;
  MORTISE_TRY(parameters, Parameters::Make(cipher, capabilities, session.token().options().policy));
  return DecryptRsa(session, key, parameters->mechanism, encrypted);
}

Result<SecureBytes> DecryptUnpadded256(Session& session, TokenKey& key, ByteView encrypted) {
  CK_MECHANISM mechanism = {CKM_RSA_X_509, nullptr, 0};
  MORTISE_TRY(raw, DecryptRsa(session, key, mechanism, encrypted));
  // Some tokens leave out zeros in front: every block of OAEP begins with one.
  MORTISE_TRY(block, SecureBytes::Make(encrypted.size));
  memcpy(block.data() + block.size() - raw.size(), raw.data(), raw.size());
  return OaepUnpad(Hash::kSha256, block.view());
}

}  // namespace

bool MeansBadData(CK_RV answer) {
  const ReturnCode& row = ReturnCodeOf(answer);
  return row.action == Action::kProbe || answer == CKR_DEVICE_ERROR ||
         (row.action == Action::kFail && row.code == Code::kHsmRefused);
}

GcmParameters::GcmParameters(ByteSpan iv, ByteView aad, size_t tag, bool iv_bits)
    : with_{iv.data, iv.size, 8 * iv.size, const_cast<uint8_t*>(aad.data), aad.size, 8 * tag},
      without_{iv.data, iv.size, const_cast<uint8_t*>(aad.data), aad.size, 8 * tag},
      iv_bits_(iv_bits) {}

CK_MECHANISM GcmParameters::mechanism() {
  if (iv_bits_) return {CKM_AES_GCM, &with_, sizeof with_};
  return {CKM_AES_GCM, &without_, sizeof without_};
}

Status CheckCipher(const Cipher& cipher, KeyType type) {
  if (type != (IsRsa(cipher.mode) ? KeyType::kRsa : KeyType::kAes)) {
    return Error{Code::kUnsupported, "keys of this type do not encrypt so"};
  }
  const bool block = cipher.mode == Mode::kCbc || cipher.mode == Mode::kCbcPad || cipher.mode == Mode::kCtr;
  if (block && cipher.iv.size() != kBlock) return Error{Code::kInputInvalid, "iv must have 16 bytes"};
  if (cipher.mode != Mode::kGcm) return Done{};
  if (cipher.iv.empty() || cipher.iv.size() > 128) return Error{Code::kInputInvalid, "iv must have 1 to 128 bytes"};
  if (cipher.tag < 12 || cipher.tag > kGcmTag) return Error{Code::kInputInvalid, "tag must be 12 to 16 bytes"};
  return Done{};
}

Result<std::vector<uint8_t>> Encrypt(Session& session, TokenKey& key, const Cipher& cipher, ByteView plaintext) {
  MORTISE_CHECK(CheckCipher(cipher, key.identity().type));
  MORTISE_TRY(parameters, Parameters::Make(cipher, session.capabilities(), session.token().options().policy));
  MORTISE_CHECK(session.Needs(parameters->mechanism.mechanism, CKF_ENCRYPT));
  MORTISE_TRY(located, session.Locate(key));
  return EncryptBy(session, located.handle, parameters->mechanism, plaintext,
                   RoomFor(cipher.mode, plaintext.size, (located.bits + 7) / 8));
}

Result<std::vector<uint8_t>> Decrypt(Session& session, TokenKey& key, const Cipher& cipher, ByteView ciphertext) {
  MORTISE_CHECK(CheckCipher(cipher, key.identity().type));
  MORTISE_TRY(parameters, Parameters::Make(cipher, session.capabilities(), session.token().options().policy));
  MORTISE_CHECK(session.Needs(parameters->mechanism.mechanism, CKF_DECRYPT));
  MORTISE_TRY(located, session.Locate(key));
  return DecryptBy(session, located, parameters->mechanism, ciphertext,
                   RoomFor(cipher.mode, ciphertext.size, (located.bits + 7) / 8));
}

Result<std::vector<uint8_t>> Seal(Session& session, TokenKey& key, ByteView plaintext, ByteView aad) {
  if (key.identity().type != KeyType::kAes) return Error{Code::kUnsupported, "keys of this type do not encrypt so"};
  const Capabilities& capabilities = session.capabilities();
  const Policy& policy = session.token().options().policy;
  MORTISE_CHECK(session.Needs(CKM_AES_GCM, CKF_ENCRYPT));
  MORTISE_TRY(located, session.Locate(key));
  // A new one whenever the job is done again.
  uint8_t iv[kGcmIv] = {};
  if (!policy.token_iv.value_or(capabilities.gcm_token_iv.value_or(false))) MORTISE_CHECK(Random({iv, sizeof iv}));
  GcmParameters parameters({iv, sizeof iv}, aad, kGcmTag, policy.iv_bits.value_or(capabilities.gcm_iv_bits.value_or(true)));
  MORTISE_TRY(sealed, EncryptGcm(session, located.handle, parameters, plaintext));
  // Where the token makes it, it has been written there by now.
  sealed.insert(sealed.begin(), iv, iv + sizeof iv);
  if (sealed.size() != kGcmIv + plaintext.size + kGcmTag) {
    return Error{Code::kHsmRefused, "C_Encrypt (CKM_AES_GCM): the token answers another length"};
  }
  return sealed;
}

Result<std::vector<uint8_t>> Open(Session& session, TokenKey& key, ByteView sealed, ByteView aad) {
  if (sealed.size < kGcmIv + kGcmTag) return Code::kDecryptionFailed;
  return Decrypt(session, key, CipherOf(sealed, aad), sealed.From(kGcmIv));
}

Result<KeyRef> OpenSecret(Session& session, TokenKey& key, ByteView sealed, ByteView aad, KeyType type) {
  if (sealed.size < kGcmIv + kGcmTag) return Code::kDecryptionFailed;
  const Cipher cipher = CipherOf(sealed, aad);
  MORTISE_CHECK(CheckCipher(cipher, key.identity().type));
  MORTISE_TRY(parameters, Parameters::Make(cipher, session.capabilities(), session.token().options().policy));
  CK_MECHANISM& mechanism = parameters->mechanism;
  MORTISE_CHECK(session.Needs(mechanism.mechanism, CKF_DECRYPT));
  MORTISE_TRY(located, session.Locate(key));
  // Room for what is sealed is enough for what was.
  MORTISE_TRY(secret, SecureBytes::Make(sealed.size));
  CK_ULONG size = secret.size();
  MORTISE_CHECK(BeginDecrypt(session, located, mechanism));
  const ByteView ciphertext = sealed.From(kGcmIv);
  MORTISE_CHECK(CheckDecrypted(session, mechanism,
                               session.functions().C_Decrypt(session.handle(), const_cast<uint8_t*>(ciphertext.data),
                                                             ciphertext.size, secret.data(), &size)));
  if (size != sealed.size - kGcmIv - kGcmTag) {
    return Error{Code::kHsmRefused, "C_Decrypt (CKM_AES_GCM): the token answers another length"};
  }
  secret.Truncate(size);
  // Of the type's making, and not of the key's, which is the fault of what was sealed.
  Result<KeyRef> adopted = AdoptSecret(type, std::move(secret));
  if (!adopted.ok()) return Code::kDecryptionFailed;
  return adopted;
}

Result<std::vector<uint8_t>> OpenEnvelope(Session& session, TokenKey& key, const ContentEncryption& encryption,
                                          const Envelope& envelope, ByteView aad) {
  if (key.identity().type != KeyType::kRsa) return Error{Code::kUnsupported, "such an envelope is opened by an RSA key"};
  const Capabilities& capabilities = session.capabilities();
  const bool pads = capabilities.NeedsOaep(Hash::kSha256).ok() && capabilities.Find(CKM_RSA_PKCS_OAEP, CKF_DECRYPT) != nullptr;
  if (!pads && capabilities.Find(CKM_RSA_X_509, CKF_DECRYPT) == nullptr) {
    return Error{Code::kHsmUnsupported, "the token has neither CKM_RSA_PKCS_OAEP with SHA2-256 nor CKM_RSA_X_509"};
  }
  return OpenRsaEnvelope(
      [&](ByteView encrypted) -> Result<SecureBytes> {
        Result<SecureBytes> decrypted =
            pads ? DecryptContentKey256(session, key, encrypted) : DecryptUnpadded256(session, key, encrypted);
        if (decrypted.ok() || decrypted.error().code != Code::kDecryptionFailed) return decrypted;
        // The envelope's fault, if the token answers otherwise.
        bool logged_in = true;
        MORTISE_CHECK(session.Check("C_GetSessionInfo", session.Probe(logged_in)));
        session.ClearFault();
        return decrypted;
      },
      encryption, envelope, aad);
}

Result<std::vector<uint8_t>> EncryptWith(Session& session, CK_OBJECT_HANDLE object, const Cipher& cipher, ByteView plaintext) {
  MORTISE_TRY(parameters, Parameters::Make(cipher, session.capabilities(), session.token().options().policy));
  return EncryptBy(session, object, parameters->mechanism, plaintext, RoomFor(cipher.mode, plaintext.size, kLargestModulus));
}

Result<std::vector<uint8_t>> EncryptGcm(Session& session, CK_OBJECT_HANDLE object, GcmParameters& parameters,
                                        ByteView plaintext) {
  CK_MECHANISM mechanism = parameters.mechanism();
  return EncryptBy(session, object, mechanism, plaintext, plaintext.size + kMore);
}

}  // namespace mortise::pkcs11
