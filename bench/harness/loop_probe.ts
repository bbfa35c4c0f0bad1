import { once } from 'node:events'
import { setImmediate } from 'node:timers/promises'
import { Worker } from 'node:worker_threads'

/** What the thread that ticks does. */
export const State = { still: 0, ticking: 1, ended: 2 } as const

/** What the thread that ticks is given. */
export interface Ticking {
  /** A `State` in its first place. */
  readonly ticking: Int32Array
}

/** Milliseconds on a clock that all threads share. */
export function now(): number {
  return Number(process.hrtime.bigint()) / 1e6
}

/**
 * How long the event loop lets an event wait. A thread of its own sends a message every millisecond, as a socket or the
 * core's threads would, and noted is how much later it is received. perf_hooks' monitorEventLoopDelay would be the ordinary
 * way, but its timer is by itself up to a millisecond late; and a loop that is kept turning to be watched takes a whole core.
 */
export class LoopProbe {
  readonly #ticker: Worker
  readonly #ticking: Int32Array
  readonly #delays: number[] = []

  private constructor(ticker: Worker, ticking: Int32Array) {
    this.#ticker = ticker
    this.#ticking = ticking
    ticker.on('message', (sent: number) => this.#delays.push(now() - sent))
  }

  static async start(): Promise<LoopProbe> {
    const ticking = new Int32Array(new SharedArrayBuffer(4))
    const workerData: Ticking = { ticking }
    const ticker = new Worker(new URL('./loop_ticker.js', import.meta.url), { workerData })
    await once(ticker, 'online')
    return new LoopProbe(ticker, ticking)
  }

  /** Watches the loop while something is done. */
  async during<T>(work: () => Promise<T>): Promise<T> {
    const first = once(this.#ticker, 'message')
    this.#set(State.ticking)
    await first
    const result = await work()
    this.#set(State.still)
    // What was sent before is received in the next turn, and its delay counts.
    await setImmediate()
    await setImmediate()
    return result
  }

  /** All delays so far, in milliseconds. */
  get delays(): readonly number[] {
    return this.#delays
  }

  async stop(): Promise<void> {
    const ended = once(this.#ticker, 'exit')
    // terminate() can, very rarely, miss a thread that is about to wait.
    this.#set(State.ended)
    await ended
  }

  #set(state: number): void {
    Atomics.store(this.#ticking, 0, state)
    Atomics.notify(this.#ticking, 0)
  }
}
