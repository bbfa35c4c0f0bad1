import t from 'tap'
import {
  addMember,
  createConnection,
  createGroup,
  createOwnToken,
  deleteConnection,
  linkIdentity,
  listConnections,
  listIdentities,
  setConnection,
  setPrincipal,
  unlinkIdentity,
} from '../../lib/access/index.js'
import { KeyHouse } from '../support/key_house.js'
import { AccessHouse } from './house.js'

const refused = { code: 'MORTISE_AUTH_REQUIRED', message: 'credentials are missing or not valid' }
const denied = { code: 'MORTISE_ACCESS_DENIED' }
const corp = { name: 'corp', kind: 'oidc', settings: { issuer: 'https://id.example.org' } } as const
const proofOf = (subject: string, profile = {}) => ({ connection: 'corp', subject, profile })

async function inhabited(t: Parameters<typeof AccessHouse.build>[0]) {
  const house = await AccessHouse.build(t)
  const admin = await house.register({ name: 'admin', roles: ['administrator'] })
  const clerk = await house.register({ name: 'clerk', permissions: ['PrincipalManage', 'PrincipalRead'] })
  await house.run(admin, createConnection, corp)
  return { house, admin, clerk }
}

t.test('an identity is of one principal, a principal has many', async (t) => {
  const { house, admin, clerk } = await inhabited(t)
  const ann = await house.register({ name: 'ann', permissions: [] })
  await t.rejects(house.admit(proofOf('1')), refused, 'nobody knows it yet')
  for (const subject of ['1', '2']) {
    const linked = await house.run(clerk, linkIdentity, { principal: 'ann', connection: 'corp', subject })
    t.match(linked, { connection: 'corp', subject, principal: ann.id, linked: house.house.clock.now() })
    t.strictSame(await house.admit(proofOf(subject)), ann)
  }
  const again = { principal: 'clerk', connection: 'corp', subject: '1' }
  await t.rejects(house.run(clerk, linkIdentity, again), { code: 'MORTISE_IDENTITY_EXISTS' })
  const { identities, next } = await house.run(clerk, listIdentities, { principal: 'ann', limit: 1 })
  t.match([identities, next], [[{ subject: '1' }], 'corp|1'])
  const rest = await house.run(clerk, listIdentities, { principal: 'ann', after: 'corp|1' })
  t.match(rest, { identities: [{ subject: '2' }], next: null })

  for (const subject of ['', 'a\u0000b', 'x'.repeat(1025)]) {
    const input = { principal: 'ann', connection: 'corp', subject }
    await t.rejects(house.run(clerk, linkIdentity, input), { code: 'MORTISE_INPUT_INVALID' })
  }
  const local = { principal: 'ann', connection: 'local_account', subject: admin.id }
  await t.rejects(house.run(clerk, linkIdentity, local), { code: 'MORTISE_ACCESS_BUILT_IN' })
  const nowhere = { principal: 'ann', connection: 'nowhere', subject: '1' }
  await t.rejects(house.run(clerk, linkIdentity, nowhere), { code: 'MORTISE_CONNECTION_NOT_FOUND' })
})

t.test('what is unlinked lets nobody in, and ends the tokens', async (t) => {
  const { house, clerk } = await inhabited(t)
  const ann = await house.register({ name: 'ann', permissions: [] })
  const identity = { connection: 'corp', subject: '1' }
  await house.run(clerk, linkIdentity, { principal: 'ann', ...identity })
  const { text } = await house.run(await house.admit(proofOf('1')), createOwnToken, {})
  t.strictSame(await house.bearer(text), ann)
  await house.run(clerk, unlinkIdentity, identity)
  await t.rejects(house.admit(proofOf('1')), refused)
  await t.rejects(house.bearer(text), refused)
  await t.rejects(house.run(clerk, unlinkIdentity, identity), { code: 'MORTISE_IDENTITY_NOT_FOUND' })
})

t.test('nobody links itself to somebody who may do more', async (t) => {
  const { house, admin, clerk } = await inhabited(t)
  const input = { principal: 'admin', connection: 'corp', subject: 'clerk' }
  await t.rejects(house.run(clerk, linkIdentity, input), denied)
  await house.run(admin, linkIdentity, { ...input, subject: 'admin' })
  await t.rejects(house.run(clerk, unlinkIdentity, { connection: 'corp', subject: 'admin' }), denied)
  for (const act of [
    house.run(clerk, createConnection, { ...corp, name: 'mine' }),
    house.run(clerk, setConnection, { connection: 'corp', settings: { issuer: 'https://evil.example.org' } }),
    house.run(clerk, deleteConnection, { connection: 'corp' }),
  ])
    await t.rejects(act, denied, 'only an administrator says what proves people')
})

t.test('the first login registers where the connection says so', async (t) => {
  const { house, admin, clerk } = await inhabited(t)
  await house.run(admin, setConnection, { connection: 'corp', registers: true })
  const ann = await house.admit(proofOf('1', { username: 'ann', email: 'ann@example.org' }))
  t.match(ann, { name: 'ann', kind: 'user', roles: [], enabled: true })
  t.strictSame(await house.admit(proofOf('1', { username: 'renamed' })), ann)
  t.match((await house.run(clerk, listIdentities, { principal: 'ann' })).identities, [{ subject: '1' }])
  const other = await house.admit(proofOf('2', { username: 'admin', email: 'ann@example.org' }))
  t.equal(other.name, 'ann@example.org', 'who is here already is not taken for it')
  t.equal((await house.admit(proofOf('3', { username: 'admin', email: 'ann@example.org' }))).name, 'corp|3')
  t.match((await house.admit(proofOf('x'.repeat(300)))).name, /^corp\|[0-9a-f]{64}$/)
  await house.run(admin, setPrincipal, { principal: 'ann', enabled: false })
  await t.rejects(house.admit(proofOf('1')), refused, 'disabled')
  await house.run(admin, setConnection, { connection: 'corp', enabled: false })
  await t.rejects(house.admit(proofOf('2')), refused, 'the connection is not enabled')
  await t.rejects(house.admit({ ...proofOf('2'), connection: 'nowhere' }), refused)
  await t.rejects(house.admit({ ...proofOf('2'), expires: house.house.clock.now() }), refused)
})

t.test('groups are those that the connection maps', async (t) => {
  const { house, admin } = await inhabited(t)
  for (const name of ['billing', 'sales', 'ours']) await house.run(admin, createGroup, { name })
  const groups = { 'cn=bill': 'billing', seller: 'sales' }
  await house.run(admin, setConnection, { connection: 'corp', registers: true, groups })
  const groupsOf = async (id: string) => [...(await house.subject({ id })).groups.values()].sort()
  const outside = ['cn=bill', 'administrators', 'constructor', '__proto__', 'ours']
  const { id } = await house.admit(proofOf('1', { groups: outside, roles: ['seller'] }))
  t.strictSame(await groupsOf(id), ['billing', 'sales'], 'what is not mapped counts for nothing')
  await house.run(admin, addMember, { group: 'ours', principal: id })
  const { text } = await house.run(await house.admit(proofOf('1')), createOwnToken, {})
  t.strictSame(await groupsOf(id), ['billing', 'ours', 'sales'], 'a proof that says nothing changes nothing')
  await house.admit(proofOf('1', { groups: ['cn=bill'] }))
  t.strictSame(await groupsOf(id), ['billing', 'ours'], 'others are left alone')
  await t.rejects(house.bearer(text), refused, 'whoever leaves a group loses its tokens')
  await house.admit(proofOf('1', { groups: [] }))
  t.strictSame(await groupsOf(id), ['ours'])
  const missing = { connection: 'corp', groups: { x: 'nowhere' } }
  await t.rejects(house.run(admin, setConnection, missing), { code: 'MORTISE_GROUP_NOT_FOUND' })
})

t.test('connections are data', async (t) => {
  const { house, admin } = await inhabited(t)
  const ldap = {
    name: 'ad',
    kind: 'ldap',
    settings: { url: 'ldaps://ad.example.org', userBase: 'dc=example' },
    secret: 'hidden',
  } as const
  const made = await house.run(admin, createConnection, ldap)
  t.match(made, {
    name: 'ad',
    registers: false,
    settings: { userFilter: '(uid={username})', startTls: true },
  })
  const change = { connection: 'ad', settings: { startTls: false } }
  await t.rejects(house.run(admin, setConnection, change), { code: 'MORTISE_INPUT_INVALID' })
  const set = await house.run(admin, setConnection, { ...change, secret: 'hidden' })
  t.match(set, { settings: { url: 'ldaps://ad.example.org', startTls: false } })
  const { connections } = await house.run(admin, listConnections, {})
  t.strictSame(
    connections.map(({ name }) => name),
    ['local_account', 'authorities', 'ad', 'corp'],
  )
  t.notOk(JSON.stringify([made, set, connections]).includes('hidden'))
  t.equal(await house.access.connections.secretOf('ad'), 'hidden')
  t.strictSame(
    (await house.access.connections.ofKind('ldap')).map(({ name }) => name),
    ['ad'],
  )

  await t.rejects(house.run(admin, createConnection, corp), { code: 'MORTISE_CONNECTION_EXISTS' })
  const wrong = [
    { ...corp, name: 'local_account' },
    { ...corp, name: 'Local' },
    { ...corp, name: 'a|b' },
    { ...corp, name: 'x', kind: 'local_account' as 'oidc' },
    { ...corp, name: 'x', settings: {} },
    { ...corp, name: 'x', settings: { issuer: 'http://id.example.org' } },
    { ...corp, name: 'x', settings: { ...corp.settings, algorithms: ['HS256'] } },
    { ...corp, name: 'x', settings: { ...corp.settings, algorithms: ['none'] } },
    { ...corp, name: 'x', settings: { ...corp.settings, unheard: 1 } },
    { ...corp, name: 'x', settings: { ...corp.settings, clockToleranceSeconds: -1 } },
  ]
  for (const input of wrong) {
    await t.rejects(house.run(admin, createConnection, input), { code: 'MORTISE_INPUT_INVALID' })
  }
  const builtIn = { code: 'MORTISE_ACCESS_BUILT_IN' }
  await t.rejects(house.run(admin, setConnection, { connection: 'local_account', enabled: false }), builtIn)
  await t.rejects(house.run(admin, deleteConnection, { connection: 'local_account' }), builtIn)
  await house.run(admin, linkIdentity, { principal: 'clerk', connection: 'corp', subject: '1' })
  const inUse = { code: 'MORTISE_CONNECTION_IN_USE' }
  await t.rejects(house.run(admin, deleteConnection, { connection: 'corp' }), inUse)
  await house.run(admin, deleteConnection, { connection: 'ad' })
  t.equal(await house.access.connections.get('ad'), undefined)
})

t.test('the audit trail names one somebody, whichever way it came in', async (t) => {
  const { km, admin } = await managed(t)
  await km.ensurePrincipal({ name: 'ann' })
  await admin.setPassword('ann', 'correct horse battery')
  await admin.createConnection(corp)
  await admin.linkIdentity({ principal: 'ann', connection: 'corp', subject: '1' })
  const key = await admin.createKey({ algorithm: 'AES', name: 'shared' })
  await admin.grant(key.id, { principal: 'ann' }, ['Encrypt', 'Decrypt'])

  const byPassword = await km.authenticate(
    { name: 'ann', password: 'correct horse battery' },
    { face: 'one', request: '1' },
  )
  const outside = await km.enter(proofOf('1'), { face: 'other', request: '2' })
  const box = await byPassword.encrypt('shared', Buffer.from('data'))
  t.equal((await outside.decrypt('shared', box)).toString(), 'data')
  const { records } = await admin.audit({ limit: 10 })
  const uses = records.filter(({ operation }) => operation === 'Encrypt' || operation === 'Decrypt')
  const { id } = byPassword.principal
  t.match(uses, [
    { operation: 'Decrypt', face: 'other', principal: id, principalName: 'ann' },
    { operation: 'Encrypt', face: 'one', principal: id, principalName: 'ann' },
  ])
})

t.test('of many first logins at once, one registers', async (t) => {
  const { km, admin } = await managed(t)
  await admin.createConnection({ ...corp, registers: true })
  const door = { face: 'test', request: '1' }
  const sessions = await Promise.all(
    Array.from({ length: 10 }, () => km.enter(proofOf('1', { username: 'ann' }), door)),
  )
  t.equal(new Set(sessions.map(({ principal }) => principal.id)).size, 1)
  const { records } = await admin.audit({ operation: 'AdmitIdentity', outcome: 'success' })
  t.equal(records.filter(({ detail }) => detail['registered']).length, 1)
  t.match(records[0], { face: 'test', principalName: 'host', detail: { identity: 'corp|1' } })
})

async function managed(t: Parameters<typeof KeyHouse.build>[0]) {
  const house = await KeyHouse.build(t)
  const { km } = house
  return { km, admin: await house.administrator() }
}
