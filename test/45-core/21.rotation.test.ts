import t, { type Test } from 'tap'
import type { SetRotationInput } from '../../lib/index.js'
import { day, hour, TestClock, until } from '../support/clock.js'
import { KeyHouse, outcome } from '../support/key_house.js'

const data = Buffer.from('data')

async function scene(t: Test) {
  const clock = new TestClock()
  const house = await KeyHouse.build(t, { clock, scheduler: false })
  const ann = await house.as('ann')
  const later = async (milliseconds: number) => {
    clock.pass(milliseconds)
    await house.km.runDueJobs()
  }
  const acts = async () =>
    (await (await house.administrator()).audit({ limit: 1000 })).records
      .filter(({ face, operation }) => face === 'system' && operation === 'Rekey')
      .reverse()
  return { clock, house, ann, later, acts }
}

t.test(
  'a key is rekeyed when its time comes, and on, recorded as the system’s act for whoever asked',
  async (t) => {
    const { house, ann, later, acts } = await scene(t)
    const { id } = await ann.createKey({ algorithm: 'AES', name: 'k' })
    const box = await ann.encrypt('k', data)
    t.match(await ann.getRotation('k'), {
      policy: null,
      advice: { interval: 'P730D', due: '2032-01-01T00:00:00.000Z' },
    })
    const set = await ann.setRotation('k', { interval: '90d' })
    t.strictSame(set.policy, {
      interval: 'P90D',
      offset: null,
      keepActive: null,
      next: '2030-04-01T00:00:00.000Z',
      setBy: ann.principal.id,
    })
    t.strictSame((await ann.getRotation('k')).policy, set.policy)
    t.strictSame((await ann.get('k')).rotation, set.policy)
    t.match((await ann.jobs()).items, [
      { kind: 'rotate', object: id, name: 'k', due: '2030-04-01T00:00:00.000Z' },
    ])
    await later(90 * day - 1)
    t.match(await ann.get('k'), { id, keyVersion: 1 })
    await later(1)
    const second = await ann.get('k')
    t.match(second, { keyVersion: 2, family: id, rotation: { next: '2030-06-30T00:00:00.000Z' } })
    t.match(await ann.get(id), { state: 'Active', rotation: null, links: { replacement: second.id } })
    t.strictSame(await ann.decrypt('k', box), data)
    t.match((await acts())[0], {
      principalName: 'system',
      object: id,
      outcome: 'success',
      detail: {
        replacement: second.id,
        keyVersion: 2,
        job: 'rotate',
        due: '2030-04-01T00:00:00.000Z',
        setBy: ann.principal.id,
        nextRotation: '2030-06-30T00:00:00.000Z',
      },
    })
    await later(90 * day)
    await later(90 * day)
    t.match(await ann.get('k'), { keyVersion: 4 })
    t.equal((await ann.jobs()).items.length, 1)
    await ann.removeRotation('k')
    await later(1000 * day)
    t.match(await ann.get('k'), { keyVersion: 4, rotation: null })
    t.equal((await acts()).length, 3)
    await t.rejects(ann.removeRotation('k'), { code: 'MORTISE_KEY_STATE' })
    await house.close()
  },
)

t.test(
  'a rotation that comes late is made once and shifts nothing; one by hand begins the interval anew',
  async (t) => {
    const { ann, later, acts, clock } = await scene(t)
    await ann.createKey({ algorithm: 'AES', name: 'k' })
    await ann.setRotation('k', { interval: 'P10D' })
    await later(35 * day)
    t.match(await ann.get('k'), { keyVersion: 2, rotation: { next: '2030-02-10T00:00:00.000Z' } })
    await later(2 * day)
    t.match(await ann.rekey('k'), {
      replacement: { rotation: { next: '2030-02-17T00:00:00.000Z' } },
      replaced: { rotation: null },
    })
    t.equal((await ann.jobs()).items.length, 1)
    await later(9 * day)
    t.match(await ann.get('k'), { keyVersion: 3 })
    await later(day)
    t.match(await ann.get('k'), { keyVersion: 4 })
    t.equal((await acts()).length, 2)
    // The clock is set back after a rotation, and beyond it again.
    clock.set(-5 * hour)
    await later(2 * hour)
    clock.set(8 * hour)
    await later(0)
    t.match(await ann.get('k'), { keyVersion: 4 })
    t.equal((await acts()).length, 2)
  },
)

t.test('pairs are rotated together; leases on the old version end', async (t) => {
  const { ann, later } = await scene(t)
  await ann.createKeyPair({ algorithm: 'EC', name: 's', publicName: 'v' })
  await ann.createKey({ algorithm: 'AES', name: 'k' })
  await t.rejects(ann.setRotation('v'), {
    code: 'MORTISE_INPUT_INVALID',
    message: /replaced with its private key/,
  })
  await ann.setRotation('s', { interval: 'P30D', keepActive: 2 })
  await ann.setRotation('k', { interval: 'P30D' })
  const [signer, cipher] = [await ann.openSigner('s'), await ann.openCipher('k')]
  await later(30 * day)
  t.match([await ann.get('s'), await ann.get('v')], [{ keyVersion: 2 }, { keyVersion: 2, rotation: null }])
  t.throws(() => cipher.seal(data), { code: 'MORTISE_LEASE_ENDED' })
  await t.rejects(async () => signer.signBatch([data]), { code: 'MORTISE_LEASE_ENDED' })
  t.ok(await ann.verify('v', data, await ann.sign('s', data)))
})

t.test('only the newest versions stay Active, if so wanted; the others open and verify', async (t) => {
  const { ann, later } = await scene(t)
  const states = async (name: string) => {
    const { family } = await ann.get(name)
    return (await ann.locate({ family })).items.map(({ state }) => state)
  }
  await ann.createKey({ algorithm: 'AES', name: 'k' })
  await ann.createKeyPair({ algorithm: 'EC', name: 's', publicName: 'v' })
  const [box, signature] = [await ann.encrypt('k', data), await ann.sign('s', data)]
  const { links } = await ann.get('s')
  await ann.setRotation('k', { interval: 'P1D', keepActive: 2 })
  await ann.setRotation('s', { interval: 'P1D', keepActive: 1 })
  for (let i = 0; i < 4; i++) await later(day)
  t.strictSame(await states('k'), ['Deactivated', 'Deactivated', 'Deactivated', 'Active', 'Active'])
  t.strictSame(await states('s'), ['Deactivated', 'Deactivated', 'Deactivated', 'Deactivated', 'Active'])
  t.strictSame(await states('v'), ['Deactivated', 'Deactivated', 'Deactivated', 'Deactivated', 'Active'])
  t.strictSame(await ann.decrypt('k', box), data)
  t.ok(await ann.verify(links.publicKey ?? '', data, signature))

  await ann.createKey({ algorithm: 'AES', name: 'slow' })
  await ann.setRotation('slow', { interval: 'P1D', offset: 'PT12H', keepActive: 1 })
  await later(day)
  t.strictSame(
    await states('slow'),
    ['Active', 'PreActive'],
    'until the new one is Active the old one goes on',
  )
})

t.test('a rotation that falls due on a key out of use ends the policy, and says so', async (t) => {
  const { ann, later, acts } = await scene(t)
  for (const name of ['revoked', 'destroyed', 'doomed', 'fine']) {
    await ann.createKey({ algorithm: 'AES', name })
    await ann.setRotation(name, { interval: 'P5D' })
  }
  const [revoked, destroyed, doomed] = [
    await ann.get('revoked'),
    await ann.get('destroyed'),
    await ann.get('doomed'),
  ]
  for (const { id } of [revoked, destroyed, doomed]) await ann.revoke(id)
  await ann.destroy(destroyed.id)
  await ann.destroy(doomed.id, { afterDays: 7 })
  await later(5 * day)
  t.match(
    (await acts()).map(({ object, outcome, detail }) => [object, outcome, detail['result'], detail['state']]),
    [
      [revoked.id, 'success', 'rotation policy ended', 'Deactivated'],
      [destroyed.id, 'success', 'rotation policy ended', 'Destroyed'],
      [doomed.id, 'success', 'rotation policy ended', 'Deactivated'],
      [(await ann.get('fine')).links.replaced, 'success', undefined, 'Active'],
    ].sort(([a], [b]) => ((a ?? '') < (b ?? '') ? -1 : 1)),
  )
  for (const { id } of [revoked, destroyed, doomed])
    t.match(await ann.get(id), { keyVersion: 1, rotation: null })
  t.match(
    (await ann.jobs()).items.map(({ kind, name }) => `${kind} ${name}`),
    ['destroy doomed', 'rotate fine'],
  )
})

t.test('several processes rotate each key once', async (t) => {
  const { clock, house, ann } = await scene(t)
  for (let i = 0; i < 10; i++) {
    await ann.createKey({ algorithm: 'AES', name: `k${i}` })
    await ann.setRotation(`k${i}`, { interval: 'P5D' })
  }
  const others = [await house.open(), await house.open()]
  clock.pass(5 * day)
  await Promise.all([house.km, ...others].map((km) => km.runDueJobs()))
  await until(async () => (await ann.jobs()).items.every(({ due }) => due === '2030-01-11T00:00:00.000Z'))
  for (let i = 0; i < 10; i++) t.match(await ann.get(`k${i}`), { keyVersion: 2 })
})

t.test('whoever has no right cannot set a rotation, and what makes no sense is refused', async (t) => {
  const { ann, house } = await scene(t)
  const bob = await house.as('bob')
  const { id } = await ann.createKey({ algorithm: 'AES', name: 'k' })
  await ann.grant('k', { principal: 'bob' }, ['Get', 'Rekey'])
  t.equal(await outcome(bob.setRotation('k')), 'MORTISE_ACCESS_DENIED')
  t.equal(await outcome(bob.removeRotation('k')), 'MORTISE_ACCESS_DENIED')
  t.equal(await outcome(bob.getRotation('k')), 'ok')
  await ann.grant('k', { principal: 'bob' }, ['SetRotation'])
  t.match(await bob.setRotation('k'), { policy: { interval: 'P730D', setBy: bob.principal.id } })
  for (const input of [
    { interval: 'PT59M' },
    { interval: '40000d' },
    { interval: 'P1Y' },
    { interval: 'never' },
    { interval: '' },
    { interval: 'P1D', offset: 'P1D' },
    { keepActive: 0 },
    { keepActive: 1.5 },
    { keepActive: 1001 },
    { first: 'soon' },
    { first: '2029-01-01T00:00:00Z' },
  ] as Omit<SetRotationInput, 'object'>[]) {
    t.equal(await outcome(ann.setRotation('k', input)), 'MORTISE_INPUT_INVALID', JSON.stringify(input))
  }
  t.match(await ann.setRotation('k', { interval: '24h', first: '2030-01-02T03:04:05Z' }), {
    policy: { interval: 'P1D', next: '2030-01-02T03:04:05.000Z', setBy: ann.principal.id },
  })
  t.equal((await ann.jobs()).items.length, 1, 'a policy takes the place of the one before')
  await ann.rekey('k')
  t.equal(await outcome(ann.setRotation(id)), 'MORTISE_KEY_STATE', 'an old version is not rotated')
})
