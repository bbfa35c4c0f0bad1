import crypto from 'node:crypto'
import t from 'tap'
import { native } from '../../lib/native/index.js'
import type { NativeRecords } from '../../lib/native/record.js'
import { bytes, cipherLease, empty, hex, onePairOfEach, throwsCode } from './support.js'

const aad = bytes('additional')
const sizes = [0, 1, 15, 16, 17, 255, 4096, 100_003]

function theirs(bits: number, key: Buffer, iv: Uint8Array, plaintext: Uint8Array): Buffer {
  const cipher = crypto.createCipheriv(`aes-${bits}-gcm` as crypto.CipherGCMTypes, key, iv).setAAD(aad)
  return Buffer.concat([cipher.update(plaintext), cipher.final(), cipher.getAuthTag()])
}

t.test('AES-GCM is that of node:crypto', async (t) => {
  for (const bits of [128, 192, 256]) {
    const raw = crypto.randomBytes(bits / 8)
    const key = native.importSecret('AES', raw)
    for (const size of sizes) {
      const plaintext = crypto.randomBytes(size)
      const iv = crypto.randomBytes(12)
      t.same(
        native.gcmSealWithIv(key, iv, plaintext, aad),
        theirs(bits, raw, iv, plaintext),
        `${bits} bits, ${size} bytes`,
      )
      const box = native.gcmSeal(key, plaintext, aad)
      t.same(box.subarray(12), theirs(bits, raw, box.subarray(0, 12), plaintext))
      t.same(native.gcmOpen(key, box.subarray(0, 12), box.subarray(12), aad), plaintext)
    }
  }
})

t.test(
  'XAES-256-GCM is that of C2SP, seen through a record whose subkey is derived with node:crypto',
  async (t) => {
    const raw = Buffer.alloc(32, 3)
    const lease = cipherLease(256, {}, native.importSecret('AES', raw))
    const record = lease.seal(bytes('XAES-256-GCM'), aad)
    const block = (input: Buffer) => crypto.createCipheriv('aes-256-ecb', raw, null).update(input)
    const double = (input: Buffer) => {
      const doubled = (BigInt(`0x${input.toString('hex')}`) << 1n) ^ (input[0]! & 0x80 ? 0x87n : 0n)
      return hex(BigInt.asUintN(128, doubled).toString(16).padStart(32, '0'))
    }
    const k1 = double(block(Buffer.alloc(16)))
    const half = (counter: number) => {
      const input = Buffer.concat([Buffer.from([0, counter, 0x58, 0]), record.subarray(5, 17)])
      return block(Buffer.from(input.map((byte, i) => byte ^ k1[i]!)))
    }
    const opener = crypto.createDecipheriv(
      'aes-256-gcm',
      Buffer.concat([half(1), half(2)]),
      record.subarray(17, 29),
    )
    opener.setAAD(Buffer.concat([record.subarray(0, 29), aad])).setAuthTag(record.subarray(-16))
    t.equal(
      Buffer.concat([opener.update(record.subarray(29, -16)), opener.final()]).toString(),
      'XAES-256-GCM',
    )
  },
)

t.test('records have the documented layout', async (t) => {
  const raw = crypto.randomBytes(16)
  const long = cipherLease(256, { keyVersion: 0x01020304 })
  const short = cipherLease(128, { keyVersion: 0x01020304 }, native.importSecret('AES', raw))
  t.equal(long.overhead, 45)
  t.equal(short.overhead, 33)
  t.same(long.seal(empty).subarray(0, 5), hex('0101020304'))
  const record = short.seal(bytes('text'), aad)
  t.same(record.subarray(0, 5), hex('0201020304'))
  const opener = crypto.createDecipheriv('aes-128-gcm', raw, record.subarray(5, 17))
  opener.setAAD(Buffer.concat([record.subarray(0, 17), aad])).setAuthTag(record.subarray(-16))
  t.equal(Buffer.concat([opener.update(record.subarray(17, -16)), opener.final()]).toString(), 'text')
})

t.test('nonces: one random half a lease, the other counts', async (t) => {
  const key = native.generateSecret('AES', 256)
  const lease = cipherLease(256, {}, key)
  const records = Array.from({ length: 300 }, () => lease.seal(empty))
  const prefix = records[0]!.subarray(5, 17)
  records.forEach((record, i) => {
    t.same(record.subarray(5, 17), prefix)
    t.equal(record.readUInt32BE(25), i)
  })
  const prefixes = Array.from({ length: 50 }, () =>
    cipherLease(256, {}, key).seal(empty).toString('hex', 5, 17),
  )
  t.equal(new Set([...prefixes, prefix.toString('hex')]).size, 51)
  const short = cipherLease(128)
  t.equal(
    new Set(Array.from({ length: 300 }, () => short.seal(empty).toString('hex', 5, 17))).size,
    300,
    'random for short keys',
  )
})

t.test('records of more subkeys than are kept all open', async (t) => {
  const key = native.generateSecret('AES', 256)
  const records = Array.from({ length: 20 }, (_, i) => cipherLease(256, {}, key).seal(bytes(`${i}`)))
  const reader = cipherLease(256, {}, key)
  for (let round = 0; round < 3; round++)
    for (const [i, record] of records.entries()) t.equal(reader.open(record).toString(), `${i}`)
})

t.test('round trips: blobs, records, leases', async (t) => {
  for (const size of sizes) {
    const plaintext = crypto.randomBytes(size)
    const key = native.generateSecret('AES', 256)
    const blob = native.sealBytes(key, plaintext, aad)
    t.equal(blob[0], 1)
    t.equal(blob.length, size + 41)
    t.same(native.openBytes(key, blob, aad), plaintext)
    for (const bits of [128, 192, 256]) {
      const secret = native.generateSecret('AES', bits)
      const record = native.sealRecord(secret, 7, plaintext, aad)
      t.same(native.openRecord(secret, record, aad), plaintext)
      t.same(cipherLease(bits, {}, secret).open(record, aad), plaintext)
      t.same(native.openRecord(secret, cipherLease(bits, {}, secret).seal(plaintext, aad), aad), plaintext)
    }
  }
})

t.test('tampering with any byte, length or the additional data is found, always with one text', async (t) => {
  const key = native.generateSecret('AES', 256)
  const text = bytes('the plaintext')
  const keyBox = native.sealKey(key, key, aad)
  const gcmBox = native.gcmSeal(key, text, aad)
  const subjects: [string, Buffer, (sealed: Buffer, aad: Uint8Array) => unknown][] = [
    [
      'lease',
      cipherLease(256, {}, key).seal(text, aad),
      (box, aad) => cipherLease(256, {}, key).open(box, aad),
    ],
    ['record', native.sealRecord(key, 1, text, aad), (box, aad) => native.openRecord(key, box, aad)],
    ['blob', native.sealBytes(key, text, aad), (box, aad) => native.openBytes(key, box, aad)],
    ['key', keyBox, (box, aad) => native.openKey(key, box, aad)],
    ['key as bytes', keyBox, (box, aad) => native.openKeyBytes(key, box, aad)],
    ['gcm', gcmBox, (box, aad) => native.gcmOpen(key, gcmBox.subarray(0, 12), box.subarray(12), aad)],
  ]
  for (const [label, box, open] of subjects) {
    const fails = (sealed: Buffer, data: Uint8Array, message: string) =>
      t.throws(
        () => open(sealed, data),
        { code: 'MORTISE_CRYPTO_DECRYPTION_FAILED', message: 'decryption failed' },
        `${label}: ${message}`,
      )
    open(box, aad)
    // The IV of bare GCM is given apart.
    for (let i = label === 'gcm' ? 12 : 0; i < box.length; i++) {
      const changed = Buffer.from(box)
      changed[i]! ^= 1 << (i % 8)
      fails(changed, aad, `byte ${i}`)
    }
    for (let size = label === 'gcm' ? 12 : 0; size < box.length; size++)
      fails(box.subarray(0, size), aad, `${size} bytes`)
    fails(Buffer.concat([box, hex('00')]), aad, 'a byte more')
    fails(box, empty, 'no additional data')
    fails(box, bytes('Additional'), 'other additional data')
  }
})

t.test('a record of another key version does not open under a lease', async (t) => {
  const key = native.generateSecret('AES', 256)
  const record = native.sealRecord(key, 8, bytes('x'), empty)
  throwsCode(t, 'MORTISE_CRYPTO_DECRYPTION_FAILED', () =>
    cipherLease(256, { keyVersion: 7 }, key).open(record),
  )
  const { sealRecordInto } = native as typeof native & NativeRecords
  throwsCode(t, 'MORTISE_INPUT_INVALID', () => sealRecordInto(key, 1, bytes('x'), empty, new Uint8Array(45)))
  throwsCode(t, 'MORTISE_INPUT_INVALID', () => native.sealRecord(key, 0, empty, empty))
  throwsCode(t, 'MORTISE_INPUT_INVALID', () => native.sealRecord(key, 2 ** 32, empty, empty))
  throwsCode(t, 'MORTISE_INPUT_INVALID', () => cipherLease(256, { keyVersion: 0 }, key))
})

t.test('sealed keys come back as what they were, and do not open as bytes', async (t) => {
  const key = native.generateSecret('AES', 256)
  const secrets = [native.generateSecret('AES', 128), native.generateSecret('HMAC', 512)]
  const pairs = await onePairOfEach()
  const publics = pairs.map((pair) => native.importPublic(pair.publicKey))
  for (const target of [...secrets, ...pairs.map((pair) => pair.privateKey), ...publics]) {
    const blob = native.sealKey(key, target, aad)
    const back = native.openKey(key, blob, aad)
    t.match(back, { kind: target.kind, type: target.type, length: target.length })
    t.equal(back.curve, target.curve)
    t.same(native.exportKey(back), native.exportKey(target))
    if (target.kind === 'secret') t.same(native.openKeyBytes(key, blob, aad), native.exportKey(target))
    else throwsCode(t, 'MORTISE_CRYPTO_UNSUPPORTED', () => native.openKeyBytes(key, blob, aad))
    throwsCode(t, 'MORTISE_CRYPTO_DECRYPTION_FAILED', () => native.openBytes(key, blob, aad))
    blob[0] = 1
    throwsCode(t, 'MORTISE_CRYPTO_DECRYPTION_FAILED', () => native.openBytes(key, blob, aad))
  }
  throwsCode(t, 'MORTISE_CRYPTO_DECRYPTION_FAILED', () =>
    native.openKey(key, native.sealBytes(key, bytes('not a key'), aad), aad),
  )
})

t.test('keys take turns, more of them than contexts are kept of', async (t) => {
  const keys = Array.from({ length: 100 }, () => native.generateSecret('AES', 256))
  const texts = keys.map((_, i) => bytes(`text ${i}`))
  const blobs = keys.map((key, i) => native.sealBytes(key, texts[i]!, aad))
  const macs = keys.map((key, i) => native.hmac(key, 'SHA-256', texts[i]!))
  for (const i of [...keys.keys(), ...keys.keys()].sort(() => Math.random() - 0.5)) {
    t.same(native.openBytes(keys[i]!, blobs[i]!, aad), texts[i])
    t.ok(native.hmacVerify(keys[i]!, 'SHA-256', texts[i]!, macs[i]!))
    t.notOk(native.hmacVerify(keys[i]!, 'SHA-512', texts[i]!, macs[i]!), 'another hash')
    const other = keys[(i + 1) % keys.length]!
    t.notOk(native.hmacVerify(other, 'SHA-256', texts[i]!, macs[i]!), 'another key')
    throwsCode(t, 'MORTISE_CRYPTO_DECRYPTION_FAILED', () => native.openBytes(other, blobs[i]!, aad))
  }
  const [first] = keys
  first!.dispose()
  throwsCode(t, 'MORTISE_CLOSED', () => native.openBytes(first!, blobs[0]!, aad))
  throwsCode(t, 'MORTISE_CLOSED', () => native.hmacVerify(first!, 'SHA-256', texts[0]!, macs[0]!))
})

t.test('the wrong key or argument is named', async (t) => {
  const hmac = native.generateSecret('HMAC', 256)
  const short = native.generateSecret('AES', 128)
  const key = native.generateSecret('AES', 256)
  throwsCode(t, 'MORTISE_CRYPTO_UNSUPPORTED', () => native.sealBytes(short, empty, empty))
  throwsCode(t, 'MORTISE_CRYPTO_UNSUPPORTED', () => native.sealBytes(hmac, empty, empty))
  throwsCode(t, 'MORTISE_CRYPTO_UNSUPPORTED', () => native.gcmSeal(hmac, empty, empty))
  throwsCode(t, 'MORTISE_CRYPTO_UNSUPPORTED', () => native.sealRecord(hmac, 1, empty, empty))
  throwsCode(t, 'MORTISE_CRYPTO_UNSUPPORTED', () => cipherLease(256, {}, hmac))
  throwsCode(t, 'MORTISE_INPUT_INVALID', () => native.gcmSealWithIv(key, new Uint8Array(16), empty, empty))
  throwsCode(t, 'MORTISE_INPUT_INVALID', () =>
    native.gcmOpen(key, new Uint8Array(11), new Uint8Array(16), empty),
  )
  t.throws(() => native.sealBytes(key, 'text' as unknown as Uint8Array, empty), {
    message: 'plaintext must be a Uint8Array',
  })
  t.throws(() => native.sealBytes(key, empty, undefined as unknown as Uint8Array), {
    message: 'aad must be a Uint8Array',
  })
})
