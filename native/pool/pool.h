// The core's own threads, for work that is too long for JavaScript's. libuv's few are for files and names: a slow disk
// must not hold up a signature, nor many signatures a file.
#pragma once

#include <cstddef>
#include <functional>

namespace mortise {

// One for each processor, four at most.
size_t PoolThreads();

// Runs the task on one of them, in the order in which tasks come. They start with the first task, and end, once they have
// done what they are at, when the process exits or the add-on is unloaded.
void RunOnPool(std::function<void()> task);

}  // namespace mortise
