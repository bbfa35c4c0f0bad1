import t from 'tap'
import type { AttributeValues, ErrorCode, Session } from '../../lib/index.js'
import { stateAt } from '../../lib/keys/dates.js'
import { type State, states } from '../../lib/operation/index.js'
import { KeyHouse, outcome } from '../support/key_house.js'
import { TestClock } from '../support/store.js'

const hour = 3_600_000
const data = Buffer.from('data')

t.test('the state at a time, from every state and with every pair of dates', (t) => {
  const now = 1000
  const dates = [undefined, 999, 1000, 1001]
  for (const state of states)
    for (const activated of dates)
      for (const deactivated of dates) {
        const passed = (date: number | undefined) => date !== undefined && date <= now
        let expected: State = state
        if (expected === 'PreActive' && passed(activated)) expected = 'Active'
        if (expected === 'Active' && passed(deactivated)) expected = 'Deactivated'
        const values = {
          extractable: false,
          sensitive: true,
          ...(activated !== undefined && { activated }),
          ...(deactivated !== undefined && { deactivated }),
        }
        t.equal(stateAt({ state, values }, now), expected, `${state} ${activated} ${deactivated}`)
      }
  t.end()
})

/** When, beside the dates of the key: hours from when it is made. */
const times = [0.5, 1.5, 2.5, 3.5, 4.5] as const
type Outcomes = readonly (ErrorCode | 'ok')[]
const state = 'MORTISE_KEY_STATE'
const period = 'MORTISE_KEY_PERIOD'

/** Activation after 1 hour, process start after 2, protect stop after 3, deactivation after 4. */
const uses: Record<string, readonly [(session: Session, key: string) => Promise<unknown>, Outcomes]> = {
  encrypt: [(session, key) => session.encrypt(key, data), [state, 'ok', 'ok', period, state]],
  decrypt: [
    (session, key) => session.decrypt(key, data),
    [state, period, ...Array<ErrorCode>(3).fill('MORTISE_CRYPTO_DECRYPTION_FAILED')],
  ],
  'lease to encrypt': [
    async (session, key) => (await session.openCipher(key, ['encrypt'])).close(),
    [state, 'ok', 'ok', period, state],
  ],
  'lease to decrypt': [
    async (session, key) => (await session.openCipher(key, ['decrypt'])).close(),
    [state, period, 'ok', 'ok', 'ok'],
  ],
  'lease for both': [
    async (session, key) => (await session.openCipher(key)).close(),
    [state, period, 'ok', period, state],
  ],
  activate: [(session, key) => session.activate(key), ['ok', state, state, state, state]],
  revoke: [(session, key) => session.revoke(key), [state, 'ok', 'ok', 'ok', state]],
  destroy: [(session, key) => session.destroy(key), ['ok', state, state, state, 'ok']],
  rekey: [(session, key) => session.rekey(key), ['ok', 'ok', 'ok', 'ok', 'ok']],
  get: [(session, key) => session.get(key), ['ok', 'ok', 'ok', 'ok', 'ok']],
}

t.test('what may be done at each time of a key with every date', async (t) => {
  const clock = new TestClock()
  const house = await KeyHouse.build(t, { clock })
  const ann = await house.as('ann')
  for (const [name, [use, outcomes]] of Object.entries(uses)) {
    for (const [i, hours] of times.entries()) {
      const start = clock.milliseconds
      const at = (after: number) => new Date(start + after * hour).toISOString()
      const attributes: AttributeValues = {
        ActivationDate: at(1),
        ProcessStartDate: at(2),
        ProtectStopDate: at(3),
        DeactivationDate: at(4),
      }
      const { id, state } = await ann.createKey({ algorithm: 'AES', attributes })
      t.equal(state, 'PreActive')
      clock.milliseconds += hours * hour
      t.equal(await outcome(use(ann, id)), outcomes[i], `${name} after ${hours} hours`)
      clock.milliseconds += 10 * hour
    }
  }
})

t.test('signatures and MACs keep to the dates of their keys too', async (t) => {
  const clock = new TestClock()
  const house = await KeyHouse.build(t, { clock })
  const ann = await house.as('ann')
  const at = (after: number) => new Date(clock.milliseconds + after * hour).toISOString()
  const attributes = { ProtectStopDate: at(1) }
  const { privateKey, publicKey } = await ann.createKeyPair({ algorithm: 'EC', attributes })
  const { id: mac } = await ann.createKey({ algorithm: 'HMAC-SHA-256', attributes })
  const signature = await ann.sign(privateKey.id, data)
  await ann.mac(mac, data)
  clock.milliseconds += hour
  await t.rejects(ann.sign(privateKey.id, data), { code: period })
  await t.rejects(ann.openSigner(privateKey.id), { code: period })
  await t.rejects(ann.mac(mac, data), { code: period })
  await t.rejects(ann.openMac(mac), { code: period })
  await (await ann.openMac(mac, ['verify'])).close()
  await (await ann.openVerifier(publicKey.id)).close()
  t.ok(await ann.verify(publicKey.id, data, signature))
})

t.test('what a date has brought about stays when the clock is set back', async (t) => {
  const clock = new TestClock()
  const house = await KeyHouse.build(t, { clock })
  const ann = await house.as('ann')
  const at = (after: number) => new Date(clock.milliseconds + after * hour).toISOString()
  const { id } = await ann.createKey({
    algorithm: 'AES',
    attributes: { ActivationDate: at(1), DeactivationDate: at(2) },
  })
  clock.milliseconds += 1.5 * hour
  await ann.encrypt(id, data)
  clock.milliseconds -= 3 * hour
  t.equal((await ann.get(id)).state, 'Active', 'nor does it become PreActive again')
  await ann.encrypt(id, data)
  clock.milliseconds += 4 * hour
  await t.rejects(ann.encrypt(id, data), { code: state }, 'a refusal is a use')
  clock.milliseconds -= 2 * hour
  await t.rejects(ann.encrypt(id, data), { code: state })
  t.equal((await ann.get(id)).state, 'Deactivated')

  const reached = (await (await house.administrator()).audit({ limit: 100 })).records
    .filter(({ operation, object }) => operation === 'StateReached' && object === id)
    .map(({ detail, face }) => [detail.state, face])
  t.strictSame(reached, [
    ['Deactivated', 'system'],
    ['Active', 'system'],
  ])
})

t.test('many who see a date come at once agree', async (t) => {
  const clock = new TestClock()
  const house = await KeyHouse.build(t, { clock })
  const ann = await house.as('ann')
  const elsewhere = await (await house.open()).as('ann')
  const { id } = await ann.createKey({
    algorithm: 'AES',
    attributes: { ActivationDate: new Date(clock.milliseconds + hour).toISOString() },
  })
  await elsewhere.get(id)
  clock.milliseconds += hour
  const sessions = [ann, elsewhere]
  await Promise.all(Array.from({ length: 40 }, (_, i) => (sessions[i % 2] as Session).encrypt(id, data)))
  t.equal((await ann.get(id)).state, 'Active')
})

t.test('an activation date that is not to come makes a key Active at once', async (t) => {
  const clock = new TestClock()
  const house = await KeyHouse.build(t, { clock })
  const ann = await house.as('ann')
  const past = new Date(clock.milliseconds - hour).toISOString()
  const future = new Date(clock.milliseconds + hour).toISOString()
  const made = await ann.createKey({ algorithm: 'AES', attributes: { ActivationDate: past } })
  t.match(made, { state: 'Active', activated: past })
  const closed = await ann.createKey({
    algorithm: 'AES',
    attributes: { DeactivationDate: past, ActivationDate: past },
  })
  t.equal(closed.state, 'Deactivated')
  const waiting = await ann.createKey({
    algorithm: 'AES',
    activate: false,
    attributes: { ActivationDate: past },
  })
  t.equal(waiting.state, 'Active', 'a date that has come is as good as being activated')
  await t.rejects(
    ann.createKey({ algorithm: 'AES', activate: true, attributes: { ActivationDate: future } }),
    {
      code: 'MORTISE_INPUT_INVALID',
    },
  )
  const { id } = await ann.createKey({ algorithm: 'AES', activate: false })
  await ann.setAttribute(id, 'ActivationDate', past)
  t.equal((await ann.get(id)).state, 'Active')
})

t.test('a lease that protects ends when a date comes, a lease that opens does not', async (t) => {
  // It stands still: only what a lease has left when it is opened passes.
  const clock = new TestClock()
  const house = await KeyHouse.build(t, { clock })
  const ann = await house.as('ann')
  const soon = new Date(clock.milliseconds + 1500).toISOString()
  const { id } = await ann.createKey({ algorithm: 'AES', attributes: { ProtectStopDate: soon } })
  const opened = performance.now()
  const sealer = await ann.openCipher(id, ['encrypt'])
  const opener = await ann.openCipher(id, ['decrypt'])
  let record = sealer.seal(data)
  await t.rejects(
    (async () => {
      for (;;) {
        record = sealer.seal(data)
        await new Promise((resolve) => setTimeout(resolve, 20))
      }
    })(),
    { code: 'MORTISE_LEASE_ENDED' },
  )
  t.ok(performance.now() - opened >= 1499, 'not before')
  t.same(opener.open(record), data)
  clock.milliseconds += 1500
  await t.rejects(ann.openCipher(id, ['encrypt']), { code: period })
})

t.test('a clock that is set forward over a date ends the leases that it ends', async (t) => {
  const clock = new TestClock()
  const house = await KeyHouse.build(t, { clock, leaseSeconds: 1 })
  const ann = await house.as('ann')
  const { id } = await ann.createKey({
    algorithm: 'AES',
    attributes: { DeactivationDate: new Date(clock.milliseconds + hour).toISOString() },
  })
  const cipher = await ann.openCipher(id)
  clock.milliseconds += 2 * hour
  while (!cipher.ended) await new Promise((resolve) => setTimeout(resolve, 20))
  t.throws(() => cipher.seal(data), { code: 'MORTISE_LEASE_ENDED' })
})
