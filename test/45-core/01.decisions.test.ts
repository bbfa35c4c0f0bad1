import t, { type Test } from 'tap'
import type { ErrorCode, GrantablePermission, Session } from '../../lib/index.js'
import { grantablePermissions } from '../../lib/index.js'
import { KeyHouse, outcome } from '../support/key_house.js'

const data = Buffer.from('data')
const hidden: ErrorCode = 'MORTISE_KEY_NOT_FOUND'
const denied: ErrorCode = 'MORTISE_ACCESS_DENIED'

/** An operation, the permissions that it asks for, and whether an administrator has them on what is somebody else's. */
interface Asked {
  readonly needs: readonly (GrantablePermission | 'Grant')[]
  readonly administrators?: true
  /** Of the kind of key that it works on. */
  readonly on: 'aes' | 'hmac' | 'private' | 'public'
  readonly run: (session: Session, key: string) => Promise<unknown>
  /** What it ends with when it is allowed; the decision is all that counts here. */
  readonly ends?: ErrorCode
}

const operations: Record<string, Asked> = {
  get: { needs: ['Get'], administrators: true, on: 'aes', run: (session, key) => session.get(key) },
  encrypt: { needs: ['Encrypt'], on: 'aes', run: (session, key) => session.encrypt(key, data) },
  decrypt: {
    needs: ['Decrypt'],
    on: 'aes',
    run: (session, key) => session.decrypt(key, data),
    ends: 'MORTISE_CRYPTO_DECRYPTION_FAILED',
  },
  'openCipher, both': {
    needs: ['Encrypt', 'Decrypt'],
    on: 'aes',
    run: async (session, key) => (await session.openCipher(key)).close(),
  },
  'openCipher, decrypt': {
    needs: ['Decrypt'],
    on: 'aes',
    run: async (session, key) => (await session.openCipher(key, ['decrypt'])).close(),
  },
  mac: { needs: ['MAC'], on: 'hmac', run: (session, key) => session.mac(key, data) },
  sign: { needs: ['Sign'], on: 'private', run: (session, key) => session.sign(key, data) },
  openSigner: {
    needs: ['Sign'],
    on: 'private',
    run: async (session, key) => (await session.openSigner(key)).close(),
  },
  openVerifier: {
    needs: ['SignatureVerify'],
    on: 'public',
    run: async (session, key) => (await session.openVerifier(key)).close(),
  },
  'openMac, both': {
    needs: ['MAC', 'MACVerify'],
    on: 'hmac',
    run: async (session, key) => (await session.openMac(key)).close(),
  },
  'openMac, verify': {
    needs: ['MACVerify'],
    on: 'hmac',
    run: async (session, key) => (await session.openMac(key, ['verify'])).close(),
  },
  verify: {
    needs: ['SignatureVerify'],
    on: 'public',
    run: (session, key) => session.verify(key, data, data),
  },
  export: { needs: ['Export'], on: 'aes', run: (session, key) => session.export(key) },
  activate: {
    needs: ['Activate'],
    administrators: true,
    on: 'aes',
    run: (session, key) => session.activate(key),
    ends: 'MORTISE_KEY_STATE',
  },
  destroy: {
    needs: ['Destroy'],
    administrators: true,
    on: 'aes',
    run: (session, key) => session.destroy(key),
    ends: 'MORTISE_KEY_STATE',
  },
  attributes: {
    needs: ['GetAttributes'],
    administrators: true,
    on: 'hmac',
    run: (session, key) => session.attributes(key),
  },
  'names of attributes': {
    needs: ['GetAttributes'],
    administrators: true,
    on: 'hmac',
    run: (session, key) => session.attributeNames(key),
  },
  'set an attribute': {
    needs: ['ModifyAttributes'],
    administrators: true,
    on: 'public',
    run: (session, key) => session.setAttribute(key, 'Comment', 'x'),
  },
  'usage allocation': {
    needs: ['GetUsageAllocation'],
    on: 'hmac',
    run: (session, key) => session.getUsageAllocation(key, 1),
    ends: 'MORTISE_ATTRIBUTE_NOT_FOUND',
  },
  recover: {
    needs: ['Recover'],
    administrators: true,
    on: 'private',
    run: (session, key) => session.recover(key),
    ends: 'MORTISE_KEY_STATE',
  },
  grants: { needs: ['Grant'], administrators: true, on: 'aes', run: (session, key) => session.grants(key) },
  grant: {
    needs: ['Grant'],
    administrators: true,
    on: 'aes',
    run: (session, key) => session.grant(key, { principal: 'ann' }, ['Get']),
  },
  withdraw: {
    needs: ['Grant'],
    administrators: true,
    on: 'aes',
    run: (session, key) => session.withdraw(key, { principal: 'ann' }),
  },
  rekey: { needs: ['Rekey'], on: 'hmac', run: (session, key) => session.rekey(key) },
  revoke: { needs: ['Revoke'], administrators: true, on: 'aes', run: (session, key) => session.revoke(key) },
  archive: {
    needs: ['Archive'],
    administrators: true,
    on: 'aes',
    run: (session, key) => session.archive(key),
  },
}

async function makeKeys(session: Session): Promise<Record<Asked['on'], string>> {
  const aes = await session.createKey({ algorithm: 'AES', extractable: true })
  const hmac = await session.createKey({ algorithm: 'HMAC-SHA-256' })
  const { privateKey, publicKey } = await session.createKeyPair({ algorithm: 'EC' })
  return { aes: aes.id, hmac: hmac.id, private: privateKey.id, public: publicKey.id }
}

/** Asks everything, each on keys that nobody asked anything of before, and compares what comes of it. */
async function asks(
  t: Test,
  owner: Session,
  who: Session,
  expected: (asked: Asked) => ErrorCode | undefined,
  prepare: (keys: Record<Asked['on'], string>) => Promise<unknown> = async () => undefined,
): Promise<void> {
  const keys = await makeKeys(owner)
  await prepare(keys)
  for (const [name, asked] of Object.entries(operations)) {
    t.equal(await outcome(asked.run(who, keys[asked.on])), expected(asked) ?? asked.ends ?? 'ok', name)
  }
}

t.test('the owner may do everything', async (t) => {
  const house = await KeyHouse.build(t)
  const ann = await house.as('ann')
  await asks(t, ann, ann, () => undefined)
})

t.test('a stranger is told that there is no such key', async (t) => {
  const house = await KeyHouse.build(t)
  const [ann, eve] = [await house.as('ann'), await house.as('eve')]
  await asks(t, ann, eve, () => hidden)
  const { id } = await ann.createKey({ algorithm: 'AES', name: 'secret' })
  const refusal = await eve.get(id).catch((error) => ({ ...error, message: error.message }))
  const unknown = await eve.get(id.replace(/^./, (first) => (first === '0' ? '1' : '0'))).catch((error) => ({
    ...error,
    message: error.message,
  }))
  t.strictSame(refusal, unknown, 'in the very words of a key that is not there')
  await t.rejects(eve.openCipher('secret', []), { code: 'MORTISE_INPUT_INVALID' })
  await t.rejects(eve.openMac('secret', []), { code: 'MORTISE_INPUT_INVALID' })
  await t.rejects(
    eve.openCipher('nothing', []),
    { code: 'MORTISE_INPUT_INVALID' },
    'asked for nothing, the same',
  )
})

t.test('an administrator governs keys, and uses none', async (t) => {
  const house = await KeyHouse.build(t)
  const [ann, administrator] = [await house.as('ann'), await house.administrator()]
  await asks(t, ann, administrator, ({ administrators }) => (administrators ? undefined : denied))
})

for (const to of ['a principal', 'everyone'] as const) {
  t.test(`each permission that is granted to ${to} gives its operations and no other`, async (t) => {
    const house = await KeyHouse.build(t)
    const [ann, bob] = [await house.as('ann'), await house.as('bob')]
    const grantee = to === 'everyone' ? { everyone: true as const } : { principal: 'bob' }
    for (const granted of grantablePermissions) {
      await t.test(granted, (t) =>
        asks(
          t,
          ann,
          bob,
          ({ needs }) => (needs.every((need) => need === granted) ? undefined : denied),
          (keys) => Promise.all(Object.values(keys).map((key) => ann.grant(key, grantee, [granted]))),
        ),
      )
    }
  })
}

t.test('a grant that is withdrawn is gone at once', async (t) => {
  const house = await KeyHouse.build(t)
  const [ann, bob] = [await house.as('ann'), await house.as('bob')]
  const { id } = await ann.createKey({ algorithm: 'AES' })
  await ann.grant(id, { principal: 'bob' }, ['Encrypt', 'Decrypt'])
  await bob.encrypt(id, data)
  await ann.withdraw(id, { principal: 'bob' }, ['Encrypt'])
  t.equal(await outcome(bob.encrypt(id, data)), denied)
  await ann.withdraw(id, { principal: 'bob' })
  t.equal(await outcome(bob.encrypt(id, data)), hidden)
})

t.test('a grant that another process withdraws is gone at the next operation', async (t) => {
  const house = await KeyHouse.build(t, { leaseSeconds: 3600 })
  const [ann, bob] = [await house.as('ann'), await house.as('bob')]
  const there = await house.as('ann', await house.open())
  const { id } = await ann.createKey({ algorithm: 'AES' })
  await ann.grant(id, { principal: 'bob' }, ['Encrypt'])
  await bob.encrypt(id, data)
  await there.withdraw(id, { principal: 'bob' })
  t.equal(await outcome(bob.encrypt(id, data)), hidden, 'although nothing was polled meanwhile')
})

t.test('whoever is disabled is refused everywhere, whatever the session', async (t) => {
  const house = await KeyHouse.build(t)
  const [ann, administrator] = [await house.as('ann'), await house.administrator()]
  const keys = await makeKeys(ann)
  await administrator.setPrincipal('ann', { enabled: false })
  for (const [name, asked] of Object.entries(operations)) {
    t.equal(await outcome(asked.run(ann, keys[asked.on])), 'MORTISE_AUTH_REQUIRED', name)
  }
  for (const work of [ann.createKey({ algorithm: 'AES' }), ann.locate(), ann.random(1), ann.tokens()]) {
    t.equal(await outcome(work), 'MORTISE_AUTH_REQUIRED')
  }
  await t.rejects(house.km.as('ann'), { code: 'MORTISE_AUTH_REQUIRED' })
  await administrator.setPrincipal('ann', { enabled: true })
  await t.resolves(ann.encrypt(keys.aes, data), 'enabled again, it goes on')
})

t.test('the host administers, and has no right on the keys of others', async (t) => {
  const house = await KeyHouse.build(t)
  const ann = await house.as('ann')
  await asks(t, ann, house.km.asHost(), ({ administrators }) => (administrators ? undefined : denied))
})
