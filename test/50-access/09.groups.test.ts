import t from 'tap'
import type { Session } from '../../lib/index.js'
import { TestClock } from '../support/clock.js'
import { KeyHouse, outcome } from '../support/key_house.js'

const data = Buffer.from('data')
const denied = { code: 'MORTISE_ACCESS_DENIED' }
const invalid = { code: 'MORTISE_INPUT_INVALID' }
const missing = { code: 'MORTISE_GROUP_NOT_FOUND' }

async function inhabited(t: Parameters<typeof KeyHouse.build>[0], leaseSeconds = 5) {
  const house = await KeyHouse.build(t, { leaseSeconds })
  const [ann, bob, admin] = [await house.as('ann'), await house.as('bob'), await house.administrator()]
  return { house, ann, bob, admin }
}

/** Somebody who may manage groups and nothing else. */
async function clerk(house: KeyHouse, name = 'clerk'): Promise<Session> {
  await house.km.ensurePrincipal({ name, permissions: ['GroupManage', 'PrincipalRead'] })
  return house.km.as(name)
}

t.test('a group is made, found by id and name, renamed, listed and deleted', async (t) => {
  const { admin, bob } = await inhabited(t)
  const group = await admin.createGroup({
    name: 'billing',
    description: 'who bills',
    members: ['ann', 'ann'],
  })
  t.match(group, { name: 'billing', description: 'who bills', system: false, roles: [] })
  t.strictSame(await admin.getGroup('billing'), { ...group, members: 1 })
  t.strictSame(await admin.getGroup(group.id.toUpperCase()), { ...group, members: 1 })
  await t.rejects(admin.createGroup({ name: 'billing' }), { code: 'MORTISE_GROUP_EXISTS' })
  await t.rejects(admin.createGroup({ name: 'auditors' }), { code: 'MORTISE_GROUP_EXISTS' }, 'a system group')

  t.match(await admin.addMember('billing', 'bob'), { id: group.id })
  t.match(await admin.addMember('billing', bob.principal.id), { id: group.id }, 'again')
  const { principals } = await admin.members('billing')
  t.strictSame(principals.map(({ name }) => name).sort(), ['ann', 'bob'])
  const first = await admin.members('billing', { limit: 1 })
  const second = await admin.members('billing', { limit: 1, after: first.next ?? '' })
  t.strictSame([...first.principals, ...second.principals], principals)

  const renamed = await admin.setGroup('billing', { name: 'accounting' })
  t.strictSame(renamed, { ...group, name: 'accounting', updated: renamed.updated })
  await t.rejects(admin.getGroup('billing'), missing)
  t.equal((await admin.members('accounting')).principals.length, 2, 'its members stay')
  await admin.createGroup({ name: 'billing' })
  await t.rejects(admin.setGroup('billing', { name: 'accounting' }), { code: 'MORTISE_GROUP_EXISTS' })
  t.match(await admin.groupsOf('bob'), [{ name: 'accounting' }])

  const { groups, total } = await admin.groups()
  const system = ['administrators', 'auditors', 'backup-operators', 'key-officers', 'principal-officers']
  t.strictSame(
    groups.map(({ name }) => name),
    ['accounting', ...system, 'billing'].sort(),
  )
  t.equal(total, 7)
  t.strictSame(
    groups.filter(({ system }) => system).map(({ name }) => name),
    system,
  )
  t.strictSame(
    groups.filter(({ members }) => members > 0).map(({ name, members }) => [name, members]),
    [['accounting', 2]],
  )

  await admin.removeMember('accounting', 'bob')
  await admin.removeMember('accounting', 'bob')
  t.strictSame(await admin.groupsOf('bob'), [])
  await admin.deleteGroup('accounting')
  await t.rejects(admin.getGroup(group.id), missing)
  t.strictSame(await admin.groupsOf('ann'), [])
})

t.test('groups come in the order of their names, whatever their case, on pages of any size', async (t) => {
  const { admin } = await inhabited(t)
  for (const name of ['Zoo', 'auditing', 'B', 'aa', 'keys', 'élan', '😀', 'key-aa', 'principals', 'zz']) {
    await admin.createGroup({ name })
  }
  const { groups, total } = await admin.groups()
  const names = groups.map(({ name }) => name)
  t.equal(total, 15)
  t.strictSame(names, [
    ...['aa', 'administrators', 'auditing', 'auditors', 'B', 'backup-operators', 'key-aa', 'key-officers'],
    ...['keys', 'principal-officers', 'principals', 'Zoo', 'zz', 'élan', '😀'],
  ])
  for (let skip = 0; skip <= 16; skip++) {
    for (const limit of [1, 2, 5, 6, 15]) {
      const page = await admin.groups({ skip, limit })
      t.strictSame(
        [page.groups.map(({ name }) => name), page.total],
        [names.slice(skip, skip + limit), 15],
        `${skip}, ${limit}`,
      )
    }
  }
  for (const wrong of [{ skip: -1 }, { skip: 0.5 }, { limit: 0 }, { limit: 2001 }]) {
    await t.rejects(admin.groups(wrong), { code: 'MORTISE_INPUT_INVALID' })
  }
})

t.test('a group has dates, and whatever is kept with it', async (t) => {
  const clock = new TestClock()
  const admin = await (await KeyHouse.build(t, { clock, scheduler: false })).administrator()
  const created = clock.now()
  const metadata = { app: { ticket: 7 } }
  t.match(await admin.createGroup({ name: 'billing', metadata }), { metadata, created, updated: created })
  clock.pass(1000)
  await admin.setGroup('billing', { description: 'bills' })
  t.match(await admin.getGroup('billing'), { metadata, created, updated: created + 1000, members: 0 })
  t.match(await admin.setGroup('billing', { metadata: {} }), { metadata: {}, description: 'bills' })
  t.match(await admin.getGroup('administrators'), { metadata: {}, created: null, updated: null })
  for (const wrong of [[], 'x', null, { x: 'x'.repeat(65_536) }]) {
    const input = { name: 'other', metadata: wrong as never }
    await t.rejects(admin.createGroup(input), { code: 'MORTISE_INPUT_INVALID' })
  }
})

t.test('names that cannot be, and members that are not there', async (t) => {
  const { admin } = await inhabited(t)
  for (const name of [
    '',
    ' a',
    'a/b',
    'a?',
    'a#b',
    '-a',
    'nil',
    'x'.repeat(256),
    'a\nb',
    admin.principal.id,
  ]) {
    await t.rejects(admin.createGroup({ name }), invalid, JSON.stringify(name))
  }
  await t.rejects(admin.createGroup({ name: 'a', description: 'x'.repeat(1025) }), invalid)
  await t.rejects(admin.createGroup({ name: 'a', members: ['nobody'] }), {
    code: 'MORTISE_PRINCIPAL_NOT_FOUND',
  })
  await t.rejects(admin.createGroup({ name: 'a', members: Array(1001).fill('ann') }), invalid)
  await t.rejects(admin.createGroup({ name: 'a', roles: ['nothing'] }), { code: 'MORTISE_ROLE_NOT_FOUND' })
  await t.rejects(admin.addMember('nobody', 'ann'), missing)
  await t.rejects(admin.members('nobody'), missing)
  await t.rejects(admin.members('auditors', { limit: 0 }), invalid)
})

t.test('a grant to a group is for whoever belongs to it, from now on and no longer', async (t) => {
  const { ann, bob, admin } = await inhabited(t)
  const { id } = await ann.createKey({ algorithm: 'AES', name: 'invoices' })
  const group = await admin.createGroup({ name: 'billing' })
  await ann.grant('invoices', { group: 'billing' }, ['Encrypt', 'Locate'])
  t.strictSame(await ann.grants('invoices'), [
    { granteeKind: 'group', grantee: group.id, name: 'billing', permissions: ['Encrypt', 'Locate'] },
  ])
  t.equal(await outcome(bob.encrypt(id, data)), 'MORTISE_KEY_NOT_FOUND')
  t.strictSame((await bob.locate()).items, [])
  await admin.addMember('billing', 'bob')
  await t.resolves(bob.encrypt(id, data))
  t.equal(await outcome(bob.sign(id, data)), 'MORTISE_ACCESS_DENIED')
  t.match((await bob.locate()).items, [{ id }], 'which is located as well')
  await admin.setGroup('billing', { name: 'accounting' })
  await t.resolves(bob.encrypt(id, data), 'whatever it is called')
  await ann.withdraw('invoices', { group: 'accounting' }, ['Encrypt'])
  t.equal(await outcome(bob.encrypt(id, data)), 'MORTISE_ACCESS_DENIED')
  await admin.removeMember(group.id, 'bob')
  t.equal(await outcome(bob.encrypt(id, data)), 'MORTISE_KEY_NOT_FOUND')
  t.strictSame((await bob.locate()).items, [])

  await admin.deleteGroup(group.id)
  t.match(await ann.grants('invoices'), [{ grantee: group.id, name: null }], 'of a group that is gone')
  await admin.createGroup({ name: 'accounting', members: ['bob'] })
  t.equal(
    await outcome(bob.encrypt(id, data)),
    'MORTISE_KEY_NOT_FOUND',
    'another group of its name is another',
  )
  await ann.withdraw('invoices', { group: group.id })
  t.strictSame(await ann.grants('invoices'), [], 'it is withdrawn by its id')
  await t.rejects(ann.grant('invoices', { group: group.id }, ['Get']), missing)
})

t.test('a lease ends with the membership that it rests on, and no other does', async (t) => {
  const { ann, bob, admin } = await inhabited(t, 3600)
  const { id } = await ann.createKey({ algorithm: 'AES' })
  const own = await bob.createKey({ algorithm: 'AES' })
  await admin.createGroup({ name: 'billing', members: ['bob'] })
  await admin.createGroup({ name: 'support', members: ['bob'] })
  await ann.grant(id, { group: 'billing' }, ['Encrypt'])
  await ann.grant(id, { group: 'support' }, ['Encrypt'])
  const lease = await bob.openCipher(id, ['encrypt'])
  const other = await bob.openCipher(own.id)
  await admin.removeMember('support', 'bob')
  t.ok(lease.seal(data), 'another group gives it still')
  await admin.removeMember('billing', 'bob')
  t.throws(() => lease.seal(data), { code: 'MORTISE_LEASE_ENDED' })
  t.ok(other.seal(data))

  await admin.addMember('billing', 'bob')
  const again = await bob.openCipher(id, ['encrypt'])
  await admin.deleteGroup('billing')
  t.throws(() => again.seal(data), { code: 'MORTISE_LEASE_ENDED' })

  await ann.grant(id, { group: 'support' }, ['Encrypt'])
  await admin.addMember('support', 'bob')
  const third = await bob.openCipher(id, ['encrypt'])
  await ann.withdraw(id, { group: 'support' })
  t.throws(() => third.seal(data), { code: 'MORTISE_LEASE_ENDED' })
  t.ok(other.seal(data))
})

t.test('what another process changes of a group counts at the next operation', async (t) => {
  const { house, ann, bob, admin } = await inhabited(t, 3600)
  const there = await house.administrator(await house.open())
  const { id } = await ann.createKey({ algorithm: 'AES' })
  await admin.createGroup({ name: 'billing', members: ['bob'] })
  await ann.grant(id, { group: 'billing' }, ['Encrypt'])
  await bob.encrypt(id, data)
  await there.removeMember('billing', 'bob')
  t.equal(
    await outcome(bob.encrypt(id, data)),
    'MORTISE_KEY_NOT_FOUND',
    'although nothing was polled meanwhile',
  )
  await there.addMember('billing', 'bob')
  await t.resolves(bob.encrypt(id, data))
  await there.deleteGroup('billing')
  t.equal(await outcome(bob.encrypt(id, data)), 'MORTISE_KEY_NOT_FOUND')
})

t.test('a role that a group has is its members’', async (t) => {
  const { house, ann, bob, admin } = await inhabited(t)
  const { id } = await ann.createKey({ algorithm: 'AES' })
  await t.rejects(bob.audit(), denied)
  await admin.addMember('auditors', 'bob')
  t.ok((await bob.audit({ limit: 1 })).records.length)
  t.match(await bob.get(id), { id })
  t.equal(await outcome(bob.revoke(id)), 'MORTISE_ACCESS_DENIED')
  await admin.removeMember('auditors', 'bob')
  await t.rejects(bob.audit(), denied)

  await admin.createGroup({ name: 'night shift', roles: ['key-officer'], members: ['bob'] })
  await t.resolves(bob.revoke(id))
  t.equal(await outcome(bob.encrypt(id, data)), 'MORTISE_ACCESS_DENIED')
  await admin.setGroup('night shift', { roles: [] })
  t.equal(await outcome(bob.get(id)), 'MORTISE_KEY_NOT_FOUND')

  await admin.addMember('administrators', 'bob')
  await t.resolves(bob.setPrincipal('ann', { enabled: false }), 'an administrator as others are')
  await t.rejects(
    bob.setPrincipal('root', { enabled: false }),
    { code: 'MORTISE_PRINCIPAL_LAST_ADMINISTRATOR' },
    'but one must have the role itself',
  )
  t.ok(await house.km.asHost().groups())
})

t.test('a system group stays as it is', async (t) => {
  const { admin } = await inhabited(t)
  const builtIn = { code: 'MORTISE_ACCESS_BUILT_IN' }
  await t.rejects(admin.setGroup('auditors', { name: 'readers' }), builtIn)
  await t.rejects(admin.setGroup('auditors', { roles: ['administrator'] }), builtIn)
  await t.rejects(admin.deleteGroup('auditors'), builtIn)
})

t.test('who manages groups changes those that it belongs to, or makes new ones', async (t) => {
  const { house, ann, admin } = await inhabited(t)
  const someone = await clerk(house)
  const { id } = await ann.createKey({ algorithm: 'AES' })
  await admin.createGroup({ name: 'billing' })
  await ann.grant(id, { group: 'billing' }, ['Encrypt'])
  await t.rejects(ann.createGroup({ name: 'mine' }), denied, 'without the right, nothing')
  await t.rejects(ann.groups(), denied)
  await t.rejects(someone.addMember('billing', 'clerk'), denied, 'it would let itself in')
  await t.rejects(someone.addMember('billing', 'bob'), denied)
  await t.rejects(someone.removeMember('billing', 'bob'), denied)
  await t.rejects(someone.setGroup('billing', { description: 'x' }), denied)
  await t.rejects(someone.deleteGroup('billing'), denied)
  await t.rejects(someone.addMember('administrators', 'clerk'), denied)
  await t.rejects(someone.createGroup({ name: 'kings', roles: ['administrator'] }), denied)
  await admin.addMember('billing', 'clerk')
  await t.resolves(someone.addMember('billing', 'bob'))
  await t.rejects(someone.setGroup('billing', { roles: ['auditor'] }), denied, 'nor gives it what it lacks')

  await someone.createGroup({ name: 'club', members: ['clerk'] })
  await t.resolves(someone.addMember('club', 'bob'))
  await t.resolves(someone.deleteGroup('club'))
})

t.test('what is done with groups is on the audit trail', async (t) => {
  const { bob, admin } = await inhabited(t)
  const { id } = await admin.createGroup({ name: 'billing', roles: ['auditor'] })
  await admin.addMember('billing', 'bob')
  await admin.deleteGroup('billing')
  const { records } = await admin.audit({ limit: 3 })
  t.match(records, [
    { operation: 'DeleteGroup', outcome: 'success', detail: { group: id, name: 'billing', members: 1 } },
    { operation: 'AddMember', detail: { group: id, name: 'billing', principal: bob.principal.id } },
    { operation: 'CreateGroup', detail: { group: id, name: 'billing', roles: ['auditor'], members: [] } },
  ])
})
