// What a server does to its own process; a library never does it to its host.
#pragma once

#include "common/result.h"

namespace mortise {

// No core dumps, and no attaching or reading of its memory by other processes of the same user.
Status HardenProcess();

}  // namespace mortise
