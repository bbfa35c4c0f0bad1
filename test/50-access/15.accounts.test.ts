import t from 'tap'
import type { ProvedMethod } from '../../lib/access/index.js'
import {
  addMember,
  createGroup,
  createOwnToken,
  createPasswordPolicy,
  createPrincipal,
  deletePrincipal,
  findIdentity,
  getOwnUser,
  getUser,
  grantOnScope,
  indexUsers,
  linkIdentity,
  listUsers,
  setOwnUser,
  setPassword,
  setPrincipal,
  type UserQuery,
  unlinkIdentity,
} from '../../lib/access/index.js'
import { createConnection } from '../../lib/access/operations/create_connection.js'
import type { SetPrincipalInput } from '../../lib/access/operations/set_principal.js'
import { orderedSubject } from '../../lib/faces/ciphertrust/subject_text.js'
import type { Principal } from '../../lib/operation/index.js'
import { AccessHouse } from './house.js'

const refused = { code: 'MORTISE_AUTH_REQUIRED' }
const denied = { code: 'MORTISE_ACCESS_DENIED' }
const invalid = { code: 'MORTISE_INPUT_INVALID' }
const password = 'correct horse battery'
const day = 24 * 60 * 60 * 1000

async function inhabited(t: Parameters<typeof AccessHouse.build>[0]) {
  const house = await AccessHouse.build(t)
  const admin = await house.register({ name: 'admin', roles: ['administrator'] })
  return { house, admin, clock: house.house.clock }
}

t.test('an account says who is behind a principal', async (t) => {
  const { house, admin, clock } = await inhabited(t)
  const ann = await house.run(admin, createPrincipal, {
    name: 'ann',
    fullName: 'Ann Example',
    nickname: 'Annie',
    email: 'ann@example.org',
    appMetadata: { ticket: 7 },
    methods: ['certificate', 'password'],
    password,
  })
  const user = await house.run(admin, getUser, { principal: 'ann' })
  t.match(user, {
    ...ann,
    fullName: 'Ann Example',
    nickname: 'Annie',
    email: 'ann@example.org',
    userMetadata: {},
    appMetadata: { ticket: 7 },
    methods: ['password', 'certificate'],
    clientTypes: null,
    origin: `local_account|${ann.id}`,
    created: clock.now(),
    loginsCount: 0,
    lastLogin: null,
    passwordChangedAt: clock.now(),
  })
  t.strictSame(await house.logIn('ann', password), ann)

  const own = await house.run(ann, setOwnUser, { fullName: 'Ann', userMetadata: { theme: 'dark' } })
  t.match(own, { fullName: 'Ann', userMetadata: { theme: 'dark' } })
  t.notOk('appMetadata' in own)
  t.notOk('appMetadata' in (await house.run(ann, getOwnUser, {})))
  const after = await house.run(admin, getUser, { principal: 'ann' })
  t.match(after, { userMetadata: { theme: 'dark' }, appMetadata: { ticket: 7 }, email: 'ann@example.org' })
  await house.run(admin, setPrincipal, { principal: 'ann', email: null, appMetadata: {}, clientTypes: [] })
  t.match(await house.run(admin, getUser, { principal: 'ann' }), {
    email: null,
    appMetadata: {},
    clientTypes: [],
  })

  const all: Omit<SetPrincipalInput, 'principal'>[] = [
    { userMetadata: { x: 'x'.repeat(65_536) } },
    { userMetadata: [] as unknown as Record<string, unknown> },
    { fullName: '' },
    { email: 'a\u0000' },
    { methods: ['password', 'password_with_certificate'] as const },
    { methods: ['telepathy' as 'password'] },
    { expires: Number.NaN },
    { certificateSubject: 'no name' },
  ]
  for (const wrong of all) {
    await t.rejects(
      house.run(admin, setPrincipal, { principal: 'ann', ...wrong }),
      invalid,
      JSON.stringify(wrong),
    )
  }
  const unheard = { principal: 'ann', passwordPolicy: 'unheard' }
  await t.rejects(house.run(admin, setPrincipal, unheard), { code: 'MORTISE_PASSWORD_POLICY_NOT_FOUND' })
})

t.test('what was registered before there were accounts has every default', async (t) => {
  const { house, admin } = await inhabited(t)
  const { records = [] } = await ancient(house)
  await house.house.apply({ records })
  const old = await house.run(admin, getUser, { principal: 'old' })
  t.match(old, { name: 'old', expires: null, passwordChangeRequired: false, fullName: null, created: null })
  const found = async (query: UserQuery) =>
    (await house.run(admin, listUsers, query)).users.map(({ name }) => name)
  t.strictSame(await found({}), ['admin'], 'it is not found yet')
  await house.run(admin, indexUsers, {})
  t.strictSame(await found({}), ['admin', 'old'])
  t.strictSame(await found({ methods: ['password'] }), ['admin', 'old'])
  t.match(await house.run(admin, getUser, { principal: 'old' }), old)
  await house.run(admin, setPrincipal, { principal: 'old', fullName: 'Old' })
  t.match(await house.run(admin, getUser, { principal: 'old' }), { fullName: 'Old' })
  await house.run(admin, setPassword, { principal: 'old', password })
  t.match(await house.logIn('old', password), { name: 'old' })
})

/** The rows of a principal as the first versions wrote them. */
async function ancient(house: AccessHouse) {
  const { newPrincipal } = await import('../../lib/access/principals.js')
  const { barrier } = house.house
  const { principal } = newPrincipal(barrier, { name: 'old' })
  const { expires: _, passwordChangeRequired: __, ...kept } = principal
  const seal = (namespace: string, key: string, value: object) => {
    const bytes = Buffer.concat([Buffer.of(1), Buffer.from(JSON.stringify(value))])
    return { row: barrier.sealRecord({ namespace, key, version: 1, expires: null, index: {} }, bytes) }
  }
  return {
    records: [seal('principal', principal.id, kept), seal('principal-name', 'old', { id: principal.id })],
  }
}

t.test('whoever has expired is refused from that moment, tokens and all', async (t) => {
  const { house, admin, clock } = await inhabited(t)
  const expires = clock.now() + day
  const ann = await house.run(admin, createPrincipal, { name: 'ann', password, expires })
  const { text } = await house.run(ann, createOwnToken, {})
  clock.milliseconds = expires - 1
  t.strictSame(await house.bearer(text), ann)
  t.ok(house.access.authenticator.knownToken(text))
  await house.logIn('ann', password)
  clock.milliseconds = expires
  t.notOk(house.access.authenticator.knownToken(text), 'by the clock alone')
  await t.rejects(house.bearer(text), refused)
  await t.rejects(house.logIn('ann', password), refused)
  await house.run(admin, setPrincipal, { principal: 'ann', expires: null })
  t.match(await house.logIn('ann', password), { name: 'ann' })
  const last = { code: 'MORTISE_PRINCIPAL_LAST_ADMINISTRATOR' }
  await t.rejects(house.run(admin, setPrincipal, { principal: 'admin', expires: clock.now() + day }), last)
})

t.test('no account says how an administrator may log in', async (t) => {
  const { house, admin, clock } = await inhabited(t)
  await house.run(admin, createPrincipal, { name: 'ann', password, roles: ['administrator'] })
  const set = (changes: Omit<Parameters<typeof setPrincipal.prepare>[2], 'principal'>) =>
    house.run(admin, setPrincipal, { principal: 'ann', ...changes })
  await set({ methods: [], clientTypes: [] })
  t.ok(await house.logIn('ann', password), 'or nobody might be left who can')
  await set({ expires: clock.now() + day })
  await t.rejects(house.logIn('ann', password), refused, 'another one is that stays')
  await set({ expires: null, roles: ['auditor'] })
  await t.rejects(house.logIn('ann', password), refused)
})

t.test('an account says how somebody may log in', async (t) => {
  const { house, admin, clock } = await inhabited(t)
  const ann = await house.run(admin, createPrincipal, { name: 'ann', password })
  const set = (changes: Omit<Parameters<typeof setPrincipal.prepare>[2], 'principal'>) =>
    house.run(admin, setPrincipal, { principal: 'ann', ...changes })
  const proof = { connection: 'local_account', subject: ann.id, profile: {} }
  const by = (...methods: ProvedMethod[]) =>
    house.admit({ ...proof, factors: methods.map((method) => ({ method, at: clock.now() })) })
  for (const methods of [[], ['certificate'], ['password_with_certificate']] as const) {
    await set({ methods })
    await t.rejects(house.logIn('ann', password), refused, methods.join() || 'no way')
  }
  t.ok(await by('password', 'certificate'), 'both')
  await t.rejects(by('certificate'), refused)
  await set({ methods: ['certificate', 'oidc'] })
  t.ok(await by('certificate'))
  t.ok(await by('oidc', 'totp'))
  await set({ methods: null, clientTypes: ['confidential'] })
  await t.rejects(by('password'), refused)
  t.ok(await house.admit({ ...proof, clientType: 'confidential' }))
  await set({ clientTypes: null, preventUiLogin: true })
  await t.rejects(house.admit({ ...proof, ui: true }), refused)
  t.ok(await house.admit(proof))
})

t.test('a certificate subject is of one principal, in whatever order its parts are', async (t) => {
  const { house, admin } = await inhabited(t)
  const subject = 'OU=Keys, O=Example\\, Inc., L=Town, ST=Land, C=XX, CN=Ann'
  const ann = await house.run(admin, createPrincipal, { name: 'ann', certificateSubject: subject })
  await house.register({ name: 'bob' })
  const { accounts } = house.access
  t.equal(await accounts.idOfSubject('cn=ann,c=xx,st=Land,l=Town,o=Example\\, Inc.,ou=Keys'), ann.id)
  t.equal(await accounts.idOfSubject('cn=ann,c=xx'), undefined)
  const same = {
    principal: 'bob',
    certificateSubject: 'CN=Ann,C=XX,ST=Land,L=Town,O=example\\, inc.,OU=Keys',
  }
  await t.rejects(house.run(admin, setPrincipal, same), { code: 'MORTISE_PRINCIPAL_EXISTS' })
  await house.run(admin, setPrincipal, { principal: 'ann', certificateSubject: 'CN=ann2' })
  await house.run(admin, setPrincipal, same)
  t.equal(await accounts.idOfSubject(subject), (await house.access.principals.find('bob')).id)
  await house.run(admin, setPrincipal, { principal: 'bob', certificateSubject: null })
  t.equal(await accounts.idOfSubject(subject), undefined)
})

t.test('principals are renamed, and keep everything', async (t) => {
  const { house, admin } = await inhabited(t)
  const ann = await house.run(admin, createPrincipal, { name: 'ann', password })
  await house.run(admin, setPrincipal, { principal: 'ann', name: 'anna' })
  t.match(await house.logIn('anna', password), { id: ann.id, name: 'anna' })
  await t.rejects(house.logIn('ann', password), refused)
  const exists = { code: 'MORTISE_PRINCIPAL_EXISTS' }
  await t.rejects(house.run(admin, setPrincipal, { principal: 'anna', name: 'admin' }), exists)
  t.ok(await house.register({ name: 'ann' }), 'the old name is free')
})

t.test('users are found by what is known of them', async (t) => {
  const { house, admin, clock } = await inhabited(t)
  const make = (name: string, more = {}) => house.run(admin, createPrincipal, { name, ...more })
  const soon = clock.now() + day
  await house.run(admin, createPasswordPolicy, { name: 'strict' })
  await make('Bob', { fullName: 'Bob', email: 'Bob@Example.org', methods: ['password'] })
  await make('ann', { fullName: 'Ann', methods: [], clientTypes: ['public'], expires: soon })
  await make('carol', { kind: 'service', passwordPolicy: 'strict', methods: ['certificate', 'oidc'] })
  await house.run(admin, createGroup, { name: 'billing', members: ['ann', 'carol'] })
  await house.run(admin, createGroup, { name: 'sales', members: ['ann'] })
  const found = async (query: UserQuery) => {
    const { users, total } = await house.run(admin, listUsers, query)
    return [users.map(({ name }) => name).join(), total]
  }
  t.strictSame(
    await found({}),
    ['admin,ann,Bob,carol', 4],
    'in the order of their names, whatever their case',
  )
  t.strictSame(await found({ skip: 1, limit: 2 }), ['ann,Bob', 4])
  t.strictSame(await found({ skip: 7 }), ['', 4])
  t.strictSame(await found({ kind: 'user' }), ['admin,ann,Bob', 3])
  t.strictSame(await found({ name: 'BOB' }), ['Bob', 1])
  t.strictSame(await found({ fullName: 'ann' }), ['ann', 1])
  t.strictSame(await found({ email: 'bob@example.ORG' }), ['Bob', 1])
  t.strictSame(await found({ groups: ['billing'] }), ['ann,carol', 2])
  t.strictSame(await found({ groups: ['billing', 'sales'] }), ['ann', 1])
  t.strictSame(await found({ exceptGroups: ['sales'] }), ['admin,Bob,carol', 3])
  t.strictSame(await found({ groups: ['billing'], exceptGroups: ['sales'] }), ['carol', 1])
  t.strictSame(await found({ methods: ['password'] }), ['admin,Bob', 2])
  t.strictSame(await found({ methods: ['oidc'] }), ['admin,carol', 2])
  t.strictSame(await found({ methods: 'none' }), ['ann', 1])
  t.strictSame(await found({ clientTypes: ['public'] }), ['admin,ann,Bob,carol', 4])
  t.strictSame(await found({ clientTypes: ['confidential'] }), ['admin,Bob,carol', 3])
  t.strictSame(await found({ methods: ['password', 'oidc'] }), ['admin', 1])
  t.strictSame(await found({ inNoGroup: true }), ['admin,Bob', 2])
  t.match(await house.run(admin, listUsers, { withGroups: true, limit: 2 }), {
    users: [
      { name: 'admin', groups: [] },
      { name: 'ann', groups: ['billing', 'sales'] },
    ],
  })
  t.strictSame(await found({ passwordPolicy: 'strict' }), ['carol', 1])
  t.strictSame(await found({ expired: true }), ['', 0])
  t.strictSame(await found({ expiresBy: soon }), ['ann', 1])
  clock.milliseconds = soon
  t.strictSame(await found({ expired: true }), ['ann', 1])
  t.strictSame(await found({ expired: false }), ['admin,Bob,carol', 3])
  t.strictSame(await found({ expiresBy: soon + 1 }), ['', 0], 'it has expired already')
  t.strictSame(await found({ neverLoggedIn: true }), ['admin,ann,Bob,carol', 4])
  await t.rejects(found({ limit: 2001 }), invalid)
  await t.rejects(found({ skip: -1 }), invalid)
  await t.rejects(found({ methods: ['magic' as 'password'] }), invalid)
  await t.rejects(found({ groups: ['nowhere'] }), { code: 'MORTISE_GROUP_NOT_FOUND' })
})

t.test('whoever is deleted is gone with everything of its own', async (t) => {
  const { house, admin } = await inhabited(t)
  const ann = await house.run(admin, createPrincipal, { name: 'ann', password, certificateSubject: 'CN=Ann' })
  await house.run(admin, createConnection, {
    name: 'corp',
    kind: 'oidc',
    settings: { issuer: 'https://id.example.org' },
  })
  await house.run(admin, linkIdentity, { principal: 'ann', connection: 'corp', subject: '1' })
  await house.run(admin, createGroup, { name: 'billing', members: ['ann'] })
  const scope = { scope: { namePrefix: 'k' }, permissions: ['Get'] as const }
  await house.run(admin, grantOnScope, { ...scope, grantee: { principal: 'ann' } })
  const { text } = await house.run(ann, createOwnToken, {})
  const key = await house.house.makeObject(ann.id)
  await t.rejects(house.run(admin, deletePrincipal, { principal: 'ann' }), {
    code: 'MORTISE_PRINCIPAL_OWNS_KEYS',
  })
  t.strictSame(await house.run(admin, deletePrincipal, { principal: 'ann', force: true }), ann)
  await t.rejects(house.bearer(text), refused)
  await t.rejects(house.logIn('ann', password), refused)
  await t.rejects(house.admit({ connection: 'corp', subject: '1', profile: {} }), refused)
  const { memberships } = house.access
  t.strictSame(await memberships.of(ann.id), [])
  let left = 0
  for (let after: string | undefined; ; ) {
    const { rows, next } = await house.house.store.scan('records', 100, after)
    left += rows.filter(({ key, index }) => `${key} ${JSON.stringify(index)}`.includes(ann.id)).length
    if (next === null) break
    after = next
  }
  t.equal(left, 0, 'no record speaks of it')
  const again = await house.register({ name: 'ann' })
  t.not(again.id, ann.id)
  t.equal((await house.rights(key)).owner, ann.id, 'its keys are nobody’s')
})

t.test('nobody deletes the last administrator, or somebody who may do more', async (t) => {
  const { house, admin } = await inhabited(t)
  const officer = await house.register({ name: 'officer', roles: ['principal-officer'] })
  await t.rejects(house.run(officer, deletePrincipal, { principal: 'admin' }), denied)
  const last = { code: 'MORTISE_PRINCIPAL_LAST_ADMINISTRATOR' }
  await t.rejects(house.run(admin, deletePrincipal, { principal: 'admin' }), last)
  const second = await house.register({ name: 'second', roles: ['administrator'] })
  await house.run(second, deletePrincipal, { principal: 'admin' })
  await t.rejects(house.run(second, setPrincipal, { principal: 'second', enabled: false }), last)
  await t.rejects(house.run(officer, addMember, { group: 'admin', principal: 'officer' }), denied)
  for (const act of [
    house.run(officer, setPrincipal, { principal: 'second', appMetadata: {} }),
    house.run(officer, setPrincipal, { principal: 'second', unlock: true }),
    house.run(officer, setPrincipal, { principal: 'second', certificateSubject: 'CN=Officer' }),
  ])
    await t.rejects(act, denied)
  const ann: Principal = await house.run(officer, createPrincipal, { name: 'ann' })
  t.ok(await house.run(officer, deletePrincipal, { principal: ann.id }))
})

t.test('a password is set with whatever else is changed, or nothing is', async (t) => {
  const { house, admin, clock } = await inhabited(t)
  await house.run(admin, createPasswordPolicy, { name: 'strict', minimumLength: 30 })
  const ann = await house.run(admin, createPrincipal, { name: 'ann', password })
  const { text } = await house.run(ann, createOwnToken, {})
  const set = (changes: Omit<SetPrincipalInput, 'principal'>) =>
    house.run(admin, setPrincipal, { principal: ann.id, ...changes })
  const fresh = 'another long password'
  await t.rejects(
    set({ fullName: 'Ann', password: fresh, passwordPolicy: 'strict' }),
    invalid,
    'by the policy that it gets',
  )
  t.match(await house.run(admin, getUser, { principal: 'ann' }), { fullName: null, passwordPolicy: null })
  clock.milliseconds += day
  await set({ fullName: 'Ann', password: fresh })
  t.match(await house.run(admin, getUser, { principal: 'ann' }), {
    fullName: 'Ann',
    passwordChangedAt: clock.now(),
  })
  await t.rejects(house.bearer(text), refused, 'its tokens have ended')
  await t.rejects(house.logIn('ann', password), refused)
  t.ok(await house.logIn('ann', fresh))
})

t.test('an origin is an identity that is still its own', async (t) => {
  const { house, admin } = await inhabited(t)
  const settings = { issuer: 'https://id.example.org' }
  await house.run(admin, createConnection, { name: 'corp', kind: 'oidc', registers: true, settings })
  const ann = await house.admit({ connection: 'corp', subject: '1', profile: { username: 'ann' } })
  const origin = async () => (await house.run(admin, getUser, { principal: ann.id })).origin
  t.equal(await origin(), 'corp|1')
  const find = (who: Principal) => house.run(who, findIdentity, { connection: 'corp', subject: '1' })
  t.equal(await find(admin), ann.id)
  t.equal(await find(ann), ann.id, 'for itself')
  const bob = await house.register({ name: 'bob' })
  const unknown = { code: 'MORTISE_IDENTITY_NOT_FOUND' }
  await t.rejects(find(bob), unknown, 'not for others')
  await house.run(admin, unlinkIdentity, { connection: 'corp', subject: '1' })
  t.equal(await origin(), `local_account|${ann.id}`)
  await t.rejects(find(admin), unknown)
  await house.run(admin, linkIdentity, { connection: 'corp', subject: '1', principal: 'bob' })
  t.equal(await origin(), `local_account|${ann.id}`, 'somebody else has it')
})

t.test('names of subjects are put in order', async (t) => {
  const order: Record<string, string> = {
    'OU=b,O=o,L=l,ST=s,C=US': 'C=US,ST=s,L=l,O=o,OU=b',
    'CN=n,OU=b,OU=a,O=o': 'O=o,OU=b,OU=a,CN=n',
    'cn=n, E=x , c=US': 'C=US,CN=n,E=x',
    'CN=a\\,b,O=o': 'O=o,CN=a\\,b',
  }
  for (const [given, put] of Object.entries(order)) t.equal(orderedSubject(given), put)
})
