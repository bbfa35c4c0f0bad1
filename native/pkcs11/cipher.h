// Ciphers that the token runs.
#pragma once

#include "envelope/envelope.h"
#include "pkcs11/session.h"

namespace mortise::pkcs11 {

constexpr size_t kGcmIv = 12;
constexpr size_t kGcmTag = 16;

enum class Mode { kGcm, kCbc, kCbcPad, kCtr, kEcb, kOaep, kRsaPkcs1 };

struct Cipher {
  Mode mode = Mode::kGcm;
  std::vector<uint8_t> iv = {};
  // Additional data of GCM, the label of OAEP.
  std::vector<uint8_t> aad = {};
  size_t tag = kGcmTag;
  Hash hash = Hash::kSha256;
  // Of MGF1.
  Hash mask = Hash::kSha256;
};

// CK_GCM_PARAMS in one of its two forms. The token may read or write the IV as long as the operation goes on.
class GcmParameters {
 public:
  GcmParameters(ByteSpan iv, ByteView aad, size_t tag, bool iv_bits);
  CK_MECHANISM mechanism();

 private:
  CK_GCM_PARAMS with_;
  CK_GCM_PARAMS_WITHOUT_IV_BITS without_;
  const bool iv_bits_;
};

Status CheckCipher(const Cipher& cipher, KeyType type);
// The ciphertext, and behind it the tag of GCM.
Result<std::vector<uint8_t>> Encrypt(Session& session, TokenKey& key, const Cipher& cipher, ByteView plaintext);
// MORTISE_CRYPTO_DECRYPTION_FAILED for whatever is wrong with the ciphertext.
Result<std::vector<uint8_t>> Decrypt(Session& session, TokenKey& key, const Cipher& cipher, ByteView ciphertext);
// AES-GCM under a new IV: IV, ciphertext, tag.
Result<std::vector<uint8_t>> Seal(Session& session, TokenKey& key, ByteView plaintext, ByteView aad);
Result<std::vector<uint8_t>> Open(Session& session, TokenKey& key, ByteView sealed, ByteView aad);
// The same where a secret was sealed: it comes to be in locked memory, as a key of the type.
Result<KeyRef> OpenSecret(Session& session, TokenKey& key, ByteView sealed, ByteView aad, KeyType type);

// An envelope by RSA-OAEP-256: the content key comes from the token into locked memory, and everything else is done here, for tokens take
// no IV of any length. A token that has no such OAEP does the private operation alone (CKM_RSA_X_509), and the padding is removed here.
Result<std::vector<uint8_t>> OpenEnvelope(Session& session, TokenKey& key, const ContentEncryption& encryption,
                                          const Envelope& envelope, ByteView aad);

// With an object at hand, for trials.
Result<std::vector<uint8_t>> EncryptWith(Session& session, CK_OBJECT_HANDLE object, const Cipher& cipher, ByteView plaintext);
Result<std::vector<uint8_t>> EncryptGcm(Session& session, CK_OBJECT_HANDLE object, GcmParameters& parameters, ByteView plaintext);

// What a token may say of data that is not what it was; of RSA some call even that a device error.
bool MeansBadData(CK_RV answer);

}  // namespace mortise::pkcs11
