import { createCipheriv, createDecipheriv, createSecretKey, type KeyObject } from 'node:crypto'

const algorithm = 'aes-256-gcm'
const tagLength = 16

/** What node:crypto makes of one plaintext. */
export interface Sealed {
  readonly iv: Buffer
  readonly ciphertext: Buffer
  readonly tag: Buffer
}

/** AES-256-GCM with node:crypto as its users write it: a KeyObject, a cipher for each record, an IV that counts. */
export class NodeAead {
  readonly #key: KeyObject
  #count = 0

  constructor(key: Uint8Array) {
    this.#key = createSecretKey(key)
  }

  seal(plaintext: Uint8Array, aad?: Uint8Array): Sealed {
    const iv = Buffer.alloc(12)
    iv.writeUIntBE(this.#count++, 6, 6)
    const cipher = createCipheriv(algorithm, this.#key, iv)
    if (aad) cipher.setAAD(aad)
    const ciphertext = cipher.update(plaintext)
    cipher.final()
    return { iv, ciphertext, tag: cipher.getAuthTag() }
  }

  open({ iv, ciphertext, tag }: Sealed, aad?: Uint8Array): Buffer {
    const decipher = createDecipheriv(algorithm, this.#key, iv, { authTagLength: tagLength })
    if (aad) decipher.setAAD(aad)
    decipher.setAuthTag(tag)
    const plaintext = decipher.update(ciphertext)
    decipher.final()
    return plaintext
  }
}

/** Opens IV, ciphertext and tag, one behind the other. */
export function openBare(key: Uint8Array, sealed: Buffer): Buffer {
  const decipher = createDecipheriv(algorithm, key, sealed.subarray(0, 12), { authTagLength: tagLength })
  decipher.setAuthTag(sealed.subarray(-tagLength))
  const plaintext = decipher.update(sealed.subarray(12, -tagLength))
  decipher.final()
  return plaintext
}

/**
 * Opens a record of Mortise's format 1 (docs/formats.md) with node:crypto alone: XAES-256-GCM derives an AES-256 key from
 * the first half of the nonce, as CMAC in counter mode (C2SP, XAES-256-GCM).
 */
export function openRecord(key: Uint8Array, record: Uint8Array): Buffer {
  const nonce = record.subarray(5, 29)
  const ecb = createCipheriv('aes-256-ecb', key, null).setAutoPadding(false)
  const mask = doubled(ecb.update(Buffer.alloc(16)))
  const blocks = [1, 2].map((counter) => {
    const block = Buffer.concat([Buffer.of(0, counter, 0x58, 0), nonce.subarray(0, 12)])
    return ecb.update(block.map((byte, i) => byte ^ (mask[i] ?? 0)))
  })
  const decipher = createDecipheriv(algorithm, Buffer.concat(blocks), nonce.subarray(12), {
    authTagLength: tagLength,
  })
  decipher.setAAD(record.subarray(0, 29))
  decipher.setAuthTag(record.subarray(-tagLength))
  const plaintext = decipher.update(record.subarray(29, -tagLength))
  decipher.final()
  return plaintext
}

/** In GF(2^128), as SP 800-38B section 6.1 has it. */
function doubled(block: Uint8Array): Buffer {
  const value = BigInt(`0x${Buffer.from(block).toString('hex')}`)
  const shifted = ((value << 1n) & (2n ** 128n - 1n)) ^ (value >> 127n ? 0x87n : 0n)
  return Buffer.from(shifted.toString(16).padStart(32, '0'), 'hex')
}
