import t from 'tap'
import { day, hour, TestClock } from '../support/clock.js'
import { KeyHouse, outcome } from '../support/key_house.js'

const data = Buffer.from('data')
/** Steps of a clock that somebody sets, which together lead nowhere. */
const steps = [5 * hour, -11 * hour, 18 * hour, -12 * hour]

t.test('a token expires by the clock, and a revoked one stays revoked wherever the clock goes', async (t) => {
  const clock = new TestClock()
  const house = await KeyHouse.build(t, { clock, scheduler: false })
  const ann = await house.as('ann')
  const logIn = (token: string) =>
    outcome(house.km.authenticate({ token }, { face: 'admin', request: 'r' }).then(() => undefined))
  const { text } = await ann.createToken({ expires: clock.now() + 2 * hour })
  const revoked = await ann.createToken({ expires: clock.now() + 2 * hour })
  await ann.revokeToken(revoked.id)
  const answers = []
  for (const step of steps) {
    clock.set(step)
    answers.push(await logIn(text))
    t.equal(await logIn(revoked.text), 'MORTISE_AUTH_REQUIRED')
  }
  // Set back, it is accepted again unless it was swept away meanwhile: that is either.
  t.strictSame([answers[0], answers[2]], ['MORTISE_AUTH_REQUIRED', 'MORTISE_AUTH_REQUIRED'])
})

t.test('a lease lives by time that passes: a clock that is set neither ends nor prolongs it', async (t) => {
  const clock = new TestClock()
  const house = await KeyHouse.build(t, { clock, scheduler: false })
  const ann = await house.as('ann')
  const { id } = await ann.createKey({ algorithm: 'AES', length: 128 })
  const cipher = await ann.openCipher(id)
  for (const step of [...steps, 400 * day, -800 * day]) {
    clock.set(step)
    t.strictSame(cipher.open(cipher.seal(data)), data)
  }
  await ann.revoke(id)
  t.throws(() => cipher.seal(data), { code: 'MORTISE_LEASE_ENDED' })
})

t.test('the trail keeps its order, and what is counted only grows', async (t) => {
  const clock = new TestClock()
  const house = await KeyHouse.build(t, { clock, scheduler: false })
  const ann = await house.as('ann')
  const { id } = await ann.createKey({ algorithm: 'AES', length: 128 })
  const nonces = new Set<string>()
  for (const step of steps) {
    clock.set(step)
    for (let i = 0; i < 5; i++) {
      const box = await ann.encrypt(id, data)
      nonces.add(box.toString('hex', 5, 17))
      t.strictSame(await ann.decrypt(id, box), data)
    }
  }
  t.equal(nonces.size, 5 * steps.length)
  const { records } = await (await house.administrator()).audit({ limit: 1000 })
  t.strictSame(
    records.map(({ sequence }) => sequence),
    records.map((_, i) => (records[0]?.sequence ?? 0) - i),
  )
  const times = records.map(({ time }) => time)
  t.ok(
    times.some((time, i) => i > 0 && time > (times[i - 1] ?? 0)),
    'the times are what the clock said',
  )
  t.match(await house.km.verifyAudit(), { problems: [] })
})

t.test('what is destroyed or deactivated stays so when the clock is set back', async (t) => {
  const clock = new TestClock()
  const house = await KeyHouse.build(t, { clock, scheduler: false })
  const ann = await house.as('ann')
  const { id } = await ann.createKey({ algorithm: 'AES' })
  const other = await ann.createKey({ algorithm: 'AES' })
  await ann.revoke(id)
  await ann.revoke(other.id)
  await ann.destroy(id, { afterDays: 7 })
  clock.pass(7 * day)
  await house.km.runDueJobs()
  clock.set(-30 * day)
  await house.close()
  const km = await house.open()
  const again = await km.as('ann')
  t.match(await again.get(id), { state: 'Destroyed' })
  t.match(await again.get(other.id), { state: 'Deactivated' })
  t.equal(await outcome(again.encrypt(other.id, data)), 'MORTISE_KEY_STATE')
})
