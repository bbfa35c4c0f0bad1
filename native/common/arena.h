// Where OpenSSL's copies of keys are made: on threads of the core's own whose heap and stack are left out of core dumps.
// Inside Node, OpenSSL takes whatever memory malloc gives to the thread that it runs on, and cannot be told otherwise.
#pragma once

#include <optional>

namespace mortise {

namespace arena {

using Call = void (*)(void* work);
void Run(Call call, void* work);

}  // namespace arena

// Does the work there while the caller waits, or where the caller is if malloc is not glibc's, which gives each thread a
// heap. The work must free nothing that was allocated elsewhere, because what it allocates next would lie there.
template <typename Work>
auto InArena(Work work) -> decltype(work()) {
  struct {
    Work& work;
    std::optional<decltype(work())> result;
  } both = {work, std::nullopt};
  arena::Run(
      [](void* pointer) {
        auto* const at = static_cast<decltype(both)*>(pointer);
        at->result.emplace(at->work());
      },
      &both);
  return std::move(*both.result);
}

// Leaves the stack of this thread out of core dumps.
bool HideStack();

// For the work, of what it has made: a heap that is full has another one behind it, which must be left out as well.
void KeepInArena(const void* made);

}  // namespace mortise
