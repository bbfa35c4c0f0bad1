import { setImmediate } from 'node:timers/promises'
import type { Arena } from './batch.js'

/** What is so short that the way to another thread takes longer or holds up nobody: some 0.2 ms of work. */
export interface ShortWork {
  /** Bytes. */
  readonly bytes: number
  /** What a record costs beside its bytes, in bytes. */
  readonly record: number
}

/** Work that is long enough for another thread always, and a record of which takes as long to copy as a KiB. */
export const neverShort: ShortWork = { bytes: 0, record: 1024 }

/** Bytes, beside which copying them and taking up what was made of them holds up nobody. */
const pieceBytes = 2 ** 18
/** As many as there are threads to work on them, at most. */
const mostAtOnce = 4

/**
 * Works through records at once where it is short, or in pieces, several at a time. Once the first few are begun, a
 * turn of the event loop takes up one that is done and begins another. The first that fails ends it, once those under way are
 * done.
 */
export async function inPieces<Done>(
  records: readonly Uint8Array[],
  short: ShortWork,
  work: (from: number, to: number, short: boolean) => Iterable<Done> | Promise<Iterable<Done>>,
): Promise<Done[]> {
  if (isShortWork(records.length, (i) => lengthOf(records[i]), short))
    return [...(await work(0, records.length, true))]
  const done: Done[] = []
  const underWay: Promise<Iterable<Done>>[] = []
  const takeUp = async () => {
    for (const one of await (underWay[0] as Promise<Iterable<Done>>)) done.push(one)
    underWay.splice(0, 1)
  }
  try {
    for (let from = 0; from < records.length; ) {
      const to = pieceEnd(records, from, short.record)
      const piece = Promise.resolve(work(from, to, false))
      // Whoever waits for it hears of it, though later than it may fail.
      piece.catch(() => undefined)
      underWay.push(piece)
      from = to
      if (underWay.length < mostAtOnce) continue
      await takeUp()
      await setImmediate()
    }
    for (; underWay.length > 1; await setImmediate()) await takeUp()
    if (underWay.length > 0) await takeUp()
  } finally {
    await Promise.allSettled(underWay)
  }
  return done
}

/** Behind the record with which a piece that begins at `from` has enough. */
function pieceEnd(records: readonly Uint8Array[], from: number, record: number): number {
  let to = from
  for (let bytes = 0; to < records.length && bytes < pieceBytes; to++) bytes += lengthOf(records[to]) + record
  return to
}

/** What is no record is found wanting when it is packed. */
function lengthOf(record: Uint8Array | undefined): number {
  return record?.length ?? 0
}

export function isShort({ lengths }: Pick<Arena, 'lengths'>, short: ShortWork): boolean {
  return isShortWork(lengths.length, (i) => lengths[i] as number, short)
}

function isShortWork(count: number, lengthOf: (i: number) => number, { bytes, record }: ShortWork): boolean {
  let work = count * record
  for (let i = 0; i < count && work < bytes; i++) work += lengthOf(i)
  return work < bytes
}
