#include "process/harden.h"

#include <sys/prctl.h>
#include <sys/resource.h>

namespace mortise {

Status HardenProcess() {
  const rlimit none = {0, 0};
  if (prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) != 0 || setrlimit(RLIMIT_CORE, &none) != 0) {
    return Error{Code::kInternal, "the process could not be made undumpable"};
  }
  return Done{};
}

}  // namespace mortise
