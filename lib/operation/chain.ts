import { hash } from 'node:crypto'

/** The hash that the first record of a chain follows. */
export const chainOrigin: Uint8Array = new Uint8Array(32)

const headLength = 1 + 36 + 8

/**
 * One link of an audit chain: SHA-256 over a format byte (1), the chain's id as UTF-8, the sequence number (64 bits, big
 * endian), the previous hash (32 bytes) and the record. The store computes it when it commits, the verifier when it
 * checks: there is one definition.
 */
export function chainHash(chain: string, sequence: number, previous: Uint8Array, record: Uint8Array): Buffer {
  const link = Buffer.allocUnsafe(headLength + previous.length + record.length)
  link[0] = 1
  link.write(chain, 1, 36, 'latin1')
  link.writeUInt32BE(Math.floor(sequence / 2 ** 32), 37)
  link.writeUInt32BE(sequence % 2 ** 32, 41)
  link.set(previous, headLength)
  link.set(record, headLength + previous.length)
  return hash('sha256', link, 'buffer')
}
