import { createCipheriv, createDecipheriv } from 'node:crypto'

/** AES-GCM by node:crypto. @returns undefined where the tag does not match */
export function gcmOpen(
  key: Uint8Array,
  iv: Uint8Array,
  sealed: Buffer,
  aad: Uint8Array,
): Buffer | undefined {
  const name = `aes-${key.length * 8}-gcm` as 'aes-256-gcm'
  const decipher = createDecipheriv(name, key, iv).setAAD(aad).setAuthTag(sealed.subarray(-16))
  try {
    return Buffer.concat([decipher.update(sealed.subarray(0, -16)), decipher.final()])
  } catch {
    return undefined
  }
}

/** The AES-256-GCM key of a nonce, as C2SP's XAES-256-GCM derives it. */
export function xaesKey(key: Uint8Array, nonce: Uint8Array): Buffer {
  const block = (input: Uint8Array) =>
    createCipheriv('aes-256-ecb', key, null).setAutoPadding(false).update(input)
  const zero = BigInt(`0x${block(Buffer.alloc(16)).toString('hex')}`)
  const doubled = ((zero << 1n) & ((1n << 128n) - 1n)) ^ (zero >> 127n ? 0x87n : 0n)
  const half = (counter: number) => {
    const message = Buffer.from([0, counter, 0x58, 0, ...nonce.subarray(0, 12)])
    const mixed = BigInt(`0x${message.toString('hex')}`) ^ doubled
    return block(Buffer.from(mixed.toString(16).padStart(32, '0'), 'hex'))
  }
  return Buffer.concat([half(1), half(2)])
}

/** Opens a record of Mortise's as docs/formats.md has it, without Mortise. */
export function openRecord(
  key: Uint8Array,
  record: Buffer,
  aad: Uint8Array = Buffer.alloc(0),
): Buffer | undefined {
  const xaes = record[0] === 1
  const header = record.subarray(0, 5 + (xaes ? 24 : 12))
  const nonce = header.subarray(5)
  const gcmKey = xaes ? xaesKey(key, nonce) : key
  return gcmOpen(gcmKey, nonce.subarray(-12), record.subarray(header.length), Buffer.concat([header, aad]))
}
