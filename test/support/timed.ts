import type { Test } from 'tap'

/** Nothing is asserted of the time: what would take seconds for each takes minutes, and ends the test. */
export async function timed<T>(t: Test, what: string, work: () => Promise<T>): Promise<T> {
  const from = performance.now()
  const result = await work()
  t.comment(`${what}: ${Math.round(performance.now() - from)} ms`)
  return result
}
