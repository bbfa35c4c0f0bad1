/** The two clocks that Mortise reads. Injected, so that tests can move time. */
export interface Clock {
  /** Wall time in milliseconds since 1970-01-01T00:00:00Z: what is recorded and compared with dates. */
  now(): number
  /** Milliseconds that only ever rise: what deadlines are measured with. The origin is arbitrary. */
  monotonic(): number
}

export const systemClock: Clock = {
  now: () => Date.now(),
  monotonic: () => performance.now(),
}
