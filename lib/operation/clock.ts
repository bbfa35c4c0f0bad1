/** The wall clock. Injected, so that tests can move time. */
export interface Clock {
  /** Milliseconds since 1970-01-01T00:00:00Z: what is recorded and compared with dates. Deadlines are native. */
  now(): number
  /**
   * Calls back once when so many milliseconds have gone by, whatever {@link now} says meanwhile, without keeping the
   * process alive. Default: a timer of Node's.
   *
   * @returns what calls it off
   */
  after?(milliseconds: number, action: () => void): () => void
}

export const systemClock = {
  now: () => Date.now(),
  after(milliseconds: number, action: () => void): () => void {
    const timer = setTimeout(action, milliseconds).unref()
    return () => clearTimeout(timer)
  },
} as const satisfies Clock
