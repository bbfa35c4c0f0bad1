import type { Arena } from './batch.js'

/** What is so short that the way to another thread takes longer or holds up nobody: some 0.2 ms of work. */
export interface ShortWork {
  /** Bytes. */
  readonly bytes: number
  /** What a record costs beside its bytes, in bytes. */
  readonly record: number
}

/** Bytes, beside which copying them takes a fraction of a millisecond. */
const pieceBytes = 2 ** 20

/** Works through records in pieces that are copied in a fraction of a millisecond each. */
export async function inPieces<Done>(
  records: readonly Uint8Array[],
  { bytes: shortBytes, record }: ShortWork,
  work: (from: number, to: number, short: boolean) => Iterable<Done> | Promise<Iterable<Done>>,
): Promise<Done[]> {
  const done: Done[] = []
  for (let from = 0; from < records.length; ) {
    let to = from
    let bytes = 0
    for (; to < records.length && bytes < pieceBytes; to++) bytes += (records[to]?.length ?? 0) + record
    for (const one of await work(from, to, bytes < shortBytes)) done.push(one)
    from = to
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
