// Encrypted private keys made by a stranger are read, and refused, without accident. Iterations are cut, lest they be
// all that is measured.
#include "formats/der.h"
#include "formats/pbes2.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace mortise;
  // The count of iterations stands behind its tag: what has more than two octets of it is left to the tests.
  for (size_t i = 0; i + 2 < size; i++) {
    if (data[i] == kDerInteger && data[i + 1] > 2) return 0;
  }
  static_cast<void>(DecryptPkcs8({data, size}, ByteView(std::string_view("password"))).ok());
  ERR_clear_error();
  return 0;
}
