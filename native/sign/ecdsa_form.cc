#include "sign/ecdsa_form.h"

namespace mortise {

Status EcdsaDerToFixed(ByteView der, size_t field, uint8_t* out) {
  const uint8_t* at = der.data;
  const EcdsaSigPtr signature(d2i_ECDSA_SIG(nullptr, &at, static_cast<long>(der.size)));
  const int width = static_cast<int>(field);
  if (signature == nullptr || at != der.data + der.size ||
      BN_bn2binpad(ECDSA_SIG_get0_r(signature.get()), out, width) != width ||
      BN_bn2binpad(ECDSA_SIG_get0_s(signature.get()), out + field, width) != width) {
    return Code::kCryptoFailed;
  }
  return Done{};
}

size_t EcdsaFixedToDer(ByteView fixed, size_t field, EcdsaDer& out) {
  if (fixed.size != 2 * field) return 0;
  const int width = static_cast<int>(field);
  BnPtr r(BN_bin2bn(fixed.data, width, nullptr));
  BnPtr s(BN_bin2bn(fixed.data + field, width, nullptr));
  const EcdsaSigPtr signature(ECDSA_SIG_new());
  if (r == nullptr || s == nullptr || signature == nullptr) return 0;
  if (ECDSA_SIG_set0(signature.get(), r.get(), s.get()) != 1) return 0;
  // The signature owns them now.
  static_cast<void>(r.release());
  static_cast<void>(s.release());
  const int size = i2d_ECDSA_SIG(signature.get(), nullptr);
  if (size <= 0 || static_cast<size_t>(size) > out.size()) return 0;
  uint8_t* at = out.data();
  return i2d_ECDSA_SIG(signature.get(), &at) == size ? static_cast<size_t>(size) : 0;
}

}  // namespace mortise
