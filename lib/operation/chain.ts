import { createHash } from 'node:crypto'

/** The hash that the first record of a chain follows. */
export const chainOrigin: Uint8Array = new Uint8Array(32)

/**
 * One link of an audit chain: SHA-256 over a format byte (1), the chain's id as UTF-8, the sequence number (64 bits, big
 * endian), the previous hash (32 bytes) and the record. The store computes it when it commits, the verifier when it
 * checks: there is one definition.
 */
export function chainHash(chain: string, sequence: number, previous: Uint8Array, record: Uint8Array): Buffer {
  const head = Buffer.alloc(1 + 36 + 8)
  head[0] = 1
  head.write(chain, 1, 36, 'latin1')
  head.writeBigUInt64BE(BigInt(sequence), 37)
  return createHash('sha256').update(head).update(previous).update(record).digest()
}
