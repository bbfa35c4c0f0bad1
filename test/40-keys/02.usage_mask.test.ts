import t from 'tap'
import { type Session, type Usage, usageMask } from '../../lib/index.js'
import { KeyHouse, keyOf, outcome } from '../support/key_house.js'

const data = Buffer.from('data')

/** The bit of the mask that each operation asks for, and a key that could do it. */
const asked: Record<string, { usage: Usage; on: 'secret' | 'hmac' | 'private' | 'public'; run: Run }> = {
  encrypt: { usage: 'Encrypt', on: 'secret', run: (session, key) => session.encrypt(key, data) },
  decrypt: { usage: 'Decrypt', on: 'secret', run: (session, key) => session.decrypt(key, data) },
  'openCipher, encrypt': {
    usage: 'Encrypt',
    on: 'secret',
    run: async (session, key) => (await session.openCipher(key, ['encrypt'])).close(),
  },
  'openCipher, decrypt': {
    usage: 'Decrypt',
    on: 'secret',
    run: async (session, key) => (await session.openCipher(key, ['decrypt'])).close(),
  },
  mac: { usage: 'MACGenerate', on: 'hmac', run: (session, key) => session.mac(key, data) },
  sign: { usage: 'Sign', on: 'private', run: (session, key) => session.sign(key, data) },
  openSigner: {
    usage: 'Sign',
    on: 'private',
    run: async (session, key) => (await session.openSigner(key)).close(),
  },
  openVerifier: {
    usage: 'Verify',
    on: 'public',
    run: async (session, key) => (await session.openVerifier(key)).close(),
  },
  'openMac, generate': {
    usage: 'MACGenerate',
    on: 'hmac',
    run: async (session, key) => (await session.openMac(key, ['generate'])).close(),
  },
  'openMac, verify': {
    usage: 'MACVerify',
    on: 'hmac',
    run: async (session, key) => (await session.openMac(key, ['verify'])).close(),
  },
  verify: { usage: 'Verify', on: 'public', run: (session, key) => session.verify(key, data, data) },
}
type Run = (session: Session, key: string) => Promise<unknown>

t.test('each operation needs its own bit of the mask, and no other', async (t) => {
  const house = await KeyHouse.build(t)
  const ann = await house.as('ann')
  const inside = await house.inside()
  const [secret] = await keyOf('AES')
  const [hmac] = await keyOf('HMAC')
  const [privateKey, publicKey] = await keyOf('EC')
  const handles = { secret, hmac, private: privateKey, public: publicKey }
  const every = Object.values(usageMask).reduce((bits, bit) => bits | bit, 0)
  for (const [name, { usage, on, run }] of Object.entries(asked)) {
    const bit = usageMask[usage]
    const rows = [bit, every & ~bit, 0].map((mask) =>
      inside.row(handles[on], { owner: ann.principal.id, usage: mask }),
    )
    await inside.put(...rows)
    const outcomes = await Promise.all(rows.map(({ id }) => outcome(run(ann, id))))
    t.not(outcomes[0], 'MORTISE_KEY_USAGE', `${name} with ${usage} alone`)
    t.strictSame(outcomes.slice(1), ['MORTISE_KEY_USAGE', 'MORTISE_KEY_USAGE'], `${name} without it`)
  }
})

t.test('a lease for two purposes needs both bits', async (t) => {
  const house = await KeyHouse.build(t)
  const ann = await house.as('ann')
  for (const usage of ['Encrypt', 'Decrypt'] as const) {
    const { id } = await ann.createKey({ algorithm: 'AES', usage: [usage] })
    await t.rejects(ann.openCipher(id), { code: 'MORTISE_KEY_USAGE' }, `${usage} alone`)
  }
  for (const usage of ['MACGenerate', 'MACVerify'] as const) {
    const { id } = await ann.createKey({ algorithm: 'HMAC-SHA-256', usage: [usage] })
    await t.rejects(ann.openMac(id), { code: 'MORTISE_KEY_USAGE' }, `${usage} alone`)
  }
})

t.test('a key gets the usages of its kind by default, or some of them', async (t) => {
  const house = await KeyHouse.build(t)
  const ann = await house.as('ann')
  const usual = ['Encrypt', 'Decrypt', 'WrapKey', 'UnwrapKey']
  t.strictSame((await ann.createKey({ algorithm: 'AES' })).usage, usual)
  t.strictSame((await ann.createKey({ algorithm: 'AES', usage: ['Decrypt'] })).usage, ['Decrypt'])
  const pair = await ann.createKeyPair({ algorithm: 'EC', privateUsage: [], publicUsage: ['Verify'] })
  t.strictSame([pair.privateKey.usage, pair.publicKey.usage], [[], ['Verify']])
})

t.test('a usage that its kind cannot have is refused', async (t) => {
  const house = await KeyHouse.build(t)
  const ann = await house.as('ann')
  await t.rejects(ann.createKey({ algorithm: 'AES', usage: ['Encrypt', 'Sign'] }), {
    code: 'MORTISE_INPUT_INVALID',
    message:
      'such a key cannot have the usage Sign: choose from Encrypt, Decrypt, WrapKey, UnwrapKey, MACGenerate, MACVerify, DeriveKey',
  })
  for (const refused of [{ privateUsage: ['Verify'] }, { publicUsage: ['Sign'] }] as const) {
    await t.rejects(ann.createKeyPair({ algorithm: 'EC', ...refused }), { code: 'MORTISE_INPUT_INVALID' })
  }
})
