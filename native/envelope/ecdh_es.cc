#include "envelope/ecdh_es.h"

#include "kdf/kdf.h"
#include "keys/asymmetric.h"

namespace mortise {
namespace {

void PutNumber(std::vector<uint8_t>& out, size_t number) {
  out.resize(out.size() + 4);
  PutBigEndian32(out.data() + out.size() - 4, static_cast<uint32_t>(number));
}

void PutField(std::vector<uint8_t>& out, ByteView field) {
  PutNumber(out, field.size);
  out.insert(out.end(), field.data, field.data + field.size);
}

}  // namespace

Result<KeyRef> EphemeralKey(const Key& recipient) {
  const bool fits = recipient.kind() == KeyKind::kPublic && recipient.curve() != Curve::kSecp256k1 &&
                    (recipient.type() == KeyType::kEc || IsMontgomery(recipient.type()));
  if (!fits) return Error{Code::kUnsupported, "ECDH-ES needs a public key of P-256, P-384, P-521, X25519 or X448"};
  MORTISE_TRY(pair, recipient.type() == KeyType::kEc ? GenerateEc(recipient.curve()) : GenerateOnCurve(recipient.type()));
  return std::move(pair.private_key);
}

Result<SecureBytes> AgreedKey(ByteView secret, const AgreementInfo& info, size_t size) {
  std::vector<uint8_t> other_info;
  PutField(other_info, ByteView(info.algorithm));
  PutField(other_info, info.party_u);
  PutField(other_info, info.party_v);
  PutNumber(other_info, size * 8);
  return ConcatKdf(secret, other_info, size);
}

}  // namespace mortise
