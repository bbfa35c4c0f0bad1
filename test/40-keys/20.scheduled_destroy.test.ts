import t from 'tap'
import type { Session } from '../../lib/index.js'
import { day, TestClock, until } from '../support/clock.js'
import { KeyHouse, outcome } from '../support/key_house.js'

const data = Buffer.from('data')

async function revoked(session: Session, name: string): Promise<string> {
  const { id } = await session.createKey({ algorithm: 'AES', name, extractable: true })
  await session.revoke(id)
  return id
}

t.test(
  'a key that is to be destroyed cannot be used, can be recovered, and is destroyed on the day',
  async (t) => {
    const clock = new TestClock()
    const house = await KeyHouse.build(t, { clock, scheduler: false })
    const ann = await house.as('ann')
    const { id } = await ann.createKey({ algorithm: 'AES', name: 'old', extractable: true })
    const box = await ann.encrypt(id, data)
    await t.rejects(
      ann.destroy(id, { afterDays: 7 }),
      { code: 'MORTISE_KEY_STATE', message: /revoke it first/ },
      'an Active key is not even scheduled',
    )
    await ann.revoke(id)
    const lease = await ann.openCipher(id, ['decrypt'])
    const doomed = await ann.destroy(id, { afterDays: 7 })
    t.match(doomed, { state: 'Deactivated', destroyAt: '2030-01-08T00:00:00.000Z', destroyed: null })
    t.strictSame(await ann.get(id), doomed)
    t.throws(() => lease.open(box), { code: 'MORTISE_LEASE_ENDED' }, 'leases end at once')
    await t.rejects(ann.decrypt(id, box), {
      code: 'MORTISE_KEY_STATE',
      message: /to be destroyed at 2030-01-08T00:00:00.000Z; cancel the destruction first/,
      details: { destroyAt: '2030-01-08T00:00:00.000Z' },
    })
    t.strictSame(
      await Promise.all([
        outcome(ann.export(id)),
        outcome(ann.rekey(id)),
        outcome(ann.openCipher(id, ['decrypt'])),
      ]),
      ['MORTISE_KEY_STATE', 'MORTISE_KEY_STATE', 'MORTISE_KEY_STATE'],
    )

    t.match(await ann.cancelDestroy('old'), { state: 'Deactivated', destroyAt: null })
    t.strictSame(await ann.decrypt(id, box), data)
    await t.rejects(ann.cancelDestroy(id), { code: 'MORTISE_KEY_STATE', message: /no destruction/ })
    clock.pass(8 * day)
    await house.km.runDueJobs()
    t.match(await ann.get(id), { state: 'Deactivated' }, 'what is cancelled is not done')

    await ann.destroy(id, { afterDays: 30 })
    await ann.revoke(id, 'KeyCompromise')
    await ann.destroy(id, { afterDays: 8 })
    t.match(await ann.jobs(), {
      items: [{ kind: 'destroy', object: id, name: 'old', setBy: ann.principal.id, failures: 0 }],
      next: null,
    })
    t.equal((await ann.jobs()).items.length, 1, 'another day takes the place of the one before')
    clock.pass(8 * day - 1)
    await house.km.runDueJobs()
    t.match(await ann.get(id), { state: 'Compromised' })
    clock.pass(1)
    await house.km.runDueJobs()
    t.match(await ann.get(id), {
      state: 'DestroyedCompromised',
      destroyAt: null,
      destroyed: '2030-01-17T00:00:00.000Z',
    })
    await t.rejects(ann.cancelDestroy(id), { code: 'MORTISE_KEY_STATE' })
    t.strictSame((await ann.jobs()).items, [])

    const [record] = (await (await house.administrator()).audit({ limit: 100 })).records.filter(
      (entry) => entry.operation === 'Destroy' && entry.face === 'system',
    )
    t.match(record, {
      principalName: 'system',
      object: id,
      outcome: 'success',
      detail: {
        state: 'DestroyedCompromised',
        job: 'destroy',
        due: '2030-01-17T00:00:00.000Z',
        setBy: ann.principal.id,
      },
    })
  },
)

t.test('the setting is the least delay, and a call may ask for more', async (t) => {
  const house = await KeyHouse.build(t, { clock: new TestClock(), destroyDelayDays: 14, scheduler: false })
  const ann = await house.as('ann')
  const id = await revoked(ann, 'old')
  for (const afterDays of [0, 1, 6, 7, 13, 31, 14.5, -1, Number.NaN, Number.POSITIVE_INFINITY]) {
    t.equal(await outcome(ann.destroy(id, { afterDays })), 'MORTISE_INPUT_INVALID', `${afterDays}`)
  }
  t.match(await ann.destroy(id), { destroyAt: '2030-01-15T00:00:00.000Z' })
  t.match(await ann.destroy(id, { afterDays: 30 }), { destroyAt: '2030-01-31T00:00:00.000Z' })
  for (const destroyDelayDays of [1, 6, 31, -7]) {
    t.equal(await outcome(house.open({ destroyDelayDays })), 'MORTISE_CONFIG_INVALID')
  }
})

t.test('a scheduled destruction may be made an immediate one', async (t) => {
  const house = await KeyHouse.build(t, { clock: new TestClock(), scheduler: false })
  const ann = await house.as('ann')
  const id = await revoked(ann, 'old')
  await ann.destroy(id, { afterDays: 7 })
  t.match(await ann.destroy(id), { state: 'Destroyed', destroyAt: null })
  t.strictSame((await ann.jobs()).items, [])
})

t.test('jobs are seen by those who may get the object; only they and no others take one back', async (t) => {
  const house = await KeyHouse.build(t, { clock: new TestClock(), scheduler: false })
  const [ann, bob, root] = [await house.as('ann'), await house.as('bob'), await house.administrator()]
  const ids = []
  for (const name of ['a', 'b', 'c']) ids.push(await revoked(ann, name))
  const carl = await house.as('carl')
  await ann.grant('a', { principal: 'carl' }, ['Get'])
  for (const [i, id] of ids.entries()) await ann.destroy(id, { afterDays: 10 - i })
  t.strictSame((await bob.jobs()).items, [])
  t.equal(await outcome(bob.cancelDestroy('a')), 'MORTISE_KEY_NOT_FOUND')
  t.strictSame(
    (await root.jobs()).items.map(({ name }) => name),
    ['c', 'b', 'a'],
    'the next first',
  )
  const first = await ann.jobs({ limit: 2 })
  const second = await ann.jobs({ limit: 2, ...(first.next !== null && { after: first.next }) })
  t.strictSame(
    [...first.items, ...second.items].map(({ object }) => object),
    ids.reverse(),
  )
  t.equal(second.next, null)
  t.strictSame(
    (await carl.jobs()).items.map(({ name }) => name),
    ['a'],
  )
  t.equal(await outcome(ann.jobs({ limit: 0 })), 'MORTISE_INPUT_INVALID')
})

t.test('a job that is put back into the store destroys nothing', async (t) => {
  const clock = new TestClock()
  const house = await KeyHouse.build(t, { clock, scheduler: false })
  const ann = await house.as('ann')
  const id = await revoked(ann, 'old')
  await ann.destroy(id, { afterDays: 7 })
  let kept: unknown[] = []
  house.edit((database) => {
    kept = database.prepare("SELECT * FROM records WHERE namespace = 'job'").raw().get() as unknown[]
  })
  await ann.cancelDestroy(id)
  house.edit((database) => {
    database.prepare(`INSERT INTO records VALUES (${kept.map(() => '?').join(', ')})`).run(...kept)
  })
  t.equal((await ann.jobs()).items.length, 1)
  clock.pass(7 * day)
  await house.km.runDueJobs()
  t.match(await ann.get(id), { state: 'Deactivated', destroyed: null })
  t.strictSame((await ann.jobs()).items, [])

  await ann.destroy(id, { afterDays: 7 })
  house.edit((database) => {
    database.prepare("UPDATE records SET value = zeroblob(100) WHERE namespace = 'job'").run()
  })
  clock.pass(7 * day)
  await house.km.runDueJobs()
  t.match(
    await ann.get(id),
    { state: 'Deactivated' },
    'one that was damaged runs nothing and holds nothing up',
  )
})

t.test('a server does it by itself, on the day', async (t) => {
  const clock = new TestClock()
  const house = await KeyHouse.build(t, { clock })
  const ann = await house.as('ann')
  const id = await revoked(ann, 'old')
  await ann.destroy(id, { afterDays: 7 })
  clock.pass(7 * day)
  await until(async () => (await ann.get(id)).state === 'Destroyed')
})
