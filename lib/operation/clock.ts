/** The wall clock. Injected, so that tests can move time. */
export interface Clock {
  /** Milliseconds since 1970-01-01T00:00:00Z: what is recorded and compared with dates. Deadlines are native. */
  now(): number
}

export const systemClock: Clock = { now: () => Date.now() }
