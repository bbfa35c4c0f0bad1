import { MortiseError } from '../errors/index.js'
import type { CipherLease } from './addon.js'

/** Byte strings laid out in one buffer: the i-th is `lengths[i]` bytes at `arena[offsets[i]]`. */
export interface Arena {
  readonly arena: Uint8Array
  readonly offsets: Uint32Array
  readonly lengths: Uint32Array
}

/** Additional data of a batch: the same bytes with every record, or in the order of the records to each its own. */
export type BatchAad = Uint8Array | Arena

type Flat = readonly [aad: Uint8Array | undefined, aadOffsets?: Uint32Array, aadLengths?: Uint32Array]

/** As the native calls take it. */
export function flat(aad: BatchAad | undefined): Flat {
  return aad === undefined || aad instanceof Uint8Array ? [aad] : [aad.arena, aad.offsets, aad.lengths]
}

/** Seals each record under the lease, in one call into C++. The results are views of one allocation. */
export function sealAll(lease: CipherLease, records: readonly Uint8Array[], aad?: BatchAad): Buffer[] {
  const { arena, offsets, lengths } = pack(records)
  const out = Buffer.allocUnsafeSlow(arena.length + records.length * lease.overhead)
  lease.sealBatch(arena, offsets, lengths, out, ...flat(aad))
  return cut(out, sealedSizes(lease, records))
}

/** The same on the core's threads. The records must not be changed until it settles. */
export async function sealAllAsync(
  lease: CipherLease,
  records: readonly Uint8Array[],
  aad?: BatchAad,
): Promise<Buffer[]> {
  const { arena, offsets, lengths } = pack(records)
  const sizes = sealedSizes(lease, records)
  const out = Buffer.allocUnsafeSlow(arena.length + records.length * lease.overhead)
  await lease.sealBatchAsync(arena, offsets, lengths, out, ...flat(aad))
  return cut(out, sizes)
}

/** Opens likewise; null stands for each record that does not open. */
export function openAll(
  lease: CipherLease,
  records: readonly Uint8Array[],
  aad?: BatchAad,
): (Buffer | null)[] {
  const { arena, offsets, lengths } = pack(records)
  const { sizes, out, status } = roomFor(lease, records)
  lease.openBatch(arena, offsets, lengths, out, status, ...flat(aad))
  return opened(out, sizes, status)
}

/** The same on the core's threads. The records must not be changed until it settles. */
export async function openAllAsync(
  lease: CipherLease,
  records: readonly Uint8Array[],
  aad?: BatchAad,
): Promise<(Buffer | null)[]> {
  const { arena, offsets, lengths } = pack(records)
  const { sizes, out, status } = roomFor(lease, records)
  await lease.openBatchAsync(arena, offsets, lengths, out, status, ...flat(aad))
  return opened(out, sizes, status)
}

function sealedSizes({ overhead }: CipherLease, records: readonly Uint8Array[]): number[] {
  return records.map((record) => record.length + overhead)
}

function roomFor({ overhead }: CipherLease, records: readonly Uint8Array[]) {
  const sizes = records.map((record) => Math.max(0, record.length - overhead))
  const out = Buffer.allocUnsafeSlow(sizes.reduce((sum, size) => sum + size, 0))
  return { sizes, out, status: new Uint8Array(records.length) }
}

function opened(out: Buffer, sizes: readonly number[], status: Uint8Array): (Buffer | null)[] {
  return cut(out, sizes).map((plaintext, i) => (status[i] === 1 ? plaintext : null))
}

/** Lays byte strings out in a buffer of their own, or takes one alone as it is. @throws MORTISE_INPUT_INVALID */
export function pack(records: readonly Uint8Array[]): Arena {
  const lengths = Uint32Array.from(records, lengthOf)
  const [only] = records
  if (only && records.length === 1) return alone(only)
  const offsets = new Uint32Array(records.length)
  const arena = Buffer.allocUnsafeSlow(lengths.reduce((sum, length) => sum + length, 0))
  let at = 0
  for (const [i, record] of records.entries()) {
    offsets[i] = at
    arena.set(record, at)
    at += record.length
  }
  return { arena, offsets, lengths }
}

/** An arena of one. */
export function alone(bytes: Uint8Array): Arena {
  return { arena: bytes, offsets: Uint32Array.of(0), lengths: Uint32Array.of(bytes.length) }
}

function lengthOf(record: Uint8Array): number {
  if (record instanceof Uint8Array) return record.length
  throw new MortiseError('MORTISE_INPUT_INVALID', 'each of a batch must be a Uint8Array')
}

export function cut(whole: Buffer, sizes: readonly number[]): Buffer[] {
  let at = 0
  return sizes.map((size) => {
    at += size
    return whole.subarray(at - size, at)
  })
}
