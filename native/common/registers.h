// What a thread leaves in its registers stays there while it waits, and core dumps have the registers of every thread.
#pragma once

namespace mortise {

// Wipes those of the vector unit that a call need not preserve: keys are copied and used through them.
void WipeRegisters();

}  // namespace mortise
