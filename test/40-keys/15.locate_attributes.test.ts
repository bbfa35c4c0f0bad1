import t from 'tap'
import type { LocateInput, Session } from '../../lib/index.js'
import { KeyHouse } from '../support/key_house.js'
import { TestClock } from '../support/store.js'

const hour = 3_600_000

async function names(session: Session, query: LocateInput): Promise<(string | null)[]> {
  return (await session.locate(query)).items.map(({ name }) => name)
}

t.test('objects are located by each of their attributes, exactly, and by all of them', async (t) => {
  const house = await KeyHouse.build(t)
  const ann = await house.as('ann')
  const target = '01890000-0000-7000-8000-000000000000'
  const long = 'x'.repeat(1000)
  const make = (name: string, attributes: object, usage?: 'Encrypt'[]) =>
    ann.createKey({ algorithm: 'AES', name, attributes, ...(usage && { usage }) })
  await make('a', {
    ObjectGroup: ['payments', 'backups'],
    VendorAttribute: [
      { name: 'resource', value: 'r-1' },
      { name: 'system', value: 7 },
    ],
    AlternativeName: { type: 'URI', value: 'urn:a' },
  })
  await make('b', {
    ObjectGroup: 'payments',
    VendorAttribute: { vendor: 'acme', name: 'resource', value: 'r-1' },
  })
  await make('c', {
    ApplicationSpecificInformation: { namespace: 'ssl', data: 'www' },
    Link: { type: 'parent', object: target },
    AlternativeName: { type: 'URI', value: long },
  })
  await make('d', { ApplicationSpecificInformation: { namespace: 'ssl', data: 'mail' } }, ['Encrypt'])
  const pair = await ann.createKeyPair({ algorithm: 'EC', name: 'private', publicName: 'public' })
  const digest = (await ann.attributes('public')).Digest as { value: string }
  const queries: [LocateInput, string[]][] = [
    [{ group: 'payments' }, ['a', 'b']],
    [{ group: 'backups' }, ['a']],
    [{ group: 'Payments' }, []],
    [{ group: 'payment' }, []],
    [{ vendorAttribute: { name: 'resource' } }, ['a']],
    [{ vendorAttribute: { name: 'resource', value: 'r-1' } }, ['a']],
    [{ vendorAttribute: { vendor: 'acme', name: 'resource', value: 'r-1' } }, ['b']],
    [{ vendorAttribute: { name: 'system', value: 7 } }, ['a']],
    [{ vendorAttribute: { name: 'system', value: '7' } }, []],
    [{ vendorAttribute: { name: 'system', value: 8 } }, []],
    [{ alternativeName: 'urn:a' }, ['a']],
    [{ alternativeName: long }, ['c']],
    [{ alternativeName: `${long}x` }, []],
    [{ application: { namespace: 'ssl' } }, ['c', 'd']],
    [{ application: { namespace: 'ssl', data: 'www' } }, ['c']],
    [{ link: { type: 'parent', object: target } }, ['c']],
    [{ link: { type: 'child', object: target } }, []],
    [{ link: { type: 'publicKey', object: pair.publicKey.id } }, ['private']],
    [{ digest: digest.value.toUpperCase() }, ['private', 'public']],
    [{ digest: digest.value, type: 'PublicKey' }, ['public']],
    [{ usage: ['Encrypt'] }, ['a', 'b', 'c', 'd']],
    [{ usage: ['Encrypt', 'Decrypt'] }, ['a', 'b', 'c']],
    [{ usage: ['Encrypt', 'Sign'] }, []],
    [{ group: 'payments', vendorAttribute: { name: 'system' } }, ['a']],
    [{ group: 'payments', application: { namespace: 'ssl' } }, []],
    [{ group: 'payments', name: 'b' }, ['b']],
    [{ group: 'payments', name: 'c' }, []],
    [{ storage: 'archived' }, []],
    [{ storage: 'online', group: 'backups' }, ['a']],
  ]
  for (const [query, expected] of queries)
    t.strictSame((await names(ann, query)).sort(), expected, JSON.stringify(query).slice(0, 100))

  await ann.deleteAttribute('a', 'ObjectGroup', 'payments')
  t.strictSame(await names(ann, { group: 'payments' }), ['b'], 'as soon as it is gone')
  await ann.addAttribute('d', 'ObjectGroup', 'payments')
  t.strictSame(await names(ann, { group: 'payments' }), ['b', 'd'])
})

t.test('the state is the one that the dates have brought about', async (t) => {
  const clock = new TestClock()
  const house = await KeyHouse.build(t, { clock })
  const ann = await house.as('ann')
  const at = (hours: number) => new Date(clock.milliseconds + hours * hour).toISOString()
  const make = (name: string, attributes: object, activate?: boolean) =>
    ann.createKey({ algorithm: 'AES', name, attributes, ...(activate !== undefined && { activate }) })
  await make('plain', {})
  await make('asleep', {}, false)
  await make('wakes', { ActivationDate: at(1) })
  await make('ends', { DeactivationDate: at(2) })
  await make('both', { ActivationDate: at(1), DeactivationDate: at(2) })
  const by = async () => ({
    PreActive: (await names(ann, { state: 'PreActive' })).sort(),
    Active: (await names(ann, { state: 'Active' })).sort(),
    Deactivated: (await names(ann, { state: 'Deactivated' })).sort(),
  })
  t.strictSame(await by(), {
    PreActive: ['asleep', 'both', 'wakes'],
    Active: ['ends', 'plain'],
    Deactivated: [],
  })
  clock.milliseconds += hour
  t.strictSame(await by(), {
    PreActive: ['asleep'],
    Active: ['both', 'ends', 'plain', 'wakes'],
    Deactivated: [],
  })
  clock.milliseconds += hour
  t.strictSame(await by(), {
    PreActive: ['asleep'],
    Active: ['plain', 'wakes'],
    Deactivated: ['both', 'ends'],
  })
  t.strictSame(await names(ann, { name: 'ends', state: 'Deactivated' }), ['ends'])
  t.equal((await ann.locate({ name: 'both' })).items[0]?.state, 'Deactivated')
})

t.test('dates are ranges: from the first on, before the second', async (t) => {
  const clock = new TestClock()
  const house = await KeyHouse.build(t, { clock })
  const ann = await house.as('ann')
  const start = clock.milliseconds
  const at = (hours: number) => new Date(start + hours * hour).toISOString()
  for (let i = 0; i < 4; i++) {
    await ann.createKey({ algorithm: 'AES', name: `k${i}`, attributes: { ProtectStopDate: at(10 + i) } })
    clock.milliseconds += hour
  }
  await ann.revoke('k0', 'KeyCompromise')
  const queries: [LocateInput['dates'], string[]][] = [
    [{ created: { from: at(1), to: at(3) } }, ['k1', 'k2']],
    [{ created: { from: at(3) } }, ['k3']],
    [{ created: { to: at(0) } }, []],
    [{ activated: { to: at(1) } }, ['k0']],
    [{ protectStop: { from: at(11), to: at(13) } }, ['k1', 'k2']],
    [{ protectStop: { from: at(11) }, created: { to: at(2) } }, ['k1']],
    [{ compromised: { from: at(0) } }, ['k0']],
    [{ deactivated: { from: at(0) } }, []],
    [{ archived: { to: at(99) } }, []],
  ]
  for (const [dates, expected] of queries)
    t.strictSame(await names(ann, { dates: dates ?? {} }), expected, JSON.stringify(dates))
  await t.rejects(ann.locate({ dates: { created: { from: 'yesterday' } } }), {
    code: 'MORTISE_INPUT_INVALID',
  })
})

t.test('pages by cursor and by offset, of an attribute, among what may be seen', async (t) => {
  const house = await KeyHouse.build(t)
  const [ann, bob] = [await house.as('ann'), await house.as('bob')]
  for (let i = 0; i < 12; i++) {
    const name = `k${i}`
    await ann.createKey({ algorithm: 'AES', name, attributes: { ObjectGroup: i % 2 ? 'odd' : 'even' } })
    if (i % 4 === 1) await ann.grant(name, { principal: 'bob' }, ['Locate'])
  }
  const first = await ann.locate({ group: 'odd', limit: 4 })
  const second = await ann.locate({ group: 'odd', limit: 4, after: first.next ?? '' })
  t.strictSame(
    [...first.items, ...second.items].map(({ name }) => name),
    ['k1', 'k3', 'k5', 'k7', 'k9', 'k11'],
  )
  t.equal(second.next, null)
  t.strictSame(await names(ann, { group: 'odd', offset: 4, limit: 4 }), ['k9', 'k11'])
  t.strictSame(await names(ann, { group: 'odd', offset: 1, limit: 2 }), ['k3', 'k5'])
  t.strictSame(await names(ann, { group: 'odd', offset: 99 }), [])
  t.strictSame(await names(bob, { group: 'odd' }), ['k1', 'k5', 'k9'])
  t.strictSame(await names(bob, { group: 'odd', offset: 1, limit: 1 }), ['k5'])
  t.strictSame(await names(bob, { group: 'even' }), [])
  for (const offset of [-1, 0.5, 100_001])
    await t.rejects(ann.locate({ offset }), { code: 'MORTISE_INPUT_INVALID' }, String(offset))
})

t.test('whoever edits the index hides objects, and passes none off as another', async (t) => {
  const house = await KeyHouse.build(t)
  const ann = await house.as('ann')
  const wanted = await ann.createKey({
    algorithm: 'AES',
    name: 'wanted',
    attributes: { ObjectGroup: 'payments' },
  })
  const other = await ann.createKey({
    algorithm: 'AES',
    name: 'other',
    attributes: { ObjectGroup: 'backups' },
  })
  let km = await house.breakIn((database) =>
    database.exec(`UPDATE object_terms SET id = '${other.id}', created = ${Date.parse(other.created)}
      WHERE id = '${wanted.id}'`),
  )
  t.strictSame(await names(await km.as('ann'), { group: 'payments' }), [])
  km = await house.breakIn((database) =>
    database.exec(`UPDATE objects SET terms = '["[\\"group\\",\\"payments\\"]"]' WHERE id = '${other.id}'`),
  )
  await t.rejects((await km.as('ann')).locate({ group: 'payments' }), { code: 'MORTISE_BARRIER_INTEGRITY' })
})
