#include "check.h"

int main() {
  mortise::TestSelfTests();
  mortise::TestSecureMemory();
  mortise::TestRecords();
  mortise::TestXaes();
  mortise::TestKeyWrap();
  mortise::TestKeyFile();
  mortise::TestLeases();
  mortise::TestSharedKeys();
  mortise::TestPool();
  std::puts("ok");
}
