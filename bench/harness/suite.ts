import { alternate, type Contender, type Pace } from './alternate.js'
import { LoopProbe } from './loop_probe.js'
import { type Machine, machine } from './machine.js'

/** One comparison. Its row shows medians over all slices. */
export interface Contest {
  /** For instance `create/single`. */
  readonly name: string
  /** For instance `creates/s`. */
  readonly unit: string
  readonly ours: Contender
  readonly peer: Contender
  /** Who the peer is and what it does, for people. */
  readonly peerName: string
  /** What cannot be surpassed, measured in the same slices; or units a second that are to be reached. */
  readonly limit?: Contender | number
  readonly limitName?: string
  /** How many slices, where a contender takes seconds for each. */
  readonly slices?: Pick<Pace, 'slices' | 'warmUp'>
  /** Whether the event loop is watched while ours is at work. */
  readonly watchLoop?: boolean
  /** Throws unless the contenders do what they are measured for. Runs before any time is taken. */
  check(): void | Promise<void>
}

/** Several comparisons that share a set-up, in a process of their own. */
export interface Suite {
  readonly name: string
  /** Of one slice, where it need not be as long as usual: what is synchronous and has no peak takes less. */
  readonly sliceMilliseconds?: number
  /** Sets up, holds one contest after the other, and clears away. A quick run sets up no more than it needs to work. */
  run(contest: (contest: Contest) => Promise<void>, quick: boolean): Promise<void>
}

/** Units a second are medians over the slices; `ratio` and `ofLimit` are medians of the quotients within each round. */
export interface Row {
  readonly name: string
  readonly unit: string
  readonly ours: number
  readonly peer: number
  readonly peerName: string
  readonly ratio: number
  /** The middle half of the ratios. */
  readonly spread: readonly [low: number, high: number]
  /** Unless the spread is wider than a quarter of the ratio: then the machine was not at rest. */
  readonly significant: boolean
  readonly limit?: number
  readonly limitName?: string
  readonly ofLimit?: number
  /** The middle half of it. */
  readonly limitSpread?: readonly [low: number, high: number]
  /** Milliseconds that 99 of 100 events waited at most for the event loop while ours was at work. */
  readonly loopDelayP99?: number
}

export interface Result extends Machine {
  readonly suite: string
  readonly rows: readonly Row[]
}

const widestSpread = 0.25

/** @param progress is told the name of each row when it begins */
export async function runSuite(
  suite: Suite,
  pace: Pace,
  quick: boolean,
  progress: (row: string) => void,
): Promise<Result> {
  const rows: Row[] = []
  const before = machine()
  const { sliceMilliseconds = pace.milliseconds } = suite
  const own = { ...pace, milliseconds: Math.min(pace.milliseconds, sliceMilliseconds) }
  await suite.run(async (contest) => {
    progress(contest.name)
    await contest.check()
    const { slices = own } = contest
    rows.push(
      await measure(contest, {
        ...own,
        slices: Math.min(own.slices, slices.slices),
        warmUp: Math.min(own.warmUp, slices.warmUp),
      }),
    )
  }, quick)
  return { suite: suite.name, ...before, rows }
}

async function measure(contest: Contest, pace: Pace): Promise<Row> {
  if (!contest.watchLoop) return compare(contest, pace)
  const probe = await LoopProbe.start()
  try {
    const row = await compare(contest, pace, probe)
    return { ...row, loopDelayP99: rounded(quantile(probe.delays, 0.99)) }
  } finally {
    await probe.stop()
  }
}

async function compare(
  { name, unit, ours, peer, peerName, limit, limitName }: Contest,
  pace: Pace,
  probe?: LoopProbe,
): Promise<Row> {
  const measured = typeof limit === 'object' ? [limit] : []
  const [our = [], their = [], limiting = our.map(() => limit as number)] = await alternate(
    [ours, peer, ...measured],
    pace,
    probe,
  )
  const [ratio, spread] = quotient(our, their)
  const row = {
    name,
    unit,
    ours: rounded(quantile(our, 0.5)),
    peer: rounded(quantile(their, 0.5)),
    peerName,
    ratio,
    spread,
    significant: spread[1] - spread[0] <= widestSpread * ratio,
  }
  if (limit === undefined) return row
  const [ofLimit, limitSpread] = quotient(our, limiting)
  return {
    ...row,
    limit: rounded(quantile(limiting, 0.5)),
    limitName: limitName ?? 'limit',
    ofLimit,
    limitSpread,
  }
}

/** Of the rates within each round: the median and the middle half. */
function quotient(
  of: readonly number[],
  by: readonly number[],
): [median: number, middle: [low: number, high: number]] {
  const quotients = of.map((rate, i) => rate / (by[i] ?? Number.NaN))
  const at = (q: number) => rounded(quantile(quotients, q))
  return [at(0.5), [at(0.25), at(0.75)]]
}

/** Between neighbours the value is interpolated. */
function quantile(values: readonly number[], q: number): number {
  const sorted = values.toSorted((a, b) => a - b)
  const at = (sorted.length - 1) * q
  const low = sorted[Math.floor(at)] ?? Number.NaN
  const high = sorted[Math.ceil(at)] ?? Number.NaN
  return low + (high - low) * (at - Math.floor(at))
}

/** To four figures: more would pretend. */
function rounded(value: number): number {
  return Number(value.toPrecision(4))
}
