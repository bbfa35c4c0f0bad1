import t from 'tap'
import { KeyHouse, outcome } from '../support/key_house.js'

const data = Buffer.from('data')
const denied = { code: 'MORTISE_ACCESS_DENIED' }
const invalid = { code: 'MORTISE_INPUT_INVALID' }
const missing = { code: 'MORTISE_ROLE_NOT_FOUND' }

async function inhabited(t: Parameters<typeof KeyHouse.build>[0]) {
  const house = await KeyHouse.build(t)
  const [ann, bob, admin] = [await house.as('ann'), await house.as('bob'), await house.administrator()]
  return { house, ann, bob, admin }
}

t.test('a role is made, given, changed, taken and deleted', async (t) => {
  const { ann, bob, admin } = await inhabited(t)
  const { id } = await ann.createKey({ algorithm: 'AES', name: 'k' })
  const role = await admin.createRole({
    name: 'watch',
    description: 'looks',
    system: ['AuditRead'],
    objects: ['Get'],
  })
  t.strictSame(role, {
    name: 'watch',
    description: 'looks',
    system: ['AuditRead'],
    objects: ['Get'],
    scope: null,
  })
  t.strictSame(await admin.getRole('watch'), role)
  await t.rejects(admin.createRole({ name: 'watch' }), { code: 'MORTISE_ROLE_EXISTS' })
  await t.rejects(admin.createRole({ name: 'auditor' }), { code: 'MORTISE_ROLE_EXISTS' })

  await t.rejects(bob.audit(), denied)
  await admin.setPrincipal('bob', { roles: ['watch', 'watch'] })
  t.ok((await bob.audit()).records.length)
  t.match(await bob.get(id), { id })
  t.equal(await outcome(bob.revoke(id)), 'MORTISE_ACCESS_DENIED')
  await t.rejects(admin.deleteRole('watch'), { code: 'MORTISE_ROLE_HELD', details: { holders: ['bob'] } })

  t.match(await admin.setRole('watch', { system: [], objects: ['Get', 'Revoke'] }), {
    objects: ['Get', 'Revoke'],
  })
  await t.rejects(bob.audit(), denied, 'it is less at once')
  await t.resolves(bob.revoke(id), 'and more')

  await admin.setPrincipal('bob', { roles: [] })
  t.equal(await outcome(bob.get(id)), 'MORTISE_KEY_NOT_FOUND')
  await admin.createGroup({ name: 'watchers', roles: ['watch'] })
  await t.rejects(admin.deleteRole('watch'), {
    code: 'MORTISE_ROLE_HELD',
    details: { holders: ['watchers'] },
  })
  await admin.deleteGroup('watchers')
  await admin.deleteRole('watch')
  await t.rejects(admin.getRole('watch'), missing)
  await t.rejects(admin.setPrincipal('bob', { roles: ['watch'] }), missing)
  await t.rejects(admin.createPrincipal({ name: 'eve', roles: ['watch'] }), missing)
})

t.test('built-in roles are listed first and stay as they are', async (t) => {
  const { admin } = await inhabited(t)
  await admin.createRole({ name: 'a' })
  await admin.createRole({ name: 'b' })
  const { roles, next } = await admin.roles({ limit: 1 })
  t.strictSame(
    roles.map(({ name }) => name),
    [
      ...['administrator', 'auditor', 'key-officer', 'principal-officer', 'backup-operator', 'key-user'],
      ...['ca-officer', 'a'],
    ],
  )
  t.match(await admin.roles({ limit: 1, after: next ?? '' }), { roles: [{ name: 'b' }] })
  const builtIn = { code: 'MORTISE_ACCESS_BUILT_IN' }
  for (const { name } of roles.slice(0, 5)) {
    await t.rejects(admin.setRole(name, { objects: [] }), builtIn)
    await t.rejects(admin.deleteRole(name), builtIn)
  }
})

t.test('roles that cannot be', async (t) => {
  const { admin } = await inhabited(t)
  for (const name of ['', 'A', '-a', 'a-', 'a b', 'x'.repeat(65), 'ü']) {
    await t.rejects(admin.createRole({ name }), invalid, JSON.stringify(name))
  }
  for (const permission of ['Encrypt', 'Decrypt', 'Export', 'Sign', 'MAC', 'Create', 'nothing'] as const) {
    await t.rejects(
      admin.createRole({ name: 'a', objects: [permission as 'Get'] }),
      invalid,
      `no role opens a key: ${permission}`,
    )
  }
  await t.rejects(admin.createRole({ name: 'a', system: ['Get' as 'Create'] }), invalid)
  await t.rejects(
    admin.createRole({ name: 'a', system: ['Create'], scope: { namePrefix: 'a' } }),
    invalid,
    'a scope says nothing of what is on no object',
  )
  for (const scope of [
    {},
    { namePrefix: '' },
    { namePrefix: 'x'.repeat(256) },
    { objectGroup: 'a\n' },
    { namePrefix: 'a', objectGroup: 'b' },
  ]) {
    await t.rejects(admin.createRole({ name: 'a', objects: ['Get'], scope: scope as never }), invalid)
  }
  await t.rejects(admin.setRole('nothing', {}), missing)
  await t.rejects(admin.deleteRole('nothing'), missing)
})

t.test('a role with a scope is about the keys of the scope', async (t) => {
  const { ann, bob, admin } = await inhabited(t)
  const inside = await ann.createKey({ algorithm: 'AES', name: 'invoices/2026' })
  const outside = await ann.createKey({ algorithm: 'AES', name: 'invoice' })
  await admin.createRole({
    name: 'invoices-officer',
    objects: ['Get', 'Locate', 'Rekey', 'Grant'],
    scope: { namePrefix: 'invoices/' },
  })
  await admin.setPrincipal('bob', { roles: ['invoices-officer'] })
  t.match((await bob.locate()).items, [{ id: inside.id }])
  t.match(await bob.get('invoices/2026'), { id: inside.id })
  t.equal(await outcome(bob.get(outside.id)), 'MORTISE_KEY_NOT_FOUND')
  t.equal(await outcome(bob.encrypt(inside.id, data)), 'MORTISE_ACCESS_DENIED')
  const { replacement } = await bob.rekey('invoices/2026')
  t.equal(replacement.owner, ann.principal.id)
  t.match(await bob.get(inside.id), { name: null }, 'its older version is of the same key')
  t.strictSame(
    (await bob.locate()).items.map(({ id }) => id),
    [inside.id, replacement.id],
  )
  await bob.grant('invoices/2026', { principal: 'bob' }, ['Encrypt'])
  await t.resolves(bob.encrypt('invoices/2026', data), 'who may grant may let itself in, on the audit trail')
  t.equal(await outcome(bob.grant('invoice', { principal: 'bob' }, ['Encrypt'])), 'MORTISE_KEY_NOT_FOUND')
})

t.test('nobody gives by a role what it lacks', async (t) => {
  const { house, admin } = await inhabited(t)
  await admin.createRole({ name: 'wide', system: ['AuditRead'], objects: ['Revoke'] })
  await admin.createRole({ name: 'narrow', objects: ['Revoke', 'Get'], scope: { namePrefix: 'invoices/' } })
  await admin.createRole({
    name: 'role-officer',
    system: ['RoleManage', 'PrincipalManage', 'GroupManage', 'Create', 'Import', 'RNGRetrieve'],
  })
  await house.km.ensurePrincipal({ name: 'officer' })
  const officer = await house.km.as('officer')
  await admin.setPrincipal('officer', { roles: ['role-officer', 'narrow'] })
  await t.rejects(officer.setRole('wide', { description: 'x' }), denied)
  await t.rejects(officer.deleteRole('wide'), denied)
  await t.rejects(officer.setPrincipal('officer', { roles: ['role-officer', 'narrow', 'wide'] }), denied)
  await t.rejects(officer.setPrincipal('bob', { roles: ['administrator'] }), denied)
  await t.rejects(officer.createPrincipal({ name: 'eve', roles: ['auditor'] }), denied)
  await t.rejects(officer.createGroup({ name: 'eves', roles: ['wide'] }), denied)
  const scope = { namePrefix: 'invoices/2026/' }
  await t.rejects(officer.createRole({ name: 'a', objects: ['Revoke'] }), denied)
  await t.rejects(
    officer.createRole({ name: 'a', objects: ['Revoke'], scope: { namePrefix: 'invoices' } }),
    denied,
  )
  await t.rejects(
    officer.createRole({ name: 'a', objects: ['Revoke'], scope: { objectGroup: 'invoices/' } }),
    denied,
  )
  await t.rejects(officer.createRole({ name: 'a', objects: ['Destroy'], scope }), denied)
  await t.rejects(officer.createRole({ name: 'a', system: ['AuditRead'] }), denied)
  await t.resolves(officer.createRole({ name: 'a', objects: ['Revoke'], scope }))
  await t.rejects(officer.setRole('a', { scope: null }), denied)
  await t.resolves(officer.setPrincipal('bob', { roles: ['a'] }))
  await t.rejects(officer.setPrincipal('root', { enabled: false }), denied)
  await admin.addMember('Audit Admins', 'bob')
  await t.rejects(officer.setPassword('bob', 'a password of his'), denied, 'what his group gives counts')
  const copy = (await admin.getRole('administrator')).system
  await admin.createRole({
    name: 'copy',
    system: copy,
    objects: (await admin.getRole('administrator')).objects,
  })
  await admin.setPrincipal('officer', { roles: ['copy'] })
  await t.rejects(officer.setPrincipal('officer', { roles: ['administrator'] }), denied, 'a copy is none')
})
