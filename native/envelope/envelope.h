// Hybrid encryption in the parts of JWE (RFC 7516): a content key that never leaves here, encrypted to a key, and content
// encrypted and authenticated with it.
#pragma once

#include <functional>
#include <string_view>

#include "keys/key.h"

namespace mortise {

// RFC 7518 section 4: RSA-OAEP-256, A128KW to A256KW by the size of the key, dir; ECDH-ES alone, where the agreed key encrypts the
// content, and with A128KW to A256KW.
enum class KeyManagement { kRsaOaep256, kAesKw, kDirect, kEcdhEs, kEcdhEsA128Kw, kEcdhEsA192Kw, kEcdhEsA256Kw };

constexpr bool IsAgreement(KeyManagement management) { return management >= KeyManagement::kEcdhEs; }

// RFC 7518 section 5. GCM has no HMAC half.
struct ContentEncryption {
  const char* name;
  // Bytes of the cipher's key.
  size_t key;
  bool gcm;
  // Of the composites.
  Hash hash;
};

const ContentEncryption* FindContentEncryption(std::string_view name);

struct Envelope {
  std::vector<uint8_t> encrypted_key;
  std::vector<uint8_t> iv;
  std::vector<uint8_t> ciphertext;
  std::vector<uint8_t> tag;
};

// Of ECDH-ES, from the header of what is opened.
struct Sender {
  // A JWK.
  std::vector<uint8_t> epk;
  std::vector<uint8_t> apu;
  std::vector<uint8_t> apv;
};

// `ephemeral` is the private key of ECDH-ES, whose public part stands in the `aad`, and otherwise null. An `iv` that is empty is
// drawn; another one is for GCM under a content key that is made here, which meets no second one.
Result<Envelope> SealEnvelope(const Key& key, KeyManagement management, const ContentEncryption& encryption,
                              ByteView plaintext, ByteView aad, const Key* ephemeral, ByteView iv = {});
// One error, whatever is wrong with it. A content key that does not decrypt is replaced by a random one (RFC 7516 section 11.5).
// Under RSA-OAEP an IV of GCM may have any length.
Result<std::vector<uint8_t>> OpenEnvelope(const Key& key, KeyManagement management,
                                          const ContentEncryption& encryption, const Envelope& envelope, ByteView aad,
                                          const Sender& sender);
// The same of RSA-OAEP, where something else decrypts the content key, as a token does: it is asked once, for what it makes of
// the encrypted key.
using DecryptContentKey = std::function<Result<SecureBytes>(ByteView encrypted_key)>;
Result<std::vector<uint8_t>> OpenRsaEnvelope(const DecryptContentKey& decrypt, const ContentEncryption& encryption,
                                             const Envelope& envelope, ByteView aad);
// The same of ECDH-ES, where the key of the recipient is elsewhere: by what was agreed on there with the sender.
Result<std::vector<uint8_t>> OpenAgreedEnvelope(const Key& secret, KeyManagement management,
                                                const ContentEncryption& encryption, const Envelope& envelope,
                                                ByteView aad, const Sender& sender);
// The public key of the sender, from its `epk`, which is anybody's: whatever is wrong with it, it does not open.
Result<KeyRef> SenderKey(const Sender& sender);

}  // namespace mortise
