import { webcrypto } from 'node:crypto'
import type { Way, Work } from '../work.js'
import { openBare } from './node_aead.js'

/** WebCrypto answers with promises only: all records of the batch are under way at once. */
export async function webcryptoWay(work: Work): Promise<Way> {
  const { subtle } = webcrypto
  const key = await subtle.importKey('raw', work.key, 'AES-GCM', false, ['encrypt'])
  let count = 0
  const seal = async (plaintext: Buffer) => {
    const iv = Buffer.allocUnsafe(12).fill(0, 0, 6)
    iv.writeUIntBE(count++, 6, 6)
    return { iv, sealed: await subtle.encrypt({ name: 'AES-GCM', iv }, key, plaintext) }
  }
  return work.way(
    'WebCrypto, AES-256-GCM, the whole batch under way at once',
    () => Promise.all(work.plaintexts.views.map(seal)),
    ({ iv, sealed }) => openBare(work.key, Buffer.concat([iv, Buffer.from(sealed)])),
  )
}
