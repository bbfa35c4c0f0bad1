// Self-tests: known answers of every algorithm. They run when the add-on loads and whenever they are asked for.
#pragma once

#include <string_view>
#include <vector>

#include "selftest/state.h"

namespace mortise {

struct SelfTestResult {
  const char* name;
  bool passed;
  double microseconds;
};

// A failure puts the process into the error state, for good.
std::vector<SelfTestResult> RunSelfTests();
// Once for the process, whichever thread comes first.
void RunSelfTestsOnce();
// For tests of the self-tests: alters the named one's input from now on. False where there is no such test.
bool BreakSelfTest(std::string_view name);

}  // namespace mortise
