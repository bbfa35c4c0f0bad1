/** What only old clients need: the policy compatible does it, as others do, and the policy approved refuses it. */
import crypto from 'node:crypto'
import t, { type Test } from 'tap'
import { CipherStream } from '../../lib/core/index.js'
import type { CipherMode, Session } from '../../lib/index.js'
import { KeyHouse } from '../support/key_house.js'

const data = Buffer.from('data of an old client')
const refused = { code: 'MORTISE_CRYPTO_POLICY' }
const fails = { code: 'MORTISE_CRYPTO_DECRYPTION_FAILED' }

/** The same work under both policies. */
async function both(
  t: Test,
  prepare: (ann: Session) => Promise<string>,
  work: (ann: Session, id: string) => Promise<unknown>,
) {
  const house = await KeyHouse.build(t, { policy: 'compatible' })
  const ann = await house.as('ann')
  const id = await prepare(ann)
  const strict = await house.as('ann', await house.open({ policy: 'approved' }))
  await t.rejects(work(strict, id), refused)
  return work(ann, id)
}
const aes = crypto.randomBytes(32)
const registered = (ann: Session, usage: readonly ('DeriveKey' | 'Encrypt' | 'MACGenerate')[]) =>
  ann.register({ format: 'raw', algorithm: 'AES', material: aes, usage }).then(({ id }) => id)

t.test('an AES key makes an HMAC', async (t) => {
  const made = await both(
    t,
    (ann) => registered(ann, ['MACGenerate']),
    (ann, id) => ann.mac(id, data, { hash: 'SHA-256' }),
  )
  t.same(made, crypto.createHmac('sha256', aes).update(data).digest())
})

t.test('a digest is signed as it is', async (t) => {
  const pair = crypto.generateKeyPairSync('rsa', { modulusLength: 2048 })
  const signature = await both(
    t,
    (ann) =>
      ann
        .register({ material: pair.privateKey.export({ format: 'der', type: 'pkcs8' }) })
        .then(({ id }) => id),
    (ann, id) => ann.sign(id, data, { scheme: 'RS256', bare: true }),
  )
  t.same(crypto.publicDecrypt(pair.publicKey, signature as Buffer), data)
})

t.test('keys are derived by what is no key derivation function', async (t) => {
  const derived = (input: object) =>
    both(
      t,
      (ann) => registered(ann, ['DeriveKey']),
      async (ann, id) => {
        const key = await ann.deriveKey(id, { algorithm: 'AES', length: 128, extractable: true, ...input })
        return (await ann.export(key.id)).material
      },
    )
  t.same(await derived({ method: 'Hash' }), crypto.createHash('sha256').update(aes).digest().subarray(0, 16))
  t.same(
    await derived({ method: 'HMAC', info: data }),
    crypto.createHmac('sha256', aes).update(data).digest().subarray(0, 16),
  )
  t.same(
    await derived({ method: 'PBKDF2', salt: data, iterations: 1, hash: 'SHA-1' }),
    crypto.pbkdf2Sync(aes, data, 1, 16, 'sha1'),
  )
  const iv = Buffer.alloc(16, 5)
  const cipherOf = (name: string, iv: Buffer | null, padded: boolean) => {
    const cipher = crypto.createCipheriv(name, aes, iv).setAutoPadding(padded)
    return Buffer.concat([
      cipher.update(Buffer.concat([data, Buffer.alloc(32 - data.length)])),
      cipher.final(),
    ])
  }
  const info = Buffer.concat([data, Buffer.alloc(32 - data.length)])
  const bits = aes.length * 8
  t.same(
    await derived({ method: 'Encrypted', info, cipher: { mode: 'CBC', iv } }),
    cipherOf(`aes-${bits}-cbc`, iv, false).subarray(0, 16),
  )
  t.same(
    await derived({ method: 'Encrypted', info, cipher: { mode: 'CTR', iv } }),
    cipherOf(`aes-${bits}-ctr`, iv, false).subarray(0, 16),
  )
  t.same(
    await derived({ method: 'Encrypted', info, cipher: { mode: 'ECB', padding: 'PKCS7' }, length: 256 }),
    cipherOf(`aes-${bits}-ecb`, null, true).subarray(0, 32),
  )
  const house = await KeyHouse.build(t, { policy: 'compatible' })
  const ann = await house.as('ann')
  const id = await registered(ann, ['DeriveKey'])
  const encrypted = { algorithm: 'AES', length: 128, method: 'Encrypted', info } as const
  for (const wrong of [
    encrypted,
    { ...encrypted, method: 'HMAC', cipher: { mode: 'ECB' } } as const,
    { ...encrypted, length: 256, info: data.subarray(0, 0), cipher: { mode: 'ECB' } } as const,
    { ...encrypted, cipher: { mode: 'CBC', iv: iv.subarray(1) } } as const,
  ])
    await t.rejects(ann.deriveKey(id, wrong), { code: 'MORTISE_INPUT_INVALID' })
  // Whoever may derive alone would have the ciphertext of what he likes.
  const bob = await house.as('bob')
  await ann.grant(id, { principal: 'bob' }, ['DeriveKey'])
  const chosen = { ...encrypted, cipher: { mode: 'ECB' } } as const
  await t.rejects(bob.deriveKey(id, chosen), { code: 'MORTISE_ACCESS_DENIED' })
  await ann.grant(id, { principal: 'bob' }, ['DeriveKey', 'Encrypt'])
  t.match(await bob.deriveKey(id, chosen), { algorithm: 'AES' })
  await t.rejects(ann.deriveKey(id, { algorithm: 'AES', length: 256, method: 'Hash', hash: 'SHA-1' }), {
    code: 'MORTISE_INPUT_INVALID',
  })
  await t.rejects(ann.deriveKey(id, { algorithm: 'AES', method: 'Agreed' }), {
    code: 'MORTISE_INPUT_INVALID',
  })
})

t.test('an RSA key of 1024 bits', async (t) => {
  const { privateKey } = crypto.generateKeyPairSync('rsa', { modulusLength: 1024 })
  const material = privateKey.export({ format: 'der', type: 'pkcs8' })
  const { length } = (await both(
    t,
    async () => '',
    (ann) => ann.register({ material }),
  )) as { length: number }
  t.equal(length, 1024)
  await both(
    t,
    async () => '',
    (ann) => ann.createKeyPair({ algorithm: 'RSA', length: 1024 }),
  )
})

t.test('a salt of any length is verified, where any will do', async (t) => {
  const ann = await (await KeyHouse.build(t)).as('ann')
  const pair = await ann.createKeyPair({ algorithm: 'RSA', length: 2048 })
  const signature = await ann.sign(pair.privateKey.id, data, { scheme: 'PS256', saltLength: 20 })
  const verify = (options: object) =>
    ann.verify(pair.publicKey.id, data, signature, { scheme: 'PS256', ...options })
  t.strictSame(await Promise.all([verify({}), verify({ saltLength: 20 }), verify({ anySalt: true })]), [
    false,
    true,
    true,
  ])
})

t.test('data in parts is what it is at once', async (t) => {
  const ann = await (await KeyHouse.build(t, { policy: 'compatible' })).as('ann')
  const plaintext = crypto.randomBytes(77)
  const split = (whole: Buffer) => [0, 5, 16, 48, 63].map((at, i, all) => whole.subarray(at, all[i + 1]))
  for (const [algorithm, mode] of [
    ['AES', 'CBC'],
    ['AES', 'ECB'],
    ['AES', 'CTR'],
    ['AES', 'GCM'],
    ['3DES', 'CBC'],
    ['ChaCha20', 'ChaCha20'],
    ['ChaCha20', 'ChaCha20-Poly1305'],
  ] as const satisfies readonly (readonly [string, CipherMode])[]) {
    const { id } = await ann.createKey({ algorithm })
    const stream = new CipherStream()
    const told: Buffer[] = []
    let first: Buffer | undefined
    let tag: Buffer | undefined
    for (const [i, part] of split(plaintext).entries()) {
      const answer = await ann.encryptInMode(id, part, { mode, stream, last: i === 4 })
      first ??= answer.iv
      tag = answer.tag
      told.push(answer.ciphertext)
    }
    const iv = first ?? Buffer.alloc(0)
    const sealed = Buffer.concat(told)
    const opening = { mode, iv, ...(tag && { tag }) }
    t.same(await ann.decrypt(id, sealed, opening), plaintext, `${algorithm} ${mode}`)
    await t.rejects(ann.encryptInMode(id, data, { mode, stream }), { code: 'MORTISE_INPUT_INVALID' })

    const back = new CipherStream()
    if (tag) {
      await t.rejects(ann.decrypt(id, sealed, { mode, iv, stream: back }), {
        code: 'MORTISE_CRYPTO_UNSUPPORTED',
      })
      continue
    }
    const opened: Buffer[] = []
    for (const [i, part] of split(sealed).entries())
      opened.push(await ann.decrypt(id, part, { mode, iv, stream: back, last: i === 4 }))
    t.same(Buffer.concat(opened), plaintext)
  }
})

t.test('one keystream of ChaCha20 is used once, whatever it is called', async (t) => {
  const ann = await (await KeyHouse.build(t, { policy: 'compatible' })).as('ann')
  const { id } = await ann.createKey({ algorithm: 'ChaCha20' })
  await ann.encryptInMode(id, data, { mode: 'ChaCha20', iv: Buffer.alloc(8, 1) })
  const same = Buffer.concat([Buffer.alloc(4), Buffer.alloc(8, 1)])
  for (const mode of ['ChaCha20', 'ChaCha20-Poly1305'] as const)
    await t.rejects(ann.encryptInMode(id, data, { mode, iv: same }), { code: 'MORTISE_CRYPTO_IV_REPEATED' })
})

t.test('parts go to one key, and what is padded wrongly does not end well', async (t) => {
  const ann = await (await KeyHouse.build(t)).as('ann')
  const [one, other] = await Promise.all([
    ann.createKey({ algorithm: 'AES' }),
    ann.createKey({ algorithm: 'AES' }),
  ])
  const stream = new CipherStream()
  await ann.encryptInMode(one.id, data, { mode: 'CBC', stream })
  await t.rejects(ann.encryptInMode(other.id, data, { mode: 'CBC', stream }), {
    code: 'MORTISE_INPUT_INVALID',
  })
  await t.rejects(ann.encryptInMode(one.id, data, { mode: 'CTR', stream }), {
    code: 'MORTISE_INPUT_INVALID',
  })
  await ann.revoke(one.id)
  await t.rejects(ann.encryptInMode(one.id, data, { mode: 'CBC', stream }), {
    code: 'MORTISE_KEY_STATE',
  })
  const back = new CipherStream()
  const iv = Buffer.alloc(16)
  for (const sealed of [Buffer.alloc(32), Buffer.alloc(33), Buffer.alloc(0)]) {
    await t.rejects(
      ann.decrypt(other.id, sealed, { mode: 'CBC', iv, stream: new CipherStream(), last: true }),
      fails,
      `${sealed.length} bytes`,
    )
  }
  t.equal((await ann.decrypt(other.id, Buffer.alloc(16), { mode: 'CBC', iv, stream: back })).length, 0)
})

t.test('a key is wrapped in its Key Value', async (t) => {
  const ann = await (await KeyHouse.build(t)).as('ann')
  const kek = Buffer.alloc(32, 1)
  const wrapping = await ann.register({ format: 'raw', algorithm: 'AES', material: kek })
  const key = await ann.register({ format: 'raw', algorithm: 'AES', material: aes, extractable: true })
  const by = { key: wrapping.id, method: 'AES-KW', encoding: 'ttlv' } as const
  const { material } = await ann.export(key.id, { wrapping: by })
  const cipher = crypto.createDecipheriv('id-aes256-wrap', kek, Buffer.alloc(8, 0xa6))
  const value = Buffer.concat([cipher.update(material), cipher.final()])
  t.equal(value.toString('hex'), `4200450100000028${'4200430800000020'}${aes.toString('hex')}`)
  const back = await ann.register({ algorithm: 'AES', material, wrapping: by, extractable: true })
  t.same((await ann.export(back.id)).material, aes)
  await t.rejects(ann.register({ algorithm: 'AES', material, wrapping: { ...by, encoding: 'none' } }), {
    code: 'MORTISE_CRYPTO_KEY_INVALID',
  })
  const plain = await ann.export(key.id, { wrapping: { ...by, encoding: 'none' } })
  await t.rejects(ann.register({ algorithm: 'AES', material: plain.material, wrapping: by }), fails)
})
