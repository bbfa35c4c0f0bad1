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
  // The byte strings that it is made of, inputs and answers.
  size_t vectors;
};

// A failure puts the process into the error state, for good.
std::vector<SelfTestResult> RunSelfTests();
// Once for the process, whichever thread comes first.
void RunSelfTestsOnce();
// For tests of the self-tests: from now on a byte of that vector of the named test is another, and of no other test. False
// where there is none.
bool BreakSelfTest(std::string_view name, size_t vector);

}  // namespace mortise
