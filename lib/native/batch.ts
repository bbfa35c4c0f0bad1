import type { CipherLease } from './addon.js'

/** Seals each record under the lease, in one call into C++. The results are views of one allocation. */
export function sealAll(lease: CipherLease, records: readonly Uint8Array[], aad?: Uint8Array): Buffer[] {
  const { arena, offsets, lengths } = pack(records)
  const out = Buffer.allocUnsafeSlow(arena.length + records.length * lease.overhead)
  lease.sealBatch(arena, offsets, lengths, out, aad)
  let at = 0
  return records.map(record => out.subarray(at, (at += record.length + lease.overhead)))
}

/** Opens likewise; null stands for each record that does not open. */
export function openAll(lease: CipherLease, records: readonly Uint8Array[], aad?: Uint8Array): (Buffer | null)[] {
  const { overhead } = lease
  const { arena, offsets, lengths } = pack(records)
  const sizes = records.map(record => Math.max(0, record.length - overhead))
  const out = Buffer.allocUnsafeSlow(sizes.reduce((sum, size) => sum + size, 0))
  const status = new Uint8Array(records.length)
  lease.openBatch(arena, offsets, lengths, out, status, aad)
  let at = 0
  return sizes.map((size, i) => {
    const plaintext = out.subarray(at, (at += size))
    return status[i] === 1 ? plaintext : null
  })
}

function pack(records: readonly Uint8Array[]): { arena: Buffer; offsets: Uint32Array; lengths: Uint32Array } {
  const lengths = Uint32Array.from(records, record => record.length)
  const offsets = new Uint32Array(records.length)
  let at = 0
  lengths.forEach((length, i) => {
    offsets[i] = at
    at += length
  })
  const arena = Buffer.allocUnsafeSlow(at)
  records.forEach((record, i) => arena.set(record, offsets[i]))
  return { arena, offsets, lengths }
}
