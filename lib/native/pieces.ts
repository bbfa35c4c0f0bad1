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

/** Bytes, beside which copying them takes a fraction of a millisecond. */
const pieceBytes = 2 ** 20
/** As many as there are threads to work on them, at most. */
const mostAtOnce = 4

/**
 * Works through records in pieces that are copied in a fraction of a millisecond each, several at a time. The first that fails
 * ends it, once those under way are done.
 */
export async function inPieces<Done>(
  records: readonly Uint8Array[],
  { bytes: shortBytes, record }: ShortWork,
  work: (from: number, to: number, short: boolean) => Iterable<Done> | Promise<Iterable<Done>>,
): Promise<Done[]> {
  const done: Done[] = []
  const underWay: Promise<Iterable<Done>>[] = []
  const finish = async (most: number) => {
    for (; underWay.length > most; underWay.shift())
      for (const one of (await underWay[0]) ?? []) done.push(one)
  }
  try {
    for (let from = 0; from < records.length; ) {
      let to = from
      let bytes = 0
      for (; to < records.length && bytes < pieceBytes; to++) bytes += (records[to]?.length ?? 0) + record
      const piece = Promise.resolve(work(from, to, bytes < shortBytes))
      // Whoever waits for it hears of it, though later than it may fail.
      piece.catch(() => undefined)
      underWay.push(piece)
      await finish(mostAtOnce - 1)
      from = to
    }
    await finish(0)
  } finally {
    await Promise.allSettled(underWay)
  }
  return done
}

export function isShort({ lengths }: Pick<Arena, 'lengths'>, { bytes, record }: ShortWork): boolean {
  let work = lengths.length * record
  for (let i = 0; i < lengths.length && work < bytes; i++) work += lengths[i] as number
  return work < bytes
}

/** An arena of one. */
export function alone(bytes: Uint8Array): Arena {
  return { arena: bytes, offsets: Uint32Array.of(0), lengths: Uint32Array.of(bytes.length) }
}
