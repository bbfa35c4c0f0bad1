/** Against node:crypto, at every length from nothing to beyond a page: kernels differ by what is left at the end. */
import crypto from 'node:crypto'
import t from 'tap'
import {
  type CipherLease,
  native,
  openAll,
  openAllAsync,
  sealAll,
  sealAllAsync,
} from '../../lib/native/index.js'
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

t.test('ChaCha20-Poly1305 in batches', async (t) => {
  const raw = crypto.randomBytes(32)
  const key = native.importSecret('ChaCha20', raw)
  const lease = native.openCipherLease(key, { encrypt: true, decrypt: true, bare: true }, binding())
  const options = { authTagLength: 16 }
  const sealed = sealAll(lease, texts, aad)
  const theirs = texts.map((text) => {
    const iv = crypto.randomBytes(12)
    const sealer = crypto.createCipheriv('chacha20-poly1305', raw, iv, options)
    sealer.setAAD(aad, { plaintextLength: text.length })
    return Buffer.concat([iv, sealer.update(text), sealer.final(), sealer.getAuthTag()])
  })
  const opened = (record: Buffer) => {
    const opener = crypto.createDecipheriv('chacha20-poly1305', raw, record.subarray(0, 12), options)
    opener.setAAD(aad, { plaintextLength: record.length - 28 }).setAuthTag(record.subarray(-16))
    return Buffer.concat([opener.update(record.subarray(12, -16)), opener.final()])
  }
  t.equal(
    firstWrong((text, i) => opened(sealed[i] as Buffer).equals(text)),
    -1,
    'it opens there',
  )
  const ours = openAll(lease, theirs, aad)
  t.equal(
    firstWrong((text, i) => ours[i]?.equals(text) === true),
    -1,
    'and its own open here',
  )
})

t.test('batches of every count, and of every size at which they go to one thread more', async (t) => {
  const raw = crypto.randomBytes(32)
  const key = native.importSecret('AES', raw)
  const [record, bare] = [false, true].map((bare) =>
    native.openCipherLease(key, { encrypt: true, decrypt: true, bare }, binding()),
  ) as [CipherLease, CipherLease]
  const right = (sealed: readonly Buffer[], batch: readonly Buffer[], lease: CipherLease) =>
    sealed.length === batch.length &&
    sealed.every((one, i) => {
      const text =
        lease === record
          ? openRecord(raw, one, aad)
          : gcmOpen(raw, one.subarray(0, 12), one.subarray(12), aad)
      return text?.equals(batch[i] as Buffer)
    })
  for (const lease of [record, bare]) {
    // Random IVs are drawn for many records at a time.
    const counts = Array.from({ length: 301 }, (_, count) => count)
    const wrong = counts.filter(
      (count) => !right(sealAll(lease, texts.slice(20, 20 + count), aad), texts.slice(20, 20 + count), lease),
    )
    t.strictSame(wrong, [], 'counts')
  }
  // A record counts for 512 bytes more than it has, a part has 256 KiB.
  const part = 256 * 1024
  for (const count of [1, 2, 3, 16]) {
    for (const parts of [1, 2, 3]) {
      for (const difference of [-1, 0, 1]) {
        const size = Math.max(0, Math.floor((parts * part) / count) - 512 + difference)
        const batch = Array.from({ length: count }, () => crypto.randomBytes(size))
        for (const lease of [record, bare]) {
          const sealed = await sealAllAsync(lease, batch, aad)
          const opened = await openAllAsync(lease, sealed, aad)
          if (!right(sealed, batch, lease) || !opened.every((text, i) => text?.equals(batch[i] as Buffer)))
            t.fail(`${count} records of ${size} bytes`)
        }
      }
    }
  }
})

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
