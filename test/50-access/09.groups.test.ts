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
  await t.rejects(
    admin.createGroup({ name: 'Audit Admins' }),
    { code: 'MORTISE_GROUP_EXISTS' },
    'a system group',
  )

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
  const system = [
    'admin',
    'Audit Admins',
    'Backup Admins',
    'CA Admins',
    'Key Admins',
    'Key Users',
    'User Admins',
  ]
  t.strictSame(
    groups.map(({ name }) => name),
    ['accounting', ...system.slice(0, 3), 'billing', ...system.slice(3)],
  )
  t.equal(total, 9)
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
  t.equal(total, 17)
  t.strictSame(names, [
    ...['aa', 'admin', 'Audit Admins', 'auditing', 'B', 'Backup Admins', 'CA Admins', 'Key Admins'],
    ...['Key Users', 'key-aa', 'keys', 'principals', 'User Admins', 'Zoo', 'zz', 'élan', '😀'],
  ])
  for (let skip = 0; skip <= 18; skip++) {
    for (const limit of [1, 2, 5, 6, 17]) {
      const page = await admin.groups({ skip, limit })
      t.strictSame(
        [page.groups.map(({ name }) => name), page.total],
        [names.slice(skip, skip + limit), 17],
        `${skip}, ${limit}`,
      )
    }
  }
  for (const wrong of [{ skip: -1 }, { skip: 0.5 }, { limit: 0 }, { limit: 2001 }]) {
    await t.rejects(admin.groups(wrong), { code: 'MORTISE_INPUT_INVALID' })
  }
})

t.test('groups are found by what is known of them', async (t) => {
  const { bob, admin } = await inhabited(t)
  for (const [name, members] of Object.entries({ North: ['ann'], south: ['ann', 'bob'], west: [] }))
    await admin.createGroup({ name, members })
  await admin.addMember('Key Users', 'bob')
  await admin.addMember('Audit Admins', 'ann')
  const settings = { issuer: 'https://id.example.org' }
  const groups = { staff: 'west', guests: 'Audit Admins' }
  await admin.createConnection({ name: 'corp', kind: 'oidc', settings, groups })
  const found = async (query: Parameters<typeof admin.groups>[0]) => {
    const page = await admin.groups(query)
    return [page.groups.map(({ name }) => name), page.total]
  }
  t.strictSame(await found({ name: 'NORTH' }), [['North'], 1])
  t.strictSame(await found({ name: 'key users' }), [['Key Users'], 1])
  t.strictSame(await found({ name: 'nor' }), [[], 0])
  t.strictSame(await found({ members: ['ann'] }), [['Audit Admins', 'North', 'south'], 3])
  t.strictSame(await found({ members: ['ann'], skip: 1, limit: 1 }), [['North'], 3])
  t.strictSame(await found({ members: ['ann', bob.principal.id] }), [['south'], 1])
  t.strictSame(await found({ members: ['ann'], exceptMembers: ['bob'] }), [['Audit Admins', 'North'], 2])
  t.strictSame(await found({ exceptMembers: ['ann'] }), [
    ['admin', 'Backup Admins', 'CA Admins', 'Key Admins', 'Key Users', 'User Admins', 'west'],
    7,
  ])
  t.strictSame(await found({ empty: true }), [
    ['admin', 'Backup Admins', 'CA Admins', 'Key Admins', 'User Admins', 'west'],
    6,
  ])
  t.strictSame(await found({ empty: true, name: 'south' }), [[], 0])
  t.strictSame(await found({ connection: 'corp' }), [['Audit Admins', 'west'], 2])
  t.strictSame(await found({ connection: 'corp', members: ['ann'] }), [['Audit Admins'], 1])
  t.equal((await found({ connection: 'local_account' }))[1], 10)
  await t.rejects(found({ connection: 'none' }), { code: 'MORTISE_CONNECTION_NOT_FOUND' })
  await t.rejects(found({ members: ['nobody'] }), { code: 'MORTISE_PRINCIPAL_NOT_FOUND' })
  await t.rejects(bob.groups({ members: ['bob'] }), { code: 'MORTISE_ACCESS_DENIED' })
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
  t.match(await admin.getGroup('admin'), { metadata: {}, created: null, updated: null })
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
  await t.rejects(admin.members('Audit Admins', { limit: 0 }), invalid)
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
  const { ann, bob, admin } = await inhabited(t)
  const { id } = await ann.createKey({ algorithm: 'AES' })
  await t.rejects(bob.audit(), denied)
  await admin.addMember('Audit Admins', 'bob')
  t.ok((await bob.audit({ limit: 1 })).records.length)
  t.match(await bob.get(id), { id })
  t.equal(await outcome(bob.revoke(id)), 'MORTISE_ACCESS_DENIED')
  await admin.removeMember('Audit Admins', 'bob')
  await t.rejects(bob.audit(), denied)

  await admin.createGroup({ name: 'night shift', roles: ['key-officer'], members: ['bob'] })
  await t.resolves(bob.revoke(id))
  t.equal(await outcome(bob.encrypt(id, data)), 'MORTISE_ACCESS_DENIED')
  await admin.setGroup('night shift', { roles: [] })
  t.equal(await outcome(bob.get(id)), 'MORTISE_KEY_NOT_FOUND')

  await admin.addMember('admin', 'bob')
  await t.resolves(bob.setPrincipal('ann', { enabled: false }), 'an administrator as others are')
  await t.resolves(bob.setPrincipal('root', { enabled: false }), 'even where it is the only one then')
  const last = { code: 'MORTISE_PRINCIPAL_LAST_ADMINISTRATOR' }
  await t.rejects(bob.removeMember('admin', 'bob'), last)
  await t.rejects(bob.setPrincipal('bob', { enabled: false }), last)
  await t.rejects(bob.setPrincipal('bob', { expires: Date.now() + 3_600_000 }), last)
  await t.rejects(bob.deletePrincipal('bob', { force: true }), last)
  await bob.createGroup({ name: 'others', roles: ['administrator'], members: ['ann'] })
  await t.rejects(bob.removeMember('admin', 'bob'), last, 'what other groups give does not count')
  await bob.addMember('admin', 'root')
  await t.rejects(bob.removeMember('admin', 'bob'), last, 'nor does whoever is disabled')
  await bob.setPrincipal('root', { enabled: true })
  await t.resolves(bob.removeMember('admin', 'bob'))
})

t.test('a system group stays as it is', async (t) => {
  const { admin } = await inhabited(t)
  const builtIn = { code: 'MORTISE_ACCESS_BUILT_IN' }
  await t.rejects(admin.setGroup('Audit Admins', { name: 'readers' }), builtIn)
  await t.rejects(admin.setGroup('Audit Admins', { roles: ['administrator'] }), builtIn)
  await t.rejects(admin.deleteGroup('Audit Admins'), builtIn)
})

t.test('who manages groups manages those that give nothing that it lacks', async (t) => {
  const { house, ann, admin } = await inhabited(t)
  const someone = await clerk(house)
  const denied = { code: 'MORTISE_ACCESS_DENIED' }
  await admin.createRole({ name: 'as-it', system: ['GroupManage'] })
  await admin.createGroup({ name: 'others of its kind', roles: ['as-it'] })
  await admin.createGroup({ name: 'team' })
  await t.resolves(someone.addMember('team', 'bob'))
  await t.resolves(someone.removeMember('team', 'bob'))
  await t.resolves(someone.setGroup('team', { name: 'crew' }))
  await t.resolves(someone.addMember('others of its kind', 'bob'))
  await t.rejects(someone.addMember('Audit Admins', 'bob'), denied)

  const { id } = await ann.createKey({ algorithm: 'AES' })
  await ann.grant(id, { group: 'crew' }, ['Encrypt'])
  await t.rejects(someone.addMember('crew', 'clerk'), denied, 'a grant on a key')
  await t.rejects(someone.deleteGroup('crew'), denied)
  await ann.withdraw(id, { group: 'crew' })
  await t.resolves(someone.addMember('crew', 'bob'))
  await admin.grantOnScope({ namePrefix: 'k' }, { group: 'crew' }, ['Decrypt'])
  await t.rejects(someone.addMember('crew', 'clerk'), denied, 'a grant on a scope')
  await admin.withdrawOnScope({ namePrefix: 'k' }, { group: 'crew' })
  await admin.setGroup('crew', { roles: ['auditor'] })
  await t.rejects(someone.removeMember('crew', 'bob'), denied, 'a role')
  await admin.setGroup('crew', { roles: ['as-it'] })
  await t.resolves(someone.deleteGroup('crew'))
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
  await t.rejects(someone.addMember('admin', 'clerk'), denied)
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
