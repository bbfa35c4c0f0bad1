// Envelopes made by a stranger, with an ephemeral key that is anything, do not open.
#include <cstdlib>

#include "envelope/envelope.h"
#include "fuzz/input.h"
#include "keys/asymmetric.h"
#include "keys/secret.h"

namespace {

using namespace mortise;

struct Recipient {
  KeyManagement management;
  KeyRef key;
};

std::vector<Recipient> MakeRecipients() {
  const KeyRef aes = GenerateSecret(KeyType::kAes, 256).value();
  std::vector<Recipient> recipients = {{KeyManagement::kRsaOaep256, GenerateRsa(2048).value().private_key},
                                       {KeyManagement::kAesKw, aes},
                                       {KeyManagement::kDirect, aes}};
  for (const KeyRef& key :
       {GenerateEc(Curve::kP256).value().private_key, GenerateEc(Curve::kP521).value().private_key,
        GenerateOnCurve(KeyType::kX25519).value().private_key, GenerateOnCurve(KeyType::kX448).value().private_key}) {
    for (const KeyManagement management : {KeyManagement::kEcdhEs, KeyManagement::kEcdhEsA128Kw,
                                           KeyManagement::kEcdhEsA192Kw, KeyManagement::kEcdhEsA256Kw}) {
      recipients.push_back({management, key});
    }
  }
  return recipients;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  static const auto& recipients = *new std::vector<Recipient>(MakeRecipients());
  static constexpr const char* encryptions[] = {"A128GCM",       "A192GCM",       "A256GCM",
                                                "A128CBC-HS256", "A192CBC-HS384", "A256CBC-HS512"};
  Input input(data, size);
  const Recipient& recipient = recipients[input.Byte() % recipients.size()];
  const ContentEncryption& encryption = *FindContentEncryption(encryptions[input.Byte() % std::size(encryptions)]);
  // The first part is the longest, and text: what a dictionary of JWK finds.
  Sender sender;
  sender.epk = input.Copy();
  sender.apu = input.Copy();
  sender.apv = input.Copy();
  Envelope envelope;
  envelope.encrypted_key = input.Copy();
  envelope.iv = input.Copy();
  envelope.tag = input.Copy();
  const ByteView aad = input.Part();
  const ByteView rest = input.Rest();
  envelope.ciphertext.assign(rest.data, rest.data + rest.size);
  if (OpenEnvelope(*recipient.key, recipient.management, encryption, envelope, aad, sender).ok()) abort();
  ERR_clear_error();
  return 0;
}
