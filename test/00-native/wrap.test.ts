import crypto from 'node:crypto'
import t from 'tap'
import { type Hash, native } from '../../lib/native/index.js'
import { bytes, empty, hex, onePairOfEach, rejectsCode, throwsCode } from './support.js'

const hashes: [Hash, string][] = [
  ['SHA-224', 'sha224'],
  ['SHA-256', 'sha256'],
  ['SHA-384', 'sha384'],
  ['SHA-512', 'sha512'],
]

function theirWrap(name: string, key: Buffer, iv: string, input: Uint8Array): Buffer {
  const cipher = crypto.createCipheriv(name, key, hex(iv))
  return Buffer.concat([cipher.update(input), cipher.final()])
}

t.test('AES-KW and AES-KWP are those of node:crypto', async (t) => {
  for (const bits of [128, 192, 256]) {
    const raw = crypto.randomBytes(bits / 8)
    const key = native.importSecret('AES', raw)
    for (const size of [16, 24, 32, 64, 128]) {
      const target = crypto.randomBytes(size)
      const wrapped = native.wrapKey(key, native.importSecret('HMAC', target), 'AES-KW')
      t.same(wrapped, theirWrap(`id-aes${bits}-wrap`, raw, 'a6a6a6a6a6a6a6a6', target))
      t.same(native.exportKey(native.unwrapKey(key, wrapped, 'AES-KW', 'secret', 'HMAC')), target)
    }
    for (const size of [14, 15, 16, 17, 33, 127]) {
      const target = crypto.randomBytes(size)
      const wrapped = native.wrapKey(key, native.importSecret('HMAC', target), 'AES-KWP')
      t.same(wrapped, theirWrap(`id-aes${bits}-wrap-pad`, raw, 'a65959a6', target))
      t.same(native.exportKey(native.unwrapKey(key, wrapped, 'AES-KWP', 'secret', 'HMAC')), target)
    }
  }
})

t.test('private and public keys are wrapped too', async (t) => {
  const key = native.generateSecret('AES', 256)
  for (const { privateKey, publicKey } of await onePairOfEach()) {
    for (const target of [privateKey, native.importPublic(publicKey)]) {
      const back = native.unwrapKey(
        key,
        native.wrapKey(key, target, 'AES-KWP'),
        'AES-KWP',
        target.kind,
        target.type,
      )
      t.same(native.exportKey(back), native.exportKey(target))
    }
    const wrapped = native.wrapKey(key, privateKey, 'AES-KWP')
    const other = privateKey.type === 'RSA' ? 'EC' : 'RSA'
    throwsCode(t, 'MORTISE_CRYPTO_KEY_INVALID', () =>
      native.unwrapKey(key, wrapped, 'AES-KWP', 'private', other),
    )
  }
})

t.test('wrapped keys that are changed, short or empty do not open', async (t) => {
  const key = native.generateSecret('AES', 256)
  for (const mode of ['AES-KW', 'AES-KWP'] as const) {
    const wrapped = native.wrapKey(key, native.generateSecret('AES', 256), mode)
    const fails = (blob: Uint8Array) =>
      throwsCode(t, 'MORTISE_CRYPTO_DECRYPTION_FAILED', () =>
        native.unwrapKey(key, blob, mode, 'secret', 'AES'),
      )
    for (let i = 0; i < wrapped.length; i++) {
      const changed = Buffer.from(wrapped)
      changed[i]! ^= 1
      fails(changed)
    }
    for (let size = 0; size < wrapped.length; size++) fails(wrapped.subarray(0, size))
    fails(Buffer.alloc(100_000))
  }
  throwsCode(t, 'MORTISE_CRYPTO_UNSUPPORTED', () =>
    native.wrapKey(key, native.generateSecret('HMAC', 120), 'AES-KW'),
  )
  throwsCode(t, 'MORTISE_CRYPTO_UNSUPPORTED', () =>
    native.wrapKey(native.generateSecret('HMAC', 256), key, 'AES-KW'),
  )
  throwsCode(t, 'MORTISE_CRYPTO_UNSUPPORTED', () => native.wrapKey(key, key, 'RSA' as 'AES-KW'))
})

t.test('RSA-OAEP is that of node:crypto, both ways', async (t) => {
  const { privateKey, publicKey } = await native.generateKeyPair('RSA', 2048)
  const ours = native.importPublic(publicKey)
  const theirPublic = crypto.createPublicKey({ key: publicKey, format: 'der', type: 'spki' })
  const theirPrivate = crypto.createPrivateKey({
    key: native.exportKey(privateKey),
    format: 'der',
    type: 'pkcs8',
  })
  for (const [hash, oaepHash] of hashes) {
    for (const text of [empty, bytes('session key')]) {
      t.same(
        crypto.privateDecrypt(
          { key: theirPrivate, oaepHash },
          native.oaepEncrypt(ours, text, hash, hash, empty),
        ),
        text,
      )
      t.same(
        await native.oaepDecrypt(
          privateKey,
          crypto.publicEncrypt({ key: theirPublic, oaepHash }, text),
          hash,
          hash,
          empty,
        ),
        text,
      )
    }
  }
  const opened = (box: Uint8Array, key = privateKey) =>
    native.oaepDecrypt(key, box, 'SHA-256', 'SHA-256', empty)
  const box = native.oaepEncrypt(ours, bytes('x'), 'SHA-256', 'SHA-256', empty)
  for (const changed of [
    empty,
    box.subarray(1),
    Buffer.concat([box, hex('00')]),
    Buffer.alloc(256, 0xff),
    Buffer.alloc(5000),
  ]) {
    await rejectsCode(t, 'MORTISE_CRYPTO_DECRYPTION_FAILED', (async () => opened(changed))())
  }
  box[100]! ^= 1
  await t.rejects(opened(box), { message: 'decryption failed' })
  throwsCode(t, 'MORTISE_INPUT_TOO_LARGE', () =>
    native.oaepEncrypt(ours, new Uint8Array(191), 'SHA-256', 'SHA-256', empty),
  )
  await rejectsCode(t, 'MORTISE_CRYPTO_UNSUPPORTED', opened(box, ours))

  const labelled = native.oaepEncrypt(ours, bytes('x'), 'SHA-384', 'SHA-256', bytes('label'))
  t.same(await native.oaepDecrypt(privateKey, labelled, 'SHA-384', 'SHA-256', bytes('label')), bytes('x'))
  for (const [mask, label] of [
    ['SHA-384', bytes('label')],
    ['SHA-256', bytes('other')],
    ['SHA-256', empty],
  ] as const) {
    await rejectsCode(
      t,
      'MORTISE_CRYPTO_DECRYPTION_FAILED',
      native.oaepDecrypt(privateKey, labelled, 'SHA-384', mask, label),
    )
  }
  throwsCode(t, 'MORTISE_INPUT_TOO_LARGE', () =>
    native.oaepEncrypt(ours, empty, 'SHA-256', 'SHA-256', new Uint8Array(1025)),
  )
})

t.test('hashes and HMACs are those of node:crypto', async (t) => {
  for (const [hash, name] of hashes) {
    for (const data of [empty, bytes('abc'), crypto.randomBytes(100_000)]) {
      t.same(native.hash(hash, data), crypto.createHash(name).update(data).digest())
      for (const size of [14, 32, 64, 65, 128]) {
        const key = crypto.randomBytes(size)
        t.same(
          native.hmac(native.importSecret('HMAC', key), hash, data),
          crypto.createHmac(name, key).update(data).digest(),
        )
      }
    }
  }
  throwsCode(t, 'MORTISE_CRYPTO_UNSUPPORTED', () => native.hash('MD5' as 'SHA-256', empty))
  throwsCode(t, 'MORTISE_CRYPTO_UNSUPPORTED', () =>
    native.hmac(native.generateSecret('ChaCha20', 256), 'SHA-256', empty),
  )
})

t.test('equal compares, randomFill fills', async (t) => {
  t.ok(native.equal(bytes('same'), bytes('same')))
  t.notOk(native.equal(bytes('same'), bytes('sane')))
  t.notOk(native.equal(bytes('same'), bytes('same ')))
  t.ok(native.equal(empty, empty))
  const target = Buffer.alloc(10_000)
  native.randomFill(target)
  t.ok(new Set(target).size === 256, 'every byte occurs')
  native.randomFill(empty)
})
