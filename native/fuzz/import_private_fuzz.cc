// Whatever is taken for a private key exports, and comes back as itself.
#include <cstdlib>
#include <cstring>

#include "keys/asymmetric.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace mortise;
  Result<KeyRef> key = ImportPrivate({data, size});
  if (key.ok()) {
    const ByteView der = key.value()->material();
    Result<KeyRef> again = ImportPrivate(der);
    if (!again.ok() || again.value()->material().size != der.size ||
        memcmp(again.value()->material().data, der.data, der.size) != 0) {
      abort();
    }
  }
  ERR_clear_error();
  return 0;
}
