import t from 'tap'
import { decide, grant, listGrants, withdraw } from '../../lib/access/index.js'
import {
  type GrantablePermission,
  grantablePermissions,
  type Permission,
  type Principal,
} from '../../lib/operation/index.js'
import { AccessHouse } from './house.js'

async function inhabited(t: Parameters<typeof AccessHouse.build>[0]) {
  const house = await AccessHouse.build(t)
  const owner = await house.register({ name: 'owner' })
  const ann = await house.register({ name: 'ann' })
  const bob = await house.register({ name: 'bob' })
  const key = await house.house.makeObject(owner.id)
  const may = async (principal: Principal, permission: Permission) =>
    decide(await house.subject(principal), permission, await house.rights(key)).allowed
  return { house, owner, ann, bob, key, object: key.id, may }
}

t.test('a grant adds permissions, a withdrawal takes them back', async (t) => {
  const { house, owner, ann, bob, key, object, may } = await inhabited(t)
  const grantee = { principal: 'ann' }
  t.notOk(await may(ann, 'Encrypt'))
  t.strictSame(
    await house.runOn(owner, grant, { object, grantee, permissions: ['Sign', 'Encrypt', 'Sign'] }, key),
    {
      object,
      permissions: ['Encrypt', 'Sign'],
    },
  )
  t.ok(await may(ann, 'Encrypt'))
  t.notOk(await may(ann, 'Decrypt'))
  t.notOk(await may(bob, 'Encrypt'))
  await house.runOn(owner, grant, { object, grantee: { principal: ann.id }, permissions: ['Decrypt'] }, key)
  t.strictSame(await house.runOn(owner, listGrants, { object }, key), [
    { granteeKind: 'principal', grantee: ann.id, name: 'ann', permissions: ['Decrypt', 'Encrypt', 'Sign'] },
  ])
  t.strictSame(
    await house.runOn(owner, withdraw, { object, grantee, permissions: ['Encrypt', 'MAC'] }, key),
    {
      object,
      permissions: ['Decrypt', 'Sign'],
    },
  )
  t.notOk(await may(ann, 'Encrypt'))
  t.ok(await may(ann, 'Sign'))
  t.strictSame(await house.runOn(owner, withdraw, { object, grantee }, key), { object, permissions: [] })
  t.notOk(await may(ann, 'Sign'))
  t.strictSame(await house.runOn(owner, listGrants, { object }, key), [])
  t.strictSame(
    await house.runOn(owner, withdraw, { object, grantee }, key),
    { object, permissions: [] },
    'again',
  )
  await house.runOn(owner, grant, { object, grantee, permissions: ['MAC'] }, key)
  t.ok(await may(ann, 'MAC'), 'and given again')
})

t.test('a grant to everyone is for everyone', async (t) => {
  const { house, owner, ann, bob, key, object, may } = await inhabited(t)
  await house.runOn(
    owner,
    grant,
    { object, grantee: { everyone: true }, permissions: ['SignatureVerify'] },
    key,
  )
  t.ok(await may(ann, 'SignatureVerify'))
  t.ok(await may(bob, 'SignatureVerify'))
  t.strictSame(await house.runOn(owner, listGrants, { object }, key), [
    { granteeKind: 'everyone', grantee: '', name: null, permissions: ['SignatureVerify'] },
  ])
  await house.runOn(owner, withdraw, { object, grantee: { everyone: true } }, key)
  t.notOk(await may(ann, 'SignatureVerify'))
})

t.test('grants need a grantee that exists and permissions that can be given', async (t) => {
  const { house, owner, key, object } = await inhabited(t)
  const grantee = { principal: 'ann' }
  const invalid = { code: 'MORTISE_INPUT_INVALID' }
  await t.rejects(
    house.runOn(owner, grant, { object, grantee: { principal: 'nobody' }, permissions: ['Get'] }, key),
    { code: 'MORTISE_PRINCIPAL_NOT_FOUND' },
  )
  for (const permissions of [[], ['Grant'], ['Get', 'Grant'], ['Create'], ['AuditRead'], ['get']]) {
    const given = permissions as GrantablePermission[]
    await t.rejects(house.runOn(owner, grant, { object, grantee, permissions: given }, key), invalid)
    await t.rejects(house.runOn(owner, withdraw, { object, grantee, permissions: given }, key), invalid)
  }
})

t.test('only owners and administrators see and change grants', async (t) => {
  const { house, owner, ann, bob, key, object } = await inhabited(t)
  const admin = await house.register({ name: 'admin', roles: ['administrator'] })
  const denied = { code: 'MORTISE_ACCESS_DENIED' }
  const all = { object, grantee: { principal: 'ann' }, permissions: grantablePermissions }
  await house.runOn(owner, grant, all, key)
  for (const stranger of [ann, bob]) {
    await t.rejects(house.runOn(stranger, grant, all, key), denied)
    await t.rejects(house.runOn(stranger, withdraw, all, key), denied)
    await t.rejects(house.runOn(stranger, listGrants, { object }, key), denied)
  }
  t.match(await house.runOn(admin, listGrants, { object }, key), [{ name: 'ann' }])
  t.strictSame(await house.runOn(admin, withdraw, all, key), { object, permissions: [] })
})

t.test('grants begin a new epoch, and a withdrawal ends the leases that rest on it', async (t) => {
  const { house, owner, ann, key, object } = await inhabited(t)
  const managed = { ...key, values: { extractable: false, sensitive: true } }
  const grantee = { principal: 'ann' }
  const granting = await grant.prepare(
    house.access,
    await house.subject(owner),
    { object, grantee, permissions: ['Get'] },
    managed,
  )
  t.match(granting, { rows: { newEpoch: true }, detail: { grantee: ann.id, permissions: ['Get'] } })
  t.equal(granting.ends, undefined)
  await house.runOn(owner, grant, { object, grantee, permissions: ['Get'] }, key)
  const withdrawing = await withdraw.prepare(
    house.access,
    await house.subject(owner),
    { object, grantee },
    managed,
  )
  t.match(withdrawing, { rows: { newEpoch: true }, ends: [{ object, principal: ann.id }] })
})

t.test('of two changes of one grant at once the second is refused by the store', async (t) => {
  const { house, owner, key, object } = await inhabited(t)
  const grantee = { principal: 'ann' }
  const both = (['Get', 'Sign'] as const).map((permission) =>
    house.runOn(owner, grant, { object, grantee, permissions: [permission] }, key),
  )
  const outcomes = await Promise.allSettled(both)
  t.strictSame(outcomes.map(({ status }) => status).sort(), ['fulfilled', 'rejected'])
  t.match(
    outcomes.find(({ status }) => status === 'rejected'),
    { reason: { code: 'MORTISE_STORAGE_CONFLICT' } },
  )
})
