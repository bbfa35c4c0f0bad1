import t, { type Test } from 'tap'
import type { KeyManager, Session } from '../../lib/index.js'
import { day, hour, minute, TestClock, until } from '../support/clock.js'
import { KeyHouse } from '../support/key_house.js'

/** Keys that are to be destroyed in 7 days, and who may do so. */
async function doomed(house: KeyHouse, number: number): Promise<{ ann: Session; ids: string[] }> {
  const ann = await house.as('ann')
  const ids = []
  for (let i = 0; i < number; i++) {
    const { id } = await ann.createKey({ algorithm: 'AES', activate: false })
    await ann.destroy(id, { afterDays: 7 })
    ids.push(id)
  }
  return { ann, ids }
}

/** What the trail says of the system's acts, oldest first. */
async function acts(house: KeyHouse, km: KeyManager = house.km) {
  const { records } = await (await house.administrator(km)).audit({ limit: 1000 })
  return records
    .filter(({ face, operation }) => face === 'system' && /^(Destroy|Job)/.test(operation))
    .reverse()
    .map(({ operation, outcome, object, code }) => ({ operation, outcome, object, code }))
}

const done = (object: string | undefined) => ({
  operation: 'Destroy',
  outcome: 'success',
  object,
  code: null,
})

t.test('there is one timer, for the next job and never for longer than a minute', async (t) => {
  const clock = new TestClock()
  const house = await KeyHouse.build(t, { clock })
  await until(() => clock.timers.length === 1)
  t.strictSame(clock.timers, [minute])
  const { ann, ids } = await doomed(house, 1)
  clock.pass(7 * day - 20_000)
  await until(() => clock.timers[0] === 20_000)
  t.strictSame(clock.timers, [20_000])
  clock.pass(19_999)
  t.strictSame(clock.timers, [1])
  t.match(await ann.get(ids[0] ?? ''), { state: 'PreActive' })
  clock.pass(1)
  await until(async () => (await ann.get(ids[0] ?? '')).state === 'Destroyed')
  await until(() => clock.timers[0] === minute)
  t.strictSame(await acts(house), [done(ids[0])])
  await house.close()
  t.strictSame(clock.timers, [], 'none is left behind')
})

t.test('a job that is written sets the timer anew, whichever process wrote it', async (t) => {
  const clock = new TestClock()
  const house = await KeyHouse.build(t, { clock })
  const { ann, ids } = await doomed(house, 1)
  await until(() => clock.timers.length === 1)
  // The job has fallen due, but the timer has not: time was set, it has not passed.
  clock.set(7 * day)
  t.match(await ann.get(ids[0] ?? ''), { state: 'PreActive' })
  const other = await house.open({ scheduler: false })
  const bob = await house.as('bob', other)
  const { id } = await bob.createKey({ algorithm: 'AES', activate: false })
  await bob.destroy(id, { afterDays: 7 })
  await until(async () => (await ann.get(ids[0] ?? '')).state === 'Destroyed')
  t.match(await bob.get(id), { state: 'PreActive' })
})

t.test('what fell due while nothing ran is done at the next start, once', async (t) => {
  const clock = new TestClock()
  const house = await KeyHouse.build(t, { clock })
  const { ids } = await doomed(house, 3)
  await house.close()
  clock.pass(100 * day)
  const km = await house.open()
  const ann = await km.as('ann')
  await until(async () => (await ann.jobs()).items.length === 0)
  t.strictSame(await acts(house, km), ids.map(done))
  await km.runDueJobs()
  t.equal((await acts(house, km)).length, 3)
})

t.test('several processes do each job once, and none of them calls it a failure', async (t) => {
  const clock = new TestClock()
  const house = await KeyHouse.build(t, { clock, scheduler: false })
  const { ann, ids } = await doomed(house, 20)
  const others = [await house.open(), await house.open(), await house.open()]
  clock.pass(7 * day)
  await Promise.all([house.km, ...others, ...others].map((km) => km.runDueJobs()))
  t.strictSame((await ann.jobs()).items, [])
  t.strictSame(await acts(house), ids.map(done))
  let runs = 0
  for (const km of [house.km, ...others]) {
    const health = await km.jobHealth()
    t.match(health, { waiting: 0, failing: 0, failed: 0 })
    runs += health.done
  }
  t.equal(runs, 20)
})

t.test('a job that is taken back while it falls due is done or taken back, never both', async (t) => {
  const clock = new TestClock()
  const house = await KeyHouse.build(t, { clock, scheduler: false })
  const { ann, ids } = await doomed(house, 10)
  clock.pass(7 * day)
  const [, ...ends] = await Promise.all([
    house.km.runDueJobs(),
    ...ids.map((id) =>
      ann.cancelDestroy(id).then(
        () => 'PreActive',
        () => 'Destroyed',
      ),
    ),
  ])
  const states = []
  for (const id of ids) states.push((await ann.get(id)).state)
  t.strictSame(states, ends)
  t.equal((await acts(house)).length, states.filter((state) => state === 'Destroyed').length)
  t.strictSame((await ann.jobs()).items, [])
})

t.test('a clock that is set hours forth and back does nothing twice and loses nothing', async (t) => {
  const clock = new TestClock()
  const house = await KeyHouse.build(t, { clock })
  const { ann, ids } = await doomed(house, 1)
  for (const step of [5 * hour, -11 * hour, 6 * hour]) {
    clock.set(step)
    clock.pass(minute)
    await until(() => clock.timers.length === 1)
    t.match(await ann.get(ids[0] ?? ''), { state: 'PreActive' })
  }
  clock.pass(7 * day - 3 * minute - 2 * hour)
  clock.set(3 * hour)
  clock.pass(minute)
  await until(async () => (await ann.get(ids[0] ?? '')).state === 'Destroyed')
  clock.set(-3 * hour)
  clock.pass(2 * hour)
  clock.pass(2 * hour)
  await house.km.runDueJobs()
  t.strictSame(await acts(house), [done(ids[0])], 'hours before and hours after: once')
  // Set back beyond the date while another one waits, which then takes the longer.
  const second = await doomed(house, 1)
  clock.set(-8 * day)
  clock.pass(7 * day)
  await house.km.runDueJobs()
  t.match(await ann.get(second.ids[0] ?? ''), { state: 'PreActive' })
  clock.set(8 * day)
  clock.pass(minute)
  await until(async () => (await ann.get(second.ids[0] ?? '')).state === 'Destroyed')
})

t.test('a job that fails is put off longer and longer, is seen to fail, and is done at last', async (t) => {
  const clock = new TestClock()
  const house = await KeyHouse.build(t, { clock, scheduler: false })
  const { ann, ids } = await doomed(house, 2)
  const [bad = '', good = ''] = ids
  const damage = (sql: string) => house.edit((database) => void database.prepare(sql).run(bad))
  // In another process, which has not read the row before.
  const km = await house.open({ scheduler: false })
  damage("UPDATE objects SET owner = owner || 'x' WHERE id = ?")
  clock.pass(7 * day)
  await km.runDueJobs()
  t.match(await ann.get(good), { state: 'Destroyed' }, 'it holds nothing else up')
  t.match(await km.jobHealth(), { waiting: 0, failing: 1, done: 1, failed: 1 })
  const pauses = [20, 40, 80, 160, 320, 640, 1280, 2560, 3600, 3600].map((seconds) => seconds * 1000)
  clock.pass(10_000 - 1)
  await km.runDueJobs()
  t.match(await km.jobHealth(), { failed: 1 })
  clock.pass(1)
  for (const [i, pause] of pauses.entries()) {
    t.match(await km.jobHealth(), { waiting: 1, failing: 1 })
    await km.runDueJobs()
    t.match(await km.jobHealth(), { waiting: 0, failing: 1, failed: i + 2 })
    clock.pass(pause)
  }
  t.match((await acts(house)).at(-1), { operation: 'JobPutOff', object: bad })
  damage('UPDATE objects SET owner = substr(owner, 1, length(owner) - 1) WHERE id = ?')
  await km.runDueJobs()
  t.match(await km.jobHealth(), { waiting: 0, failing: 0, done: 2 })
  t.match((await acts(house)).at(-1), done(bad))
})

t.test('without a scheduler nothing is done by itself', async (t: Test) => {
  const clock = new TestClock()
  const house = await KeyHouse.build(t, { clock, scheduler: false })
  const { ann, ids } = await doomed(house, 1)
  t.strictSame(clock.timers, [])
  clock.pass(8 * day)
  t.match(await house.km.jobHealth(), { waiting: 1, failing: 0, done: 0, failed: 0 })
  t.match(await ann.get(ids[0] ?? ''), { state: 'PreActive' })
})
