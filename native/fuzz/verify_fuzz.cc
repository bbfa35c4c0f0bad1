// Signatures made by a stranger, in both forms and of every scheme, do not verify.
#include <cstdlib>

#include "keys/asymmetric.h"
#include "sign/signer.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace mortise;
  static const KeyRef keys[] = {GenerateRsa(2048).value().private_key, GenerateEc(Curve::kP256).value().private_key,
                                GenerateOnCurve(KeyType::kEd25519).value().private_key,
                                GenerateOnCurve(KeyType::kEd448).value().private_key,
                                GenerateEc(Curve::kSecp256k1).value().private_key};
  const ByteView message(std::string_view("message"));
  for (const KeyRef& key : keys) {
    for (const bool p1363 : {false, true}) {
      Result<bool> verified = Verify(*key, DefaultScheme(*key), {false, p1363}, message, {data, size});
      if (!verified.ok() || verified.value()) abort();
    }
  }
  ERR_clear_error();
  return 0;
}
