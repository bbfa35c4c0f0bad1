#include "check.h"

int main() {
  mortise::TestSelfTests();
  mortise::TestSecureMemory();
  mortise::TestRecords();
  mortise::TestXaes();
  mortise::TestKeyWrap();
  mortise::TestKeyFile();
  mortise::TestLeases();
  mortise::TestMacLeases();
  mortise::TestSharedKeys();
  mortise::TestPool();
  mortise::TestTtlv();
  mortise::TestPkcs11();
  std::puts("ok");
}
