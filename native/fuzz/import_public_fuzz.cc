// Whatever is taken for a public key verifies without accident.
#include "keys/asymmetric.h"
#include "sign/signer.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace mortise;
  Result<KeyRef> key = ImportPublic({data, size});
  if (key.ok()) {
    static_cast<void>(Verify(*key.value(), DefaultScheme(*key.value()), {}, {data, size}, {data, size}).ok());
  }
  ERR_clear_error();
  return 0;
}
