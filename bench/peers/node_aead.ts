import { createCipheriv, createDecipheriv, createSecretKey, type KeyObject } from 'node:crypto'
import type { Way, Work } from '../work.js'

const algorithm = 'aes-256-gcm'
const tagLength = 16

/** What node:crypto makes of one plaintext. */
export interface Sealed {
  readonly iv: Buffer
  readonly ciphertext: Buffer
  readonly tag: Buffer
}

/**
 * AES-256-GCM with node:crypto as its users write it at their best: a KeyObject, a cipher for each record, an IV that counts, and
 * nothing copied afterwards.
 */
export class NodeAead {
  readonly #key: KeyObject
  #count = 0

  constructor(key: Uint8Array) {
    this.#key = createSecretKey(key)
  }

  seal(plaintext: Uint8Array, aad?: Uint8Array): Sealed {
    const iv = Buffer.allocUnsafe(12).fill(0, 0, 6)
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

/** One record a call. */
export function nodeWays(work: Work): { seal: Way; open: Way } {
  const name = 'node:crypto, AES-256-GCM'
  const node = new NodeAead(work.key)
  const { views } = work.plaintexts
  const sealed = views.map((plaintext) => node.seal(plaintext))
  return {
    seal: work.way(
      name,
      () => views.map((plaintext) => node.seal(plaintext)),
      (one) => node.open(one),
    ),
    open: work.way(
      name,
      () => sealed.map((one) => node.open(one)),
      (plaintext) => plaintext,
    ),
  }
}

/** Opens IV, ciphertext and tag, one behind the other. */
export function openBare(key: Uint8Array, sealed: Buffer): Buffer {
  return opened(algorithm, key, sealed.subarray(0, 12), sealed.subarray(12))
}

/** The same of ChaCha20-Poly1305 (RFC 8439). */
export function openChaCha20(key: Uint8Array, sealed: Buffer): Buffer {
  return opened('chacha20-poly1305', key, sealed.subarray(0, 12), sealed.subarray(12))
}

/**
 * Opens a record of Mortise's format 1 (docs/formats.md) with node:crypto alone: XAES-256-GCM derives an AES-256 key from
 * the first half of the nonce, as CMAC in counter mode (C2SP, XAES-256-GCM).
 */
export function openRecord(key: Uint8Array, record: Buffer): Buffer {
  const nonce = record.subarray(5, 29)
  const ecb = createCipheriv('aes-256-ecb', key, null).setAutoPadding(false)
  const mask = doubled(ecb.update(Buffer.alloc(16)))
  const blocks = [1, 2].map((counter) => {
    const block = Buffer.concat([Buffer.of(0, counter, 0x58, 0), nonce.subarray(0, 12)])
    return ecb.update(block.map((byte, i) => byte ^ (mask[i] ?? 0)))
  })
  const iv = nonce.subarray(12)
  return opened(algorithm, Buffer.concat(blocks), iv, record.subarray(29), record.subarray(0, 29))
}

/** @param sealed ciphertext and tag */
function opened(
  cipher: 'aes-256-gcm' | 'chacha20-poly1305',
  key: Uint8Array,
  iv: Buffer,
  sealed: Buffer,
  aad: Buffer = Buffer.alloc(0),
): Buffer {
  const plaintextLength = sealed.length - tagLength
  const decipher = createDecipheriv(cipher as 'aes-256-gcm', key, iv, { authTagLength: tagLength })
  decipher.setAAD(aad, { plaintextLength }).setAuthTag(sealed.subarray(plaintextLength))
  const plaintext = decipher.update(sealed.subarray(0, plaintextLength))
  decipher.final()
  return plaintext
}

/** In GF(2^128), as SP 800-38B section 6.1 has it. */
function doubled(block: Uint8Array): Buffer {
  const value = BigInt(`0x${Buffer.from(block).toString('hex')}`)
  const shifted = ((value << 1n) & (2n ** 128n - 1n)) ^ (value >> 127n ? 0x87n : 0n)
  return Buffer.from(shifted.toString(16).padStart(32, '0'), 'hex')
}
