import t from 'tap'
import {
  createPrincipal,
  getPrincipal,
  listPrincipals,
  type PrincipalPage,
  setPrincipal,
} from '../../lib/access/index.js'
import type { SystemPermission } from '../../lib/operation/index.js'
import { AccessHouse } from './house.js'

t.test('a principal is registered, found by id and name, and listed', async (t) => {
  const house = await AccessHouse.build(t)
  const admin = await house.register({ name: 'admin', roles: ['administrator'] })
  const billing = await house.run(admin, createPrincipal, { name: 'billing@example.org', kind: 'service' })
  t.match(billing, {
    name: 'billing@example.org',
    kind: 'service',
    roles: [],
    permissions: ['Create', 'Import', 'RNGRetrieve'],
    enabled: true,
  })
  t.strictSame(await house.run(admin, getPrincipal, { principal: billing.id }), billing)
  t.strictSame(await house.run(admin, getPrincipal, { principal: billing.id.toUpperCase() }), billing)
  t.strictSame(await house.run(admin, getPrincipal, { principal: 'billing@example.org' }), billing)
  await t.rejects(house.run(admin, getPrincipal, { principal: 'nobody' }), {
    code: 'MORTISE_PRINCIPAL_NOT_FOUND',
  })
  await t.rejects(house.run(admin, getPrincipal, { principal: '5f2c5d0c-53c9-4a4e-8d0b-0d5b4a4b3c11' }), {
    code: 'MORTISE_PRINCIPAL_NOT_FOUND',
  })

  const both = [admin, billing].sort((a, b) => (a.id < b.id ? -1 : 1))
  const first: PrincipalPage = await house.run(admin, listPrincipals, { limit: 1 })
  t.strictSame(first, { principals: [both[0]], next: both[0]?.id })
  const second = await house.run(admin, listPrincipals, { limit: 1, after: first.next ?? '' })
  t.strictSame(second.principals, [both[1]])
  t.strictSame(await house.run(admin, listPrincipals, { limit: 1, after: second.next ?? '' }), {
    principals: [],
    next: null,
  })
  for (const limit of [0, 1001, 1.5, Number.NaN]) {
    await t.rejects(house.run(admin, listPrincipals, { limit }), { code: 'MORTISE_INPUT_INVALID' })
  }
})

t.test('names are unique, however they are composed', async (t) => {
  const house = await AccessHouse.build(t)
  const admin = await house.register({ name: 'admin', roles: ['administrator'] })
  const jose = await house.run(admin, createPrincipal, { name: 'José' })
  await t.rejects(house.run(admin, createPrincipal, { name: 'Jose\u0301' }), {
    code: 'MORTISE_PRINCIPAL_EXISTS',
  })
  t.strictSame(await house.access.principals.find('Jose\u0301'), jose)
  await t.rejects(
    house.register({ name: 'José' }),
    { code: 'MORTISE_STORAGE_CONFLICT' },
    'the store holds it too',
  )
})

t.test('a name can be read and is no id', async (t) => {
  const house = await AccessHouse.build(t)
  const admin = await house.register({ name: 'admin', roles: ['administrator'] })
  for (const name of ['x', 'x'.repeat(255), '李四', 'a b', '💡']) {
    t.equal((await house.run(admin, createPrincipal, { name })).name, name)
  }
  const refused = [
    '',
    'x'.repeat(256),
    'a\nb',
    'a\u0000',
    ' a',
    'a ',
    'a\u202eb',
    'a\u200bb',
    '\ud800',
    admin.id,
  ]
  for (const name of refused) {
    await t.rejects(
      house.run(admin, createPrincipal, { name }),
      { code: 'MORTISE_INPUT_INVALID' },
      JSON.stringify(name),
    )
  }
})

t.test('unknown roles and permissions are refused', async (t) => {
  const house = await AccessHouse.build(t)
  const admin = await house.register({ name: 'admin', roles: ['administrator'] })
  const roles = ['root']
  const permissions = ['Encrypt' as SystemPermission]
  await t.rejects(house.run(admin, createPrincipal, { name: 'a', roles }), { code: 'MORTISE_ROLE_NOT_FOUND' })
  await t.rejects(house.run(admin, createPrincipal, { name: 'a', permissions }), {
    code: 'MORTISE_INPUT_INVALID',
  })
  await t.rejects(house.run(admin, setPrincipal, { principal: 'admin', roles }), {
    code: 'MORTISE_ROLE_NOT_FOUND',
  })
})

t.test('one enabled administrator remains', async (t) => {
  const house = await AccessHouse.build(t)
  const admin = await house.register({ name: 'admin', roles: ['administrator'] })
  const last = { code: 'MORTISE_PRINCIPAL_LAST_ADMINISTRATOR' }
  await t.rejects(house.run(admin, setPrincipal, { principal: 'admin', enabled: false }), last)
  await t.rejects(house.run(admin, setPrincipal, { principal: 'admin', roles: [] }), last)
  t.match(await house.run(admin, setPrincipal, { principal: 'admin', permissions: [] }), { permissions: [] })

  const second = await house.run(admin, createPrincipal, { name: 'second', roles: ['administrator'] })
  t.match(await house.run(admin, setPrincipal, { principal: 'second', enabled: false }), { enabled: false })
  await t.rejects(
    house.run(admin, setPrincipal, { principal: 'admin', roles: [] }),
    last,
    'a disabled one does not count',
  )
  await house.run(admin, setPrincipal, { principal: 'second', enabled: true })
  t.match(await house.run(second, setPrincipal, { principal: 'admin', roles: [] }), { roles: [] })
  await t.rejects(house.run(second, setPrincipal, { principal: 'second', enabled: false }), last)
})

t.test('whoever is disabled or stripped is refused at once', async (t) => {
  const house = await AccessHouse.build(t)
  const admin = await house.register({ name: 'admin', roles: ['administrator'] })
  const second = await house.register({ name: 'second', roles: ['administrator'] })
  t.ok(await house.run(second, listPrincipals, {}))
  await house.run(admin, setPrincipal, { principal: 'second', roles: [] })
  await t.rejects(house.run(second, listPrincipals, {}), { code: 'MORTISE_ACCESS_DENIED' })
})

t.test('nobody gives a right that it lacks, nor works on somebody who has more', async (t) => {
  const house = await AccessHouse.build(t)
  const admin = await house.register({ name: 'admin', roles: ['administrator'] })
  const clerk = await house.register({ name: 'clerk', permissions: ['Create', 'PrincipalManage'] })
  const denied = { code: 'MORTISE_ACCESS_DENIED' }
  const own = { name: 'temp', permissions: ['Create'] as const }
  const temp = await house.run(clerk, createPrincipal, own)
  await t.rejects(house.run(clerk, createPrincipal, { name: 'a', roles: ['administrator'] }), denied)
  await t.rejects(
    house.run(clerk, createPrincipal, { name: 'a' }),
    denied,
    'the default permissions are more',
  )
  await t.rejects(house.run(clerk, setPrincipal, { principal: 'clerk', roles: ['administrator'] }), denied)
  await t.rejects(
    house.run(clerk, setPrincipal, { principal: temp.id, permissions: ['TokenManage'] }),
    denied,
  )
  await t.rejects(house.run(clerk, setPrincipal, { principal: admin.id, enabled: false }), denied)
  t.match(await house.run(clerk, setPrincipal, { principal: temp.id, enabled: false }), { enabled: false })
})
