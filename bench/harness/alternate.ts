import { setImmediate } from 'node:timers/promises'
import type { LoopProbe } from './loop_probe.js'

/** What is measured against another. */
export interface Contender {
  /** Does some work and says how many units of it. Synchronous work should last 20 us at least: the clock is read after it. */
  work(): number | Promise<number>
  /** How many calls of {@link work} are under way at once. Default 1. */
  readonly lanes?: number
  /** Milliseconds of CPU that it has used so far, where units are told by those and not by those of the clock. */
  readonly used?: () => number
}

/** How long it is measured. */
export interface Pace {
  readonly slices: number
  /** Slices before those, which count for nothing: code gets compiled, caches fill. */
  readonly warmUp: number
  /** Of one slice. */
  readonly milliseconds: number
}

/**
 * Lets the contenders take turns in short slices, in rotated order, so that what else the machine is doing slows them all.
 *
 * @param probe watches the event loop while the first contender is at work
 * @returns units a second of each contender, slice by slice
 */
export async function alternate(
  contenders: readonly Contender[],
  pace: Pace,
  probe?: LoopProbe,
): Promise<number[][]> {
  const rates = contenders.map((): number[] => [])
  for (let round = 0; round < pace.warmUp + pace.slices; round++) {
    for (let i = 0; i < contenders.length; i++) {
      const which = (round + i) % contenders.length
      const counts = round >= pace.warmUp
      const turn = () => slice(contenders[which] as Contender, pace.milliseconds)
      const rate = await (probe && which === 0 && counts ? probe.during(turn) : turn())
      if (counts) rates[which]?.push(rate)
    }
  }
  return rates
}

/** Units a second. Work that is under way when the time is up is finished and counted, and so is its time. */
async function slice({ work, lanes = 1, used }: Contender, milliseconds: number): Promise<number> {
  await setImmediate() // timers have their turn: leases are renewed by them
  let units = 0
  const start = performance.now()
  const usedBefore = used?.() ?? 0
  const lane = async () => {
    do {
      const result = work()
      const done = typeof result === 'number' ? result : await result
      units += done
    } while (performance.now() - start < milliseconds)
  }
  await Promise.all(Array.from({ length: lanes }, lane))
  return (units * 1000) / (used ? used() - usedBefore : performance.now() - start)
}
