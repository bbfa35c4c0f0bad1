import { createRequire } from 'node:module'
import type { Way, Work } from '../work.js'
import { openChaCha20 } from './node_aead.js'

const require = createRequire(import.meta.url)

/** It comes without types. */
interface Sodium {
  /** RFC 8439; `out` takes ciphertext and tag. */
  crypto_aead_chacha20poly1305_ietf_encrypt(
    out: Buffer,
    plaintext: Buffer,
    aad: null,
    unused: null,
    nonce: Buffer,
    key: Buffer,
  ): void
}

const sodium: Sodium = require('sodium-native')

/** One record a call, into a buffer of the caller. sodium-native offers no AES-GCM. */
export function sodiumWay(work: Work): Way {
  const { views } = work.plaintexts
  const records = work.room(12 + work.size + 16).views
  const places = records.map((record) => ({ nonce: record.subarray(0, 12), sealed: record.subarray(12) }))
  let count = 0
  return work.way(
    'sodium-native, another cipher: ChaCha20-Poly1305',
    () => {
      for (const [i, { nonce, sealed }] of places.entries()) {
        nonce.writeUIntBE(count++, 6, 6)
        sodium.crypto_aead_chacha20poly1305_ietf_encrypt(
          sealed,
          views[i] as Buffer,
          null,
          null,
          nonce,
          work.key,
        )
      }
      return records
    },
    (record) => openChaCha20(work.key, record),
  )
}
