import { gcm } from '@noble/ciphers/aes.js'
import type { Way, Work } from '../work.js'
import { openBare } from './node_aead.js'

/** JavaScript alone; it expands the key for each record, because its interface binds a key to a nonce. */
export function nobleWay(work: Work): Way {
  let count = 0
  const seal = (plaintext: Buffer) => {
    const iv = Buffer.allocUnsafe(12).fill(0, 0, 6)
    iv.writeUIntBE(count++, 6, 6)
    return { iv, sealed: gcm(work.key, iv).encrypt(plaintext) }
  }
  return work.way(
    '@noble/ciphers, AES-256-GCM in JavaScript',
    () => work.plaintexts.views.map(seal),
    ({ iv, sealed }) => openBare(work.key, Buffer.concat([iv, sealed])),
  )
}
