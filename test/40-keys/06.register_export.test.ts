import { createPublicKey, generateKeyPairSync, type KeyObject, randomBytes } from 'node:crypto'
import t from 'tap'
import { toPem } from '../../lib/index.js'
import { KeyHouse } from '../support/key_house.js'

const pairs = {
  RSA: generateKeyPairSync('rsa', { modulusLength: 2048 }),
  'P-256': generateKeyPairSync('ec', { namedCurve: 'P-256' }),
  'P-384': generateKeyPairSync('ec', { namedCurve: 'P-384' }),
  'P-521': generateKeyPairSync('ec', { namedCurve: 'P-521' }),
  secp256k1: generateKeyPairSync('ec', { namedCurve: 'secp256k1' }),
  Ed25519: generateKeyPairSync('ed25519'),
  Ed448: generateKeyPairSync('ed448'),
  X25519: generateKeyPairSync('x25519'),
  X448: generateKeyPairSync('x448'),
}
const pkcs8 = (key: KeyObject) => key.export({ format: 'der', type: 'pkcs8' })
const spki = (key: KeyObject) => key.export({ format: 'der', type: 'spki' })

t.test('raw keys come in and go out as they are', async (t) => {
  const ann = await (await KeyHouse.build(t, { policy: 'compatible' })).as('ann')
  for (const [algorithm, lengths] of Object.entries({
    AES: [128, 192, 256],
    'HMAC-SHA-256': [128, 256, 512],
    'HMAC-SHA-384': [384],
    'HMAC-SHA-512': [512],
  })) {
    for (const length of lengths) {
      const material = randomBytes(length / 8)
      const made = await ann.register({ format: 'raw', algorithm, material, extractable: true })
      t.match(made, {
        algorithm,
        length,
        type: 'SymmetricKey',
        state: 'Active',
        extractable: true,
        sensitive: false,
      })
      t.strictSame(await ann.export(made.id), { format: 'raw', material })
    }
  }
})

t.test('private keys come in as PKCS#8, in DER or PEM, and go out as the same key', async (t) => {
  const ann = await (await KeyHouse.build(t, { policy: 'compatible' })).as('ann')
  for (const [name, { privateKey, publicKey }] of Object.entries(pairs)) {
    const der = pkcs8(privateKey)
    for (const material of [der, Buffer.from(toPem('pkcs8', der))]) {
      const made = await ann.register({ format: 'pkcs8', material, extractable: true })
      t.match(made, { type: 'PrivateKey', curve: /^(P-|secp)/.test(name) ? name : null })
      const out = await ann.export(made.id)
      t.equal(out.format, 'pkcs8')
      const text = toPem('pkcs8', out.material)
      t.same(spki(createPublicKey(text)), spki(publicKey), name)
    }
  }
})

t.test('public keys come in as SPKI, in DER or PEM, and always go out', async (t) => {
  const ann = await (await KeyHouse.build(t, { policy: 'compatible' })).as('ann')
  for (const [name, { publicKey }] of Object.entries(pairs)) {
    const der = spki(publicKey)
    for (const material of [der, Buffer.from(toPem('spki', der))]) {
      const made = await ann.register({ format: 'spki', material, extractable: false })
      t.match(made, { type: 'PublicKey', extractable: true, sensitive: false })
      t.strictSame(await ann.export(made.id), { format: 'spki', material: der }, name)
    }
  }
})

t.test('a key that was not made extractable stays', async (t) => {
  const house = await KeyHouse.build(t)
  const ann = await house.as('ann')
  const { privateKey, publicKey } = await ann.createKeyPair({ algorithm: 'EC' })
  const kept = [
    await ann.createKey({ algorithm: 'AES' }),
    await ann.register({ format: 'raw', algorithm: 'AES', material: randomBytes(32) }),
    await ann.register({ format: 'pkcs8', material: pkcs8(pairs['P-256'].privateKey) }),
    privateKey,
    (await ann.rekey((await ann.createKey({ algorithm: 'AES' })).id)).replacement,
  ]
  for (const { id, extractable, sensitive } of kept) {
    t.strictSame([extractable, sensitive], [false, true])
    await t.rejects(ann.export(id), { code: 'MORTISE_KEY_NOT_EXTRACTABLE' })
  }
  await t.resolves(ann.export(publicKey.id), 'a public key is no secret')

  const { id } = await ann.createKey({ algorithm: 'AES', extractable: true })
  await t.rejects((await house.as('bob')).export(id), { code: 'MORTISE_KEY_NOT_FOUND' })
  await t.rejects((await house.administrator()).export(id), { code: 'MORTISE_ACCESS_DENIED' })
  await t.resolves(ann.export(id))
})

t.test('what is no key, or another than it says, is refused', async (t) => {
  const house = await KeyHouse.build(t)
  const ann = await house.as('ann')
  const der = pkcs8(pairs['P-256'].privateKey)
  const invalid = 'MORTISE_CRYPTO_KEY_INVALID'
  const unsupported = 'MORTISE_CRYPTO_UNSUPPORTED'
  const weak = generateKeyPairSync('rsa', { modulusLength: 1024 })
  const brainpool = generateKeyPairSync('ec', { namedCurve: 'brainpoolP256r1' })
  const pss = generateKeyPairSync('rsa-pss', { modulusLength: 2048 })
  const refused: [what: string, code: string | RegExp, input: Parameters<typeof ann.register>[0]][] = [
    ['nothing', invalid, { format: 'pkcs8', material: Buffer.alloc(0) }],
    ['noise', invalid, { format: 'pkcs8', material: randomBytes(100) }],
    ['DER cut short', invalid, { format: 'pkcs8', material: der.subarray(0, -1) }],
    ['bytes behind the DER', invalid, { format: 'pkcs8', material: Buffer.concat([der, Buffer.of(0)]) }],
    ['a public key as PKCS#8', invalid, { format: 'pkcs8', material: spki(pairs['P-256'].publicKey) }],
    ['a private key as SPKI', invalid, { format: 'spki', material: der }],
    ['another algorithm', invalid, { format: 'pkcs8', material: der, algorithm: 'RSA' }],
    ['an algorithm of one key', invalid, { format: 'pkcs8', material: der, algorithm: 'AES' }],
    ['raw without algorithm', 'MORTISE_INPUT_INVALID', { format: 'raw', material: randomBytes(32) }],
    ['raw of a pair', 'MORTISE_INPUT_INVALID', { format: 'raw', material: der, algorithm: 'EC' }],
    ['an unknown algorithm', unsupported, { format: 'raw', material: randomBytes(32), algorithm: 'DES' }],
    [
      'AES of 31 bytes',
      /KEY_INVALID|UNSUPPORTED/,
      { format: 'raw', material: randomBytes(31), algorithm: 'AES' },
    ],
    [
      'AES of no bytes',
      /KEY_INVALID|UNSUPPORTED/,
      { format: 'raw', material: Buffer.alloc(0), algorithm: 'AES' },
    ],
    [
      'HMAC of 8 bytes',
      /KEY_INVALID|UNSUPPORTED/,
      { format: 'raw', material: randomBytes(8), algorithm: 'HMAC-SHA-256' },
    ],
    ['RSA of 1024 bits', 'MORTISE_CRYPTO_POLICY', { format: 'pkcs8', material: pkcs8(weak.privateKey) }],
    ['another curve', /KEY_INVALID|UNSUPPORTED/, { format: 'pkcs8', material: pkcs8(brainpool.privateKey) }],
    ['RSA bound to PSS', /KEY_INVALID|UNSUPPORTED/, { format: 'spki', material: spki(pss.publicKey) }],
    ['too much', 'MORTISE_INPUT_TOO_LARGE', { format: 'pkcs8', material: randomBytes(16_385) }],
  ]
  for (const [what, code, input] of refused) await t.rejects(ann.register(input), { code }, what)
  t.strictSame((await ann.locate()).items, [], 'nothing was kept')
})

t.test('a key of each algorithm is made in each length and on each curve', async (t) => {
  const ann = await (await KeyHouse.build(t, { policy: 'compatible' })).as('ann')
  for (const [algorithm, length] of [
    ['AES', 128],
    ['AES', 192],
    ['AES', 256],
    ['HMAC-SHA-256', 128],
    ['HMAC-SHA-384', 384],
    ['HMAC-SHA-512', 512],
  ] as const) {
    const { id } = await ann.createKey({ algorithm, length, extractable: true })
    t.equal((await ann.export(id)).material.length, length / 8, `${algorithm} ${length}`)
  }
  for (const curve of ['P-256', 'P-384', 'P-521']) {
    const { privateKey, publicKey } = await ann.createKeyPair({ algorithm: 'EC', curve })
    t.match(
      [privateKey, publicKey],
      [
        { curve, type: 'PrivateKey' },
        { curve, type: 'PublicKey' },
      ],
    )
    const { asymmetricKeyDetails } = createPublicKey(toPem('spki', (await ann.export(publicKey.id)).material))
    t.equal(
      asymmetricKeyDetails?.namedCurve,
      { 'P-256': 'prime256v1', 'P-384': 'secp384r1', 'P-521': 'secp521r1' }[curve],
    )
  }
  const { publicKey } = await ann.createKeyPair({ algorithm: 'RSA', length: 2048 })
  const { asymmetricKeyDetails } = createPublicKey(toPem('spki', (await ann.export(publicKey.id)).material))
  t.match(asymmetricKeyDetails, { modulusLength: 2048, publicExponent: 65537n })
})

t.test('a pair is not made as one key, nor one key as a pair', async (t) => {
  const ann = await (await KeyHouse.build(t, { policy: 'compatible' })).as('ann')
  await t.rejects(ann.createKey({ algorithm: 'RSA' }), { code: 'MORTISE_INPUT_INVALID' })
  await t.rejects(ann.createKeyPair({ algorithm: 'AES' }), { code: 'MORTISE_INPUT_INVALID' })
})
