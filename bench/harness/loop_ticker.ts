/** Posts the time every millisecond as long as it is told to, from a thread that nothing holds up. @module */
import { parentPort, workerData } from 'node:worker_threads'
import { now, State, type Ticking } from './loop_probe.js'

const { ticking } = workerData as Ticking
for (;;) {
  Atomics.wait(ticking, 0, State.still)
  if (Atomics.load(ticking, 0) === State.ended) break
  parentPort?.postMessage(now())
  Atomics.wait(ticking, 0, State.ticking, 1)
}
