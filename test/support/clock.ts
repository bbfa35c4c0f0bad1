import { setTimeout as sleep } from 'node:timers/promises'
import type { Clock } from '../../lib/operation/index.js'

interface Timer {
  /** In time that has passed, which nobody can set. */
  readonly at: number
  readonly action: () => void
}

/** A clock whose time passes when a test says so, and which can be set wrong. */
export class TestClock implements Clock {
  #now: number
  #passed = 0
  readonly #timers = new Set<Timer>()

  constructor(now = '2030-01-01T00:00:00Z') {
    this.#now = Date.parse(now)
  }

  now(): number {
    return this.#now
  }

  after(milliseconds: number, action: () => void): () => void {
    const timer = { at: this.#passed + milliseconds, action }
    this.#timers.add(timer)
    return () => this.#timers.delete(timer)
  }

  /** Somebody sets the clock: no time passes. */
  set(milliseconds: number): void {
    this.#now += milliseconds
  }

  /** Time passes. Timers that end meanwhile are called once. */
  pass(milliseconds: number): void {
    this.#now += milliseconds
    this.#passed += milliseconds
    for (const timer of [...this.#timers]) {
      if (timer.at > this.#passed) continue
      this.#timers.delete(timer)
      timer.action()
    }
  }

  /** Milliseconds that each timer still has. */
  get timers(): number[] {
    return [...this.#timers].map(({ at }) => at - this.#passed)
  }
}

export const minute = 60_000
export const hour = 60 * minute
export const day = 24 * hour

/** Waits until something is so. What it waits for does not depend on how long it takes. */
export async function until(isSo: () => boolean | Promise<boolean>): Promise<void> {
  while (!(await isSo())) await sleep(5)
}
