import { generateKeyPairSync, randomBytes } from 'node:crypto'
import t from 'tap'
import { KeyHouse, outcome } from '../support/key_house.js'

// A password costs 600,000 iterations each time.
t.setTimeout(120_000)

const wrapper = { algorithm: 'AES', usage: ['WrapKey', 'UnwrapKey'] } as const
const kept = { extractable: true, sensitive: true } as const

t.test('every kind of key goes out and comes in under every method that takes it', async (t) => {
  const ann = await (await KeyHouse.build(t)).as('ann')
  const aes = await ann.createKey(wrapper)
  const rsa = await ann.createKeyPair({ algorithm: 'RSA', length: 2048 })
  const secret = await ann.createKey({ algorithm: 'AES', ...kept })
  const pair = await ann.createKeyPair({ algorithm: 'EC', ...kept })
  for (const [object, by, method] of [
    [secret, aes.id, 'AES-KW'],
    [secret, aes.id, 'AES-KWP'],
    [secret, aes.id, 'AES-GCM'],
    [secret, rsa.publicKey.id, 'RSA-OAEP-256'],
    [pair.privateKey, aes.id, 'AES-KWP'],
    [pair.privateKey, aes.id, 'AES-GCM'],
  ] as const) {
    const { material, format } = await ann.export(object.id, { wrapping: { key: by, method } })
    t.equal(format, object.type === 'PrivateKey' ? 'pkcs8' : 'raw')
    const unwrapper = method === 'RSA-OAEP-256' ? rsa.privateKey.id : by
    const back = await ann.register({
      material,
      algorithm: object.algorithm,
      wrapping: { key: unwrapper, method },
    })
    t.match(back, { type: object.type, length: object.length, curve: object.curve, extractable: false })
    if (object.type === 'SymmetricKey') {
      const box = await ann.encrypt(secret.id, Buffer.from('data'), { format: 'gcm' })
      t.equal((await ann.decrypt(back.id, box, { format: 'gcm' })).toString(), 'data', method)
    } else {
      const signature = await ann.sign(back.id, Buffer.from('data'))
      t.ok(await ann.verify(pair.publicKey.id, Buffer.from('data'), signature), method)
    }
    material[material.length - 1]! ^= 1
    await t.rejects(
      ann.register({ material, algorithm: object.algorithm, wrapping: { key: unwrapper, method } }),
      { code: 'MORTISE_CRYPTO_DECRYPTION_FAILED' },
      `${method}, damaged`,
    )
  }
  await t.rejects(ann.export(secret.id, { wrapping: { key: rsa.publicKey.id, method: 'AES-KW' } }), {
    code: 'MORTISE_CRYPTO_UNSUPPORTED',
  })
  const long = await ann.createKeyPair({ algorithm: 'EC', curve: 'P-521', ...kept })
  await t.rejects(
    ann.export(long.privateKey.id, { wrapping: { key: rsa.publicKey.id, method: 'RSA-OAEP-256' } }),
    {
      code: 'MORTISE_INPUT_TOO_LARGE',
    },
  )
})

t.test(
  'a key leaves wrapped only when it is extractable, and in the clear only when it is not Sensitive',
  async (t) => {
    const ann = await (await KeyHouse.build(t)).as('ann')
    const { id: by } = await ann.createKey(wrapper)
    const wrapping = { key: by, method: 'AES-KWP' } as const
    const fixed = await ann.createKey({ algorithm: 'AES' })
    const sensitive = await ann.createKey({ algorithm: 'AES', ...kept })
    const open = await ann.createKey({ algorithm: 'AES', extractable: true })
    t.strictSame([sensitive.sensitive, open.sensitive, fixed.sensitive], [true, false, true])
    const code = 'MORTISE_KEY_NOT_EXTRACTABLE'
    await t.rejects(ann.export(fixed.id, { wrapping }), { code })
    await t.rejects(ann.export(sensitive.id), { code })
    await t.resolves(ann.export(sensitive.id, { wrapping }))
    await t.resolves(ann.export(open.id, { wrapping }))
    const pair = await ann.createKeyPair({ algorithm: 'EC', ...kept })
    for (const options of [{}, { format: 'jwk' }, { format: 'sec1' }, { password: 'word' }] as const) {
      await t.rejects(ann.export(pair.privateKey.id, options), { code })
    }
    // Whoever may decrypt by the wrapping key would have the other one in the clear.
    const both = await ann.createKey({ algorithm: 'AES' })
    const byBoth = { wrapping: { key: both.id, method: 'AES-GCM' } } as const
    await t.rejects(ann.export(sensitive.id, byBoth), { code: 'MORTISE_KEY_USAGE' })
    await t.resolves(ann.export(open.id, byBoth))
    await t.rejects(ann.export(open.id, { wrapping: { key: open.id, method: 'AES-KWP' } }), {
      code: 'MORTISE_INPUT_INVALID',
    })
  },
)

t.test('both keys are decided and checked: rights, usage, state', async (t) => {
  const house = await KeyHouse.build(t)
  const ann = await house.as('ann')
  const bob = await house.as('bob')
  const administrator = await house.administrator()
  const { id: by } = await ann.createKey(wrapper)
  const { id: key } = await bob.createKey({ algorithm: 'AES', ...kept })
  const wrapping = { key: by, method: 'AES-KWP' } as const
  const grantee = { principal: 'bob' } as const
  const exported = () => outcome(bob.export(key, { wrapping }))
  t.equal(await exported(), 'MORTISE_KEY_NOT_FOUND', 'bob knows nothing of the wrapping key')
  const { records } = await administrator.audit()
  t.match(records[0], { operation: 'Export', outcome: 'denied', code: 'MORTISE_KEY_NOT_FOUND', object: key })
  await ann.grant(by, grantee, ['Get', 'Encrypt', 'UnwrapKey'])
  t.equal(await exported(), 'MORTISE_ACCESS_DENIED', 'other rights do not do')
  await ann.grant(by, grantee, ['WrapKey'])
  t.equal(await exported(), 'ok')
  const { material } = await bob.export(key, { wrapping })
  await ann.withdraw(by, grantee, ['UnwrapKey'])
  const registered = () => outcome(bob.register({ material, algorithm: 'AES', wrapping }))
  t.equal(await registered(), 'MORTISE_ACCESS_DENIED')
  await ann.grant(by, grantee, ['UnwrapKey'])
  t.equal(await registered(), 'ok')
  // The right on the wrapping key alone is not enough either.
  const { id: hidden } = await ann.createKey({ algorithm: 'AES', ...kept })
  t.equal(await outcome(bob.export(hidden, { wrapping })), 'MORTISE_KEY_NOT_FOUND')

  const usage = async (usages: readonly ('WrapKey' | 'UnwrapKey')[]) => {
    const { id } = await ann.createKey({ algorithm: 'AES', usage: usages })
    const { id: target } = await ann.createKey({ algorithm: 'AES', ...kept })
    const wrapped = { key: id, method: 'AES-KWP' } as const
    return [
      await outcome(ann.export(target, { wrapping: wrapped })),
      await outcome(ann.register({ material: randomBytes(40), algorithm: 'AES', wrapping: wrapped })),
    ]
  }
  t.strictSame(await usage(['WrapKey']), ['ok', 'MORTISE_KEY_USAGE'])
  t.strictSame(await usage(['UnwrapKey']), ['MORTISE_KEY_USAGE', 'MORTISE_CRYPTO_DECRYPTION_FAILED'])

  await ann.revoke(by)
  t.equal(await exported(), 'MORTISE_KEY_STATE', 'a revoked key wraps nothing')
  t.equal(await registered(), 'ok', 'and still unwraps')
  await ann.destroy(by, { afterDays: 0 })
  t.equal(await registered(), 'MORTISE_KEY_STATE')
})

t.test('a wrapping key that is revoked between decision and commit wraps nothing', async (t) => {
  const house = await KeyHouse.build(t)
  const ann = await house.as('ann')
  const { id: by } = await ann.createKey(wrapper)
  const { id: key } = await ann.createKey({ algorithm: 'AES', ...kept })
  const wrapping = { key: by, method: 'AES-KWP' } as const
  // Another process changes it, so that this one still has the old row in its memory.
  const elsewhere = await house.as('ann', await house.open())
  await ann.export(key, { wrapping })
  await elsewhere.revoke(by)
  t.equal(await outcome(ann.export(key, { wrapping })), 'MORTISE_KEY_STATE')
})

t.test('wrapping counts against the usage limits of the wrapping key', async (t) => {
  const ann = await (await KeyHouse.build(t)).as('ann')
  const limits = { attributes: { UsageLimits: { total: 2, unit: 'Object' } } }
  const { id: by } = await ann.createKey({ ...wrapper, ...limits })
  const { id: key } = await ann.createKey({ algorithm: 'AES', ...kept })
  const exported = () => outcome(ann.export(key, { wrapping: { key: by, method: 'AES-KWP' } }))
  t.strictSame(
    [await exported(), await exported(), await exported()],
    ['ok', 'ok', 'MORTISE_KEY_USAGE_LIMIT'],
  )
})

t.test('what does not go with a wrapped key is refused', async (t) => {
  const ann = await (await KeyHouse.build(t)).as('ann')
  const { id: by } = await ann.createKey(wrapper)
  const { id: key } = await ann.createKey({ algorithm: 'AES', ...kept })
  const wrapping = { key: by, method: 'AES-KWP' } as const
  const code = 'MORTISE_INPUT_INVALID'
  for (const options of [{ format: 'jwk' }, { password: 'word' }, { encoding: 'pem' }] as const) {
    await t.rejects(ann.export(key, { ...options, wrapping }), { code })
  }
  const { material } = await ann.export(key, { wrapping })
  await t.rejects(ann.register({ material, wrapping }), { code }, 'no algorithm')
  await t.rejects(ann.register({ material, algorithm: 'AES', password: 'word', wrapping }), { code })
  await t.rejects(ann.register({ material, algorithm: 'AES', format: 'jwk', wrapping }), { code })
  await t.rejects(ann.register({ material, algorithm: 'EC', wrapping }), {
    code: 'MORTISE_CRYPTO_KEY_INVALID',
  })
  await t.rejects(ann.register({ material, algorithm: 'AES', wrapping: { ...wrapping, key: 'nobody' } }), {
    code: 'MORTISE_KEY_NOT_FOUND',
  })
})

t.test('keys come in and go out in the formats of others', async (t) => {
  const ann = await (await KeyHouse.build(t)).as('ann')
  const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  const encrypted = privateKey.export({
    type: 'pkcs8',
    format: 'pem',
    cipher: 'aes-256-cbc',
    passphrase: 'word',
  })
  const made = await ann.register({ material: Buffer.from(encrypted), password: 'word', extractable: true })
  t.match(made, { algorithm: 'EC', curve: 'P-256', type: 'PrivateKey' })
  for (const [format, encoding] of [
    ['sec1', 'pem'],
    ['pkcs8', 'der'],
  ] as const) {
    const { material } = await ann.export(made.id, { format, encoding })
    t.equal(
      material.toString('latin1'),
      Buffer.from(privateKey.export({ type: format, format: encoding as 'pem' })).toString('latin1'),
    )
  }
  const jwk = await ann.export(made.id, { format: 'jwk' })
  t.strictSame(JSON.parse(jwk.material.toString()), privateKey.export({ format: 'jwk' }))
  const locked = await ann.export(made.id, { password: 'other', encoding: 'pem' })
  t.match(locked.material.toString(), /^-----BEGIN ENCRYPTED PRIVATE KEY-----/)
  await t.rejects(ann.register({ material: locked.material, password: 'word' }), {
    code: 'MORTISE_CRYPTO_DECRYPTION_FAILED',
  })
  await t.resolves(ann.register({ material: locked.material, password: 'other' }))
  await t.rejects(ann.register({ material: locked.material, password: '' }), {
    code: 'MORTISE_INPUT_INVALID',
  })
  await t.rejects(ann.export(made.id, { password: 'x'.repeat(1025) }), { code: 'MORTISE_INPUT_TOO_LARGE' })
})
