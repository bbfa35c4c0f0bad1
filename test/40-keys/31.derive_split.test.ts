import {
  createPublicKey,
  diffieHellman,
  generateKeyPairSync,
  hkdfSync,
  pbkdf2Sync,
  randomBytes,
} from 'node:crypto'
import t from 'tap'
import type { ObjectInfo, Session } from '../../lib/index.js'
import { KeyHouse, outcome } from '../support/key_house.js'

const salt = Buffer.from('salt')
const info = Buffer.from('info')

t.test('a symmetric key derives others, which link to it', async (t) => {
  const house = await KeyHouse.build(t)
  const ann = await house.as('ann')
  const administrator = await house.administrator()
  const material = randomBytes(32)
  const base = await ann.register({ format: 'raw', algorithm: 'AES', material, usage: ['DeriveKey'] })
  const derived = await ann.deriveKey(base.id, {
    algorithm: 'AES',
    salt,
    info,
    extractable: true,
    name: 'child',
  })
  t.match(derived, { algorithm: 'AES', length: 256, type: 'SymmetricKey', name: 'child', extractable: true })
  t.equal(derived.links.derivationBase, base.id)
  t.equal((await ann.get(base.id)).links.derivedKey, derived.id)
  const bytesOf = async (key: ObjectInfo) => (await ann.export(key.id)).material
  t.same(await bytesOf(derived), Buffer.from(hkdfSync('sha256', material, salt, info, 32)))
  const slow = await ann.deriveKey(base.id, {
    algorithm: 'HMAC-SHA-512',
    method: 'PBKDF2',
    hash: 'SHA-512',
    salt,
    iterations: 1000,
    extractable: true,
  })
  t.same(await bytesOf(slow), pbkdf2Sync(material, salt, 1000, 64, 'sha512'))
  const counted = await ann.deriveKey(base.id, {
    algorithm: 'AES',
    length: 128,
    method: 'SP800-108-counter',
    info,
  })
  t.match(counted, { length: 128, extractable: false })
  const { records } = await administrator.audit()
  t.match(records[0], { operation: 'DeriveKey', object: counted.id, detail: { base: base.id } })
})

t.test('a password derives keys, and what is neither a key nor a secret derives none', async (t) => {
  const ann = await (await KeyHouse.build(t)).as('ann')
  const material = Buffer.from('correct horse battery staple')
  const register = (type: 'SecretData' | 'OpaqueObject') =>
    ann.registerObject({ type, material, usage: ['DeriveKey'] })
  const password = await register('SecretData')
  const spec = { algorithm: 'AES', method: 'PBKDF2', salt, iterations: 1000, extractable: true } as const
  const derived = await ann.deriveKey(password.id, spec)
  t.same((await ann.export(derived.id)).material, pbkdf2Sync(material, salt, 1000, 32, 'sha256'))
  t.equal((await ann.get(password.id)).links.derivedKey, derived.id)
  const opaque = await register('OpaqueObject')
  t.equal(await outcome(ann.deriveKey(opaque.id, spec)), 'MORTISE_INPUT_INVALID')
})

t.test(
  'two principals agree on a key, by ECDH and, where the policy allows it, on Montgomery curves',
  async (t) => {
    const ann = await (await KeyHouse.build(t, { policy: 'compatible' })).as('ann')
    for (const [spec, theirs] of [
      [{ algorithm: 'EC', curve: 'P-384' }, () => generateKeyPairSync('ec', { namedCurve: 'P-384' })],
      [{ algorithm: 'X25519' }, () => generateKeyPairSync('x25519')],
    ] as const) {
      const own = await ann.createKeyPair({ ...spec, privateUsage: ['KeyAgreement'] })
      const peer = theirs()
      const ownPublic = createPublicKey({
        key: (await ann.export(own.publicKey.id)).material,
        format: 'der',
        type: 'spki',
      })
      const secret = diffieHellman({ privateKey: peer.privateKey, publicKey: ownPublic })
      const pem = peer.publicKey.export({ type: 'spki', format: 'pem' })
      const key = await ann.deriveKey(own.privateKey.id, {
        algorithm: 'AES',
        peer: Buffer.from(pem),
        info,
        extractable: true,
      })
      t.same((await ann.export(key.id)).material, Buffer.from(hkdfSync('sha256', secret, '', info, 32)))
    }
  },
)

t.test('many keys are derived at once, each as one is by its info', async (t) => {
  const house = await KeyHouse.build(t)
  const ann = await house.as('ann')
  const material = randomBytes(32)
  const base = await ann.register({ format: 'raw', algorithm: 'AES', material, usage: ['DeriveKey'] })
  const infos = [Buffer.from('a'), Buffer.alloc(0), ...Array.from({ length: 254 }, () => randomBytes(20))]
  const keys = await ann.deriveKeys(base.id, infos, {
    algorithm: 'AES',
    salt,
    extractable: true,
    name: 'child',
  })
  t.equal(keys.length, 256)
  t.match(keys[1], { name: 'child-2', algorithm: 'AES', length: 256, links: { derivationBase: base.id } })
  t.equal((await ann.get(base.id)).links.derivedKey, keys[255]?.id, 'it links to the last of them')
  for (const i of [0, 1, 2, 100, 255]) {
    const theirs = Buffer.from(hkdfSync('sha256', material, salt, infos[i] ?? '', 32))
    t.same((await ann.export(keys[i]?.id ?? '')).material, theirs)
  }
  const { records } = await (await house.administrator()).audit({ operation: 'DeriveKeys' })
  t.match(records, [{ object: base.id, detail: { base: base.id, method: 'HKDF', keys: 256 } }])

  const refused = (some: readonly Uint8Array[], input = {}) =>
    outcome(ann.deriveKeys(base.id, some, { algorithm: 'AES', ...input }))
  for (const [some, input] of [
    [[]],
    [Array(257).fill(info)],
    [info as unknown as Uint8Array[]],
    [['text'] as unknown as Uint8Array[]],
    [[info, Buffer.from('mortise data key')]],
    [[info], { algorithm: 'EC' }],
    [[info], { context: info }],
  ] as const)
    t.equal(await refused(some, input), 'MORTISE_INPUT_INVALID')
  t.equal(await refused([info], { method: 'PBKDF2' }), 'MORTISE_CRYPTO_UNSUPPORTED')
  t.equal(await refused([info], { name: 'child' }), 'MORTISE_NAME_TAKEN', 'child-1 is there')
  const bob = await house.as('bob')
  t.equal(await outcome(bob.deriveKeys(base.id, [info], { algorithm: 'AES' })), 'MORTISE_KEY_NOT_FOUND')
  await ann.grant(base.id, { principal: 'bob' }, ['DeriveKey'])
  t.equal(await outcome(bob.deriveKeys(base.id, [info], { algorithm: 'AES' })), 'ok')
})

t.test('deriving needs the right, the usage, the state, and inputs that go together', async (t) => {
  const house = await KeyHouse.build(t)
  const ann = await house.as('ann')
  const bob = await house.as('bob')
  const base = await ann.createKey({ algorithm: 'AES', usage: ['DeriveKey'] })
  const derive = (session: Session, input = {}) =>
    outcome(session.deriveKey(base.id, { algorithm: 'AES', ...input }))
  t.equal(await derive(bob), 'MORTISE_KEY_NOT_FOUND')
  await ann.grant(base.id, { principal: 'bob' }, ['Get'])
  t.equal(await derive(bob), 'MORTISE_ACCESS_DENIED')
  await ann.grant(base.id, { principal: 'bob' }, ['DeriveKey'])
  t.equal(await derive(bob), 'ok')
  const usual = await ann.createKey({ algorithm: 'AES' })
  t.notOk(usual.usage.includes('DeriveKey'), 'no key derives by default')
  await t.rejects(ann.deriveKey(usual.id, { algorithm: 'AES' }), { code: 'MORTISE_KEY_USAGE' })
  const { publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  const peer = publicKey.export({ type: 'spki', format: 'der' })
  for (const input of [
    { algorithm: 'EC' },
    { iterations: 5000 },
    { method: 'PBKDF2', iterations: 0 },
    { method: 'PBKDF2', iterations: 10_000_001 },
    { method: 'PBKDF2', info },
    { method: 'SP800-108-counter', salt },
    { context: info },
  ]) {
    t.equal(await derive(ann, input), 'MORTISE_INPUT_INVALID', JSON.stringify(input))
  }
  t.equal(await derive(ann, { method: 'PBKDF2', iterations: 999 }), 'MORTISE_CRYPTO_POLICY')
  t.equal(await derive(ann, { peer }), 'MORTISE_KEY_USAGE', 'a peer needs KeyAgreement')
  t.equal(await derive(ann, { info: new Uint8Array(1025) }), 'MORTISE_INPUT_TOO_LARGE')
  const pair = await ann.createKeyPair({ algorithm: 'EC', privateUsage: ['KeyAgreement'] })
  await t.rejects(ann.deriveKey(pair.privateKey.id, { algorithm: 'AES' }), { code: 'MORTISE_KEY_USAGE' })
  await t.rejects(ann.deriveKey(pair.privateKey.id, { algorithm: 'AES', peer, method: 'PBKDF2' }), {
    code: 'MORTISE_INPUT_INVALID',
  })
  await t.rejects(ann.deriveKey(pair.privateKey.id, { algorithm: 'AES', peer: Buffer.from('key') }), {
    code: 'MORTISE_CRYPTO_KEY_INVALID',
  })
  await ann.revoke(base.id)
  t.equal(await derive(ann), 'MORTISE_KEY_STATE')
})

t.test('a key is split, and any threshold of its shares joins to it', async (t) => {
  const house = await KeyHouse.build(t)
  const ann = await house.as('ann')
  const key = await ann.createKey({ algorithm: 'AES', extractable: true })
  const { material } = await ann.export(key.id)
  const shares = await ann.splitKey(key.id, { parts: 4, threshold: 3, name: 'share', extractable: true })
  t.strictSame(
    shares.map(({ type, name, usage, splitKey, links }) => [
      type,
      name,
      usage,
      splitKey?.identifier,
      links.parent,
    ]),
    [1, 2, 3, 4].map((i) => ['SplitKey', `share-${i}`, [], i, key.id]),
  )
  t.match(shares[0]?.splitKey, {
    parts: 4,
    threshold: 3,
    method: 'PolynomialSharingGF2_8',
    of: 'SymmetricKey',
  })
  for (const chosen of [
    ['share-1', 'share-2', 'share-3'],
    ['share-4', 'share-2', 'share-1'],
    ['share-1', 'share-2', 'share-3', 'share-4'],
  ]) {
    const joined = await ann.joinSplitKey(chosen, { extractable: true })
    t.match(joined, { type: 'SymmetricKey', algorithm: 'AES', length: 256 })
    t.same((await ann.export(joined.id)).material, material)
  }
  const other = await ann.splitKey(key.id, { parts: 4, threshold: 3 })
  const plain = await ann.createKey({ algorithm: 'AES' })
  for (const [what, chosen] of Object.entries({
    'fewer than are needed': ['share-1', 'share-2'],
    'one of them twice': ['share-1', 'share-2', 'share-2'],
    'of two splittings': ['share-1', 'share-2', other[2]?.id ?? ''],
    'one that is no share': ['share-1', 'share-2', plain.id],
    one: ['share-1'],
  })) {
    await t.rejects(ann.joinSplitKey(chosen), { code: 'MORTISE_INPUT_INVALID' }, what)
  }
  await t.rejects(
    ann.joinSplitKey(
      other.slice(0, 3).map(({ id }) => id),
      { extractable: true },
    ),
    { code: 'MORTISE_KEY_NOT_EXTRACTABLE' },
  )
  t.match((await ann.export('share-1')).material.length, 32)
  for (const use of [() => ann.encrypt('share-1', salt), () => ann.rekey('share-1')]) {
    t.match(await outcome(use), /MORTISE_(KEY_USAGE|INPUT_INVALID)/)
  }
})

t.test('a private key is split and joined', async (t) => {
  const ann = await (await KeyHouse.build(t)).as('ann')
  const { privateKey, publicKey } = await ann.createKeyPair({
    algorithm: 'EC',
    extractable: true,
    sensitive: true,
  })
  const shares = await ann.splitKey(privateKey.id, { parts: 3, method: 'XOR' })
  const joined = await ann.joinSplitKey(shares.map(({ id }) => id))
  t.match(joined, { type: 'PrivateKey', curve: 'P-256' })
  t.ok(await ann.verify(publicKey.id, salt, await ann.sign(joined.id, salt)))
  await t.rejects(ann.splitKey(privateKey.id, { parts: 3, extractable: true }), {
    code: 'MORTISE_KEY_NOT_EXTRACTABLE',
  })
  await t.rejects(ann.splitKey(publicKey.id, { parts: 3 }), { code: 'MORTISE_INPUT_INVALID' })
  await t.rejects(ann.splitKey(privateKey.id, { parts: 3, threshold: 2, method: 'XOR' }), {
    code: 'MORTISE_INPUT_INVALID',
  })
})

t.test('splitting and joining need rights on every object', async (t) => {
  const house = await KeyHouse.build(t)
  const ann = await house.as('ann')
  const bob = await house.as('bob')
  const key = await ann.createKey({ algorithm: 'AES', extractable: true })
  const fixed = await ann.createKey({ algorithm: 'AES' })
  await t.rejects(ann.splitKey(fixed.id, { parts: 2 }), { code: 'MORTISE_KEY_NOT_EXTRACTABLE' })
  const grantee = { principal: 'bob' } as const
  await ann.grant(key.id, grantee, ['Export'])
  await t.rejects(bob.splitKey(key.id, { parts: 2 }), { code: 'MORTISE_ACCESS_DENIED' })
  const [first, second] = (await ann.splitKey(key.id, { parts: 2 })).map(({ id }) => id) as [string, string]
  await ann.grant(first, grantee, ['JoinSplitKey'])
  await t.rejects(bob.joinSplitKey([first, second]), { code: 'MORTISE_KEY_NOT_FOUND' })
  await ann.grant(second, grantee, ['JoinSplitKey'])
  await t.resolves(bob.joinSplitKey([first, second]))
  await ann.revoke(second)
  await ann.destroy(second, { afterDays: 0 })
  await t.rejects(bob.joinSplitKey([first, second]), { code: 'MORTISE_KEY_STATE' })
})

t.test('shares that were exported are registered again, and join', async (t) => {
  const ann = await (await KeyHouse.build(t)).as('ann')
  const elsewhere = await (await KeyHouse.build(t)).as('bob')
  for (const make of [
    () => ann.createKey({ algorithm: 'AES', length: 192, extractable: true }),
    () => ann.createKey({ algorithm: 'HMAC-SHA-512', extractable: true }),
    async () => (await ann.createKeyPair({ algorithm: 'EC', curve: 'P-384', extractable: true })).privateKey,
  ]) {
    const key = await make()
    const { material } = await ann.export(key.id)
    for (const [method, parts, threshold] of [
      ['PolynomialSharingGF2_8', 3, 2],
      ['XOR', 2, 2],
    ] as const) {
      const shares = await ann.splitKey(key.id, { method, parts, threshold, extractable: true })
      const again: ObjectInfo[] = []
      for (const { id, algorithm, length, curve, splitKey } of shares.slice(-threshold)) {
        const info = await elsewhere.registerShare({
          material: (await ann.export(id)).material,
          algorithm,
          ...(curve ? { curve } : { length }),
          splitKey: splitKey as NonNullable<typeof splitKey>,
          extractable: true,
        })
        t.match(info, { type: 'SplitKey', algorithm, length, curve, splitKey, usage: [] })
        again.push(info)
      }
      const joined = await elsewhere.joinSplitKey(
        again.map(({ id }) => id),
        { extractable: true },
      )
      t.match(joined, { type: key.type, algorithm: key.algorithm, length: key.length, curve: key.curve })
      t.same((await elsewhere.export(joined.id)).material, material, `${key.algorithm} ${method}`)
    }
  }
})

t.test('a share says where it belongs, and nothing that cannot be', async (t) => {
  const house = await KeyHouse.build(t)
  const ann = await house.as('ann')
  const splitKey = {
    split: '7e57d004-2b97-4e7a-b45f-5387367791cd',
    method: 'PolynomialSharingGF2_8',
    parts: 3,
    identifier: 1,
    threshold: 2,
    of: 'SymmetricKey',
  } as const
  const register = (facts: object = {}, input: object = {}) =>
    ann.registerShare({
      material: randomBytes(32),
      algorithm: 'AES',
      splitKey: { ...splitKey, ...facts },
      ...input,
    })
  for (const facts of [
    { split: 'mine' },
    { method: 'GF' },
    { parts: 1 },
    { parts: 256 },
    { threshold: 1 },
    { threshold: 4 },
    { method: 'XOR' },
    { identifier: 0 },
    { identifier: 4 },
    { identifier: 1.5 },
    { of: 'PrivateKey' },
  ]) {
    t.equal(await outcome(register(facts)), 'MORTISE_INPUT_INVALID', JSON.stringify(facts))
  }
  t.equal(await outcome(register({}, { material: randomBytes(31) })), 'MORTISE_CRYPTO_KEY_INVALID')
  t.equal(await outcome(register({}, { length: 100 })), 'MORTISE_CRYPTO_UNSUPPORTED')
  t.equal(
    await outcome(register({}, { algorithm: '3DES', material: randomBytes(24) })),
    'MORTISE_CRYPTO_POLICY',
  )
  const long = { material: randomBytes(16_385), algorithm: 'EC' }
  t.equal(await outcome(register({ of: 'PrivateKey' }, long)), 'MORTISE_CRYPTO_KEY_INVALID')

  const one = await register()
  t.match(one, { extractable: false, sensitive: true, splitKey })
  for (const other of [
    await register({ identifier: 2, threshold: 3 }),
    await register({ identifier: 2, parts: 4 }),
    await register({ identifier: 2 }, { length: 128, material: randomBytes(16) }),
    await register({ identifier: 1 }),
  ]) {
    t.equal(await outcome(ann.joinSplitKey([one.id, other.id])), 'MORTISE_INPUT_INVALID')
  }
  const two = await register({ identifier: 2 })
  t.equal(
    await outcome(ann.joinSplitKey([one.id, two.id], { extractable: true })),
    'MORTISE_KEY_NOT_EXTRACTABLE',
  )
  t.match(await ann.joinSplitKey([one.id, two.id]), { algorithm: 'AES', length: 256, extractable: false })
  const bob = await (await house.administrator()).createPrincipal({ name: 'bob', permissions: [] })
  const asBob = await house.km.as(bob.id)
  t.equal(
    await outcome(asBob.registerShare({ material: randomBytes(32), algorithm: 'AES', splitKey })),
    'MORTISE_ACCESS_DENIED',
  )
})
