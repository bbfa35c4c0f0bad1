import t from 'tap'
import { isMortiseError } from '../../lib/errors/index.js'
import type { ErrorCode, Session } from '../../lib/index.js'
import { nextState, type Transition, transitions } from '../../lib/keys/lifecycle.js'
import type { KeyHandle } from '../../lib/native/index.js'
import { type State, states } from '../../lib/operation/index.js'
import { KeyHouse, keyOf, outcome } from '../support/key_house.js'

/** Where each transition leads from each state; undefined: nowhere. */
const leads: Record<Transition, Record<State, State | undefined>> = {
  activate: {
    PreActive: 'Active',
    Active: undefined,
    Deactivated: undefined,
    Compromised: undefined,
    Destroyed: undefined,
    DestroyedCompromised: undefined,
  },
  deactivate: {
    PreActive: undefined,
    Active: 'Deactivated',
    Deactivated: undefined,
    Compromised: undefined,
    Destroyed: undefined,
    DestroyedCompromised: undefined,
  },
  compromise: {
    PreActive: 'Compromised',
    Active: 'Compromised',
    Deactivated: 'Compromised',
    Compromised: undefined,
    Destroyed: 'DestroyedCompromised',
    DestroyedCompromised: undefined,
  },
  destroy: {
    PreActive: 'Destroyed',
    Active: undefined,
    Deactivated: 'Destroyed',
    Compromised: 'DestroyedCompromised',
    Destroyed: undefined,
    DestroyedCompromised: undefined,
  },
}

t.test('every state and every transition', async (t) => {
  t.strictSame(Object.keys(transitions), Object.keys(leads), 'no transition was forgotten here')
  for (const transition of Object.keys(leads) as Transition[]) {
    for (const state of states) {
      const next = leads[transition][state]
      if (next) t.equal(nextState(state, transition), next, `${transition} from ${state}`)
      else
        t.throws(
          () => nextState(state, transition),
          { code: 'MORTISE_KEY_STATE' },
          `${transition} from ${state}`,
        )
    }
  }
})

const living: readonly State[] = ['PreActive', 'Active', 'Deactivated', 'Compromised']
const processing: readonly State[] = ['Active', 'Deactivated', 'Compromised']

interface Use {
  readonly run: (session: Session, key: string) => Promise<unknown>
  readonly states: readonly State[]
  /** The kinds of key whose usage mask has what is asked for; every kind where it is not given. */
  readonly kinds?: readonly Kind[]
  /** What it then ends with instead of success. */
  readonly ends?: Partial<Record<Kind, ErrorCode>>
  /** The state that it leads to. */
  readonly to?: (state: State) => State | undefined
}

type Kind = 'AES key' | 'HMAC key' | 'RSA private key' | 'RSA public key' | 'EC private key' | 'EC public key'

const data = Buffer.from('data')
const failsToDecrypt = 'MORTISE_CRYPTO_DECRYPTION_FAILED'

/** Each operation with the states and kinds of key that it takes. */
const uses: Record<string, Use> = {
  get: { run: (session, key) => session.get(key), states },
  locate: {
    run: async (session, key) => {
      const { items } = await session.locate({ family: key })
      if (items.length !== 1) throw new Error('it is not located')
    },
    states,
  },
  attributes: { run: (session, key) => session.attributes(key), states },
  addAttribute: { run: (session, key) => session.addAttribute(key, 'Comment', 'x'), states: living },
  archive: { run: (session, key) => session.archive(key), states: living },
  export: { run: (session, key) => session.export(key), states: living },
  activate: {
    run: (session, key) => session.activate(key),
    states: ['PreActive'],
    to: (state) => leads.activate[state],
  },
  'revoke, superseded': {
    run: (session, key) => session.revoke(key, 'Superseded'),
    states: ['Active'],
    to: (state) => leads.deactivate[state],
  },
  'revoke, compromised': {
    run: (session, key) => session.revoke(key, 'KeyCompromise', 'a laptop was stolen'),
    states: ['PreActive', 'Active', 'Deactivated', 'Destroyed'],
    to: (state) => leads.compromise[state],
  },
  destroy: {
    run: (session, key) => session.destroy(key),
    states: ['PreActive', 'Deactivated', 'Compromised'],
    to: (state) => leads.destroy[state],
  },
  rekey: {
    run: (session, key) => session.rekey(key),
    states: living,
    ends: {
      // These have no public key, and are none that is rekeyed alone.
      'RSA private key': 'MORTISE_KEY_STATE',
      'EC private key': 'MORTISE_KEY_STATE',
      'RSA public key': 'MORTISE_INPUT_INVALID',
      'EC public key': 'MORTISE_INPUT_INVALID',
    },
  },
  grant: { run: (session, key) => session.grant(key, { everyone: true }, ['Get']), states: living },
  withdraw: { run: (session, key) => session.withdraw(key, { everyone: true }), states: living },
  encrypt: {
    run: (session, key) => session.encrypt(key, data),
    states: ['Active'],
    kinds: ['AES key', 'RSA public key'],
  },
  decrypt: {
    run: (session, key) => session.decrypt(key, Buffer.alloc(256)),
    states: processing,
    kinds: ['AES key', 'RSA private key'],
    ends: { 'AES key': failsToDecrypt, 'RSA private key': failsToDecrypt },
  },
  openCipher: {
    run: async (session, key) => (await session.openCipher(key)).close(),
    states: ['Active'],
    kinds: ['AES key'],
  },
  'openCipher to decrypt': {
    run: async (session, key) => (await session.openCipher(key, ['decrypt'])).close(),
    states: processing,
    kinds: ['AES key', 'RSA private key'],
    ends: { 'RSA private key': 'MORTISE_CRYPTO_UNSUPPORTED' },
  },
  sign: {
    run: (session, key) => session.sign(key, data),
    states: ['Active'],
    kinds: ['RSA private key', 'EC private key'],
  },
  openSigner: {
    run: async (session, key) => (await session.openSigner(key)).close(),
    states: ['Active'],
    kinds: ['RSA private key', 'EC private key'],
  },
  verify: {
    run: (session, key) => session.verify(key, data, data),
    states: processing,
    kinds: ['RSA public key', 'EC public key'],
  },
  openVerifier: {
    run: async (session, key) => (await session.openVerifier(key)).close(),
    states: processing,
    kinds: ['RSA public key', 'EC public key'],
  },
  openMac: {
    run: async (session, key) => (await session.openMac(key)).close(),
    states: ['Active'],
    kinds: ['AES key', 'HMAC key'],
  },
  'openMac to verify': {
    run: async (session, key) => (await session.openMac(key, ['verify'])).close(),
    states: processing,
    kinds: ['AES key', 'HMAC key'],
  },
  mac: { run: (session, key) => session.mac(key, data), states: ['Active'], kinds: ['AES key', 'HMAC key'] },
  macVerify: {
    run: (session, key) => session.macVerify(key, data, data),
    states: ['Active', 'Deactivated', 'Compromised'],
    kinds: ['AES key', 'HMAC key'],
  },
}

/** A key of each kind, once: making RSA keys takes long. */
async function kinds(): Promise<Record<Kind, KeyHandle>> {
  const [aes] = await keyOf('AES')
  const [hmac] = await keyOf('HMAC')
  const [rsaPrivate, rsaPublic] = await keyOf('RSA')
  const [ecPrivate, ecPublic] = await keyOf('EC')
  return {
    'AES key': aes,
    'HMAC key': hmac,
    'RSA private key': rsaPrivate,
    'RSA public key': rsaPublic,
    'EC private key': ecPrivate,
    'EC public key': ecPublic,
  }
}

function expected(use: Use, kind: Kind, state: State): ErrorCode | 'ok' {
  if (!use.states.includes(state)) return 'MORTISE_KEY_STATE'
  if (use.kinds && !use.kinds.includes(kind)) return 'MORTISE_KEY_USAGE'
  return use.ends?.[kind] ?? 'ok'
}

t.test('every operation, on every kind of key, in every state', async (t) => {
  const house = await KeyHouse.build(t)
  const ann = await house.as('ann')
  const inside = await house.inside()
  const handles = await kinds()
  for (const [name, use] of Object.entries(uses)) {
    await t.test(name, async (t) => {
      const cells = Object.entries(handles).flatMap(([kind, handle]) =>
        states.map((state) => ({
          kind: kind as Kind,
          state,
          row: inside.row(handle, { owner: ann.principal.id, state }),
        })),
      )
      await inside.put(...cells.map(({ row }) => row))
      await Promise.all(
        cells.map(async ({ kind, state, row }) => {
          const wanted = expected(use, kind, state)
          t.equal(await outcome(use.run(ann, row.id)), wanted, `${kind}, ${state}`)
          const after = wanted === 'ok' ? (use.to?.(state) ?? state) : state
          t.equal((await ann.get(row.id)).state, after, `${kind}, ${state}: it is ${after} then`)
        }),
      )
    })
  }
})

t.test('a transition tells when and why', async (t) => {
  const house = await KeyHouse.build(t, { clock: { now: () => 1_000_000 } })
  const ann = await house.as('ann')
  const then = new Date(1_000_000).toISOString()
  const { id } = await ann.createKey({ algorithm: 'AES', activate: false })
  t.match(await ann.get(id), { state: 'PreActive', activated: null, created: then })
  t.match(await ann.activate(id), { state: 'Active', activated: then, deactivated: null })
  const revoked = {
    state: 'Deactivated',
    deactivated: then,
    revocationReason: 'Superseded',
    compromised: null,
  }
  t.match(await ann.revoke(id, 'Superseded'), revoked)
  t.match(await ann.revoke(id, 'KeyCompromise'), { state: 'Compromised', compromised: then })
  t.match(await ann.destroy(id), { state: 'DestroyedCompromised', destroyed: then, activated: then })
  t.match(await ann.get(id), { state: 'DestroyedCompromised', revocationReason: 'KeyCompromise' })
})

t.test('a refusal says what state the key is in and what to do', async (t) => {
  const house = await KeyHouse.build(t)
  const ann = await house.as('ann')
  const { id } = await ann.createKey({ algorithm: 'AES' })
  const why = async (work: Promise<unknown>) => {
    const error = await work.then(
      () => undefined,
      (error: unknown) => error,
    )
    return isMortiseError(error) ? error.message : t.fail('it must be refused')
  }
  t.match(await why(ann.destroy(id)), /an object that is Active cannot destroy: revoke it first/)
  await ann.revoke(id)
  t.match(await why(ann.encrypt(id, data)), /Encrypt needs an object that is Active: this one is Deactivated/)
  await t.rejects(ann.revoke(id, 'Superseded'), { code: 'MORTISE_KEY_STATE' })
  await t.rejects(ann.revoke(id, 'KeyCompromise', 'x'.repeat(1025)), { code: 'MORTISE_INPUT_INVALID' })
})

t.test('a destroyed key is gone from the store', async (t) => {
  const house = await KeyHouse.build(t)
  const ann = await house.as('ann')
  const { id } = await ann.createKey({ algorithm: 'AES', extractable: true })
  const box = await ann.encrypt(id, data)
  await ann.revoke(id)
  t.same(await ann.decrypt(id, box), data, 'revoked, it still decrypts')
  await ann.destroy(id)
  house.edit((database) => {
    t.strictSame(database.prepare('SELECT material FROM objects WHERE id = ?').pluck().all(id), [null])
  })
  await t.rejects(ann.decrypt(id, box), { code: 'MORTISE_KEY_STATE' })
})
