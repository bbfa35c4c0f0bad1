// A test framework of one macro.
#pragma once

#include <cstdio>
#include <cstdlib>

#define CHECK(condition)                                                        \
  do {                                                                          \
    if (!(condition)) {                                                         \
      std::fprintf(stderr, "%s:%d: %s\n", __FILE__, __LINE__, #condition);      \
      std::exit(1);                                                             \
    }                                                                           \
  } while (0)

namespace mortise {
void TestSelfTests();
void TestSecureMemory();
void TestRecords();
void TestXaes();
void TestKeyWrap();
void TestKeyFile();
void TestLeases();
void TestMacLeases();
void TestSharedKeys();
void TestPool();
void TestTtlv();
void TestPkcs11();
}  // namespace mortise
