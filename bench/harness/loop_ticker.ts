/** Posts the time every millisecond as long as it is told to, from a thread that nothing holds up. @module */
import { parentPort, workerData } from 'node:worker_threads'
import { now, type Ticking } from './loop_probe.js'

const { ticking } = workerData as Ticking
for (;;) {
  Atomics.wait(ticking, 0, 0)
  parentPort?.postMessage(now())
  Atomics.wait(ticking, 0, 1, 1)
}
