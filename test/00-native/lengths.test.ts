/** Against node:crypto, at every length from nothing to beyond a page: kernels differ by what is left at the end. */
import crypto from 'node:crypto'
import t from 'tap'
import { native, openAll, sealAll } from '../../lib/native/index.js'
import { gcmOpen, openRecord } from '../support/xaes.js'
import { binding } from './support.js'

const longest = 4100
const aad = crypto.randomBytes(21)
const texts = Array.from({ length: longest + 1 }, (_, length) => crypto.randomBytes(length))

/** The first length at which something does not hold; undefined where it always does. */
const firstWrong = (holds: (text: Buffer, length: number) => boolean) =>
  texts.findIndex((text, length) => !holds(text, length))

for (const bits of [128, 192, 256] as const) {
  t.test(`AES-${bits}-GCM in batches`, async (t) => {
    const raw = crypto.randomBytes(bits / 8)
    const key = native.importSecret('AES', raw)
    const lease = native.openCipherLease(key, { encrypt: true, decrypt: true, bare: true }, binding())
    const name = `aes-${bits}-gcm` as const
    const sealed = sealAll(lease, texts, aad)
    const opened = (record: Buffer) => gcmOpen(raw, record.subarray(0, 12), record.subarray(12), aad)
    t.equal(
      firstWrong((text, i) => opened(sealed[i] as Buffer)?.equals(text) === true),
      -1,
      'it opens there',
    )
    const theirs = texts.map((text) => {
      const iv = crypto.randomBytes(12)
      const sealer = crypto.createCipheriv(name, raw, iv).setAAD(aad)
      return Buffer.concat([iv, sealer.update(text), sealer.final(), sealer.getAuthTag()])
    })
    const ours = openAll(lease, theirs, aad)
    t.equal(
      firstWrong((text, i) => ours[i]?.equals(text) === true),
      -1,
      'and its own open here',
    )
  })
}

t.test('Mortise’s records in batches', async (t) => {
  const raw = crypto.randomBytes(32)
  const key = native.importSecret('AES', raw)
  const lease = native.openCipherLease(key, { encrypt: true, decrypt: true }, binding())
  const sealed = sealAll(lease, texts, aad)
  t.equal(
    firstWrong((text, i) => openRecord(raw, sealed[i] as Buffer, aad)?.equals(text) === true),
    -1,
  )
  const opened = openAll(lease, sealed, aad)
  t.equal(
    firstWrong((text, i) => opened[i]?.equals(text) === true),
    -1,
  )
})

t.test('HMAC and hashes', async (t) => {
  const raw = crypto.randomBytes(32)
  const key = native.importSecret('HMAC', raw)
  for (const [hash, name] of [
    ['SHA-256', 'sha256'],
    ['SHA-384', 'sha384'],
    ['SHA-512', 'sha512'],
    ['SHA3-256', 'sha3-256'],
  ] as const) {
    const mac = (text: Buffer) => crypto.createHmac(name, raw).update(text).digest()
    t.equal(
      firstWrong((text) => native.hmac(key, hash, text).equals(mac(text))),
      -1,
      `HMAC-${hash}`,
    )
    t.equal(
      firstWrong((text) => native.hash(hash, text).equals(crypto.hash(name, text, 'buffer'))),
      -1,
      hash,
    )
  }
})
