import type { CipherLease } from './addon.js'

/** Seals each record under the lease, in one call into C++. The results are views of one allocation. */
export function sealAll(lease: CipherLease, records: readonly Uint8Array[], aad?: Uint8Array): Buffer[] {
  const { arena, offsets, lengths } = pack(records)
  const out = Buffer.allocUnsafeSlow(arena.length + records.length * lease.overhead)
  lease.sealBatch(arena, offsets, lengths, out, aad)
  return cut(
    out,
    records.map((record) => record.length + lease.overhead),
  )
}

/** Opens likewise; null stands for each record that does not open. */
export function openAll(
  lease: CipherLease,
  records: readonly Uint8Array[],
  aad?: Uint8Array,
): (Buffer | null)[] {
  const { arena, offsets, lengths } = pack(records)
  const sizes = records.map((record) => Math.max(0, record.length - lease.overhead))
  const out = Buffer.allocUnsafeSlow(sizes.reduce((sum, size) => sum + size, 0))
  const status = new Uint8Array(records.length)
  lease.openBatch(arena, offsets, lengths, out, status, aad)
  return cut(out, sizes).map((plaintext, i) => (status[i] === 1 ? plaintext : null))
}

function pack(records: readonly Uint8Array[]): { arena: Buffer; offsets: Uint32Array; lengths: Uint32Array } {
  const lengths = Uint32Array.from(records, (record) => record.length)
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

function cut(whole: Buffer, sizes: readonly number[]): Buffer[] {
  let at = 0
  return sizes.map((size) => {
    at += size
    return whole.subarray(at - size, at)
  })
}
