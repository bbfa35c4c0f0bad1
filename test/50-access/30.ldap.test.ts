import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { Attribute, Change, Client } from 'ldapts'
import t from 'tap'
import type { NewConnection, Session } from '../../lib/index.js'
import { minute, TestClock } from '../support/clock.js'
import { KeyHouse } from '../support/key_house.js'
import { passwordOf, person, reader, Slapd, slapdIsThere, suffix } from '../support/slapd.js'

const door = { face: 'test', request: '1' }
const refused = { code: 'MORTISE_AUTH_REQUIRED', message: 'credentials are missing or not valid' }
const unavailable = { code: 'MORTISE_CONNECTION_UNAVAILABLE' }
const invalid = { code: 'MORTISE_INPUT_INVALID' }
const people = `ou=people,${suffix}`
const groups = `ou=groups,${suffix}`
const ann = `uid=ann,${people}`

if (!slapdIsThere) {
  t.pass('slapd is not installed', { skip: 'slapd is not installed' })
  t.end()
  process.exit()
}

const slapd = await Slapd.start(t)
await slapd.add(ann, person('ann'))
await slapd.add(`uid=bob,${people}`, person('bob'))

type Overrides = Partial<Omit<NewConnection, 'settings'>> & { readonly settings?: object }

/** A house with the connection `corp` to the directory: by StartTLS, as the reader, and whoever is there is registered. */
async function inhabited(t: Parameters<typeof KeyHouse.build>[0], { settings, ...more }: Overrides = {}) {
  const clock = new TestClock()
  const house = await KeyHouse.build(t, { clock, scheduler: false })
  const admin = await house.administrator()
  const corp: NewConnection = {
    name: 'corp',
    kind: 'ldap',
    registers: true,
    secret: reader.password,
    settings: {
      url: slapd.ldap,
      authorities: slapd.certificate,
      bindDn: reader.dn,
      userBase: people,
      ...settings,
    },
    ...more,
  }
  await admin.createConnection(corp)
  const logIn = (name: string, password = passwordOf(name), connection = 'corp') =>
    house.km.authenticate({ name, password, connection }, door)
  return { house, km: house.km, clock, admin, logIn }
}

/** Without a service account: people are bound as by name. */
const byName = {
  secret: null,
  settings: { bindDn: null, userBase: null, userDn: `uid={username},${people}` },
}

async function lastLogin(admin: Session) {
  const { records } = await admin.audit({ operation: 'Authenticate', limit: 1 })
  return records[0]
}

t.test('somebody is searched for, and let in by its own password', async (t) => {
  const { admin, logIn } = await inhabited(t)
  const first = await logIn('ann')
  t.match(first.principal, { name: 'ann', kind: 'user', roles: [] })
  const user = await admin.getUser('ann')
  t.match(user, { fullName: 'ann of Example', email: 'ann@example.org', loginsCount: 1 })
  t.match(user.origin, /^corp\|[0-9a-f-]{36}$/, 'entryUUID')
  t.equal((await logIn('ann')).principal.id, first.principal.id)
  t.equal(
    (await logIn('ANN', passwordOf('ann'))).principal.id,
    first.principal.id,
    'as the directory sees it',
  )
  t.equal((await admin.getUser('ann')).loginsCount, 3)
  await t.rejects(logIn('ann', 'another password'), refused)
  await t.rejects(logIn('nobody'), refused)
  await t.rejects(logIn('bob', passwordOf('ann')), refused)
  await t.rejects(logIn('ann', passwordOf('ann'), 'local_account'), refused)
})

t.test('whoever is not linked is nobody, unless it is registered', async (t) => {
  const { admin, logIn } = await inhabited(t, { registers: false })
  await t.rejects(logIn('ann'), refused)
  const local = await admin.createPrincipal({ name: 'anna', permissions: [] })
  const test = await admin.testConnection('corp', 'ann')
  const [, subject = ''] = /^(\S+) is not linked/.exec(test.findings.at(-1)?.detail ?? '') ?? []
  await admin.linkIdentity({ principal: 'anna', connection: 'corp', subject })
  t.equal((await logIn('ann')).principal.id, local.id)
})

t.test('a name is never a part of a filter', async (t) => {
  const strange = 'we*rd)(uid=*)(|(uid=a\\2a'
  await slapd.add(`cn=strange,${people}`, { ...person(strange), cn: 'strange' })
  const { logIn } = await inhabited(t)
  t.equal((await logIn(strange)).principal.name, strange)
  const hostile = [
    '*',
    'a*',
    'ann)(uid=*',
    '*)(uid=*))(|(uid=*',
    'ann)(&)',
    '\\61nn',
    'ann\0',
    '\0',
    'ann*',
    ')(',
    '',
  ]
  for (const name of [...hostile, 'x'.repeat(256), 'ann\n', '\ud800']) {
    await t.rejects(logIn(name, passwordOf('ann')), refused, JSON.stringify(name))
  }
})

t.test('an empty password is never sent', async (t) => {
  const control = new Client({ url: slapd.ldap })
  await control.bind(ann, '')
  await control.unbind()
  for (const overrides of [{}, byName]) {
    const { logIn } = await inhabited(t, overrides)
    for (const password of ['', '\0', `${passwordOf('ann')}\0`, 'x'.repeat(1025)]) {
      await t.rejects(logIn('ann', password), refused, JSON.stringify(password))
    }
    await logIn('ann')
  }
})

t.test('by e-mail address, where the filter says so', async (t) => {
  const { logIn } = await inhabited(t, { settings: { userFilter: '(|(uid={username})(mail={username}))' } })
  const { principal } = await logIn('ann')
  t.equal((await logIn('ann@example.org', passwordOf('ann'))).principal.id, principal.id)
  await slapd.add(`uid=twin,${people}`, person('twin', { mail: 'ann@example.org' }))
  await t.rejects(logIn('ann@example.org', passwordOf('ann')), refused, 'two have it')
  await t.rejects(logIn('ann@example.org', passwordOf('twin')), refused)
  await slapd.asRoot((client) => client.del(`uid=twin,${people}`))
})

t.test('bound as by name, without a service account', async (t) => {
  const comma = 'smith, o=evil+"x"#'
  await slapd.asRoot((client) =>
    client.add(`uid=smith\\2c o=evil\\+\\22x\\22#,${people}`, {
      objectClass: ['inetOrgPerson'],
      ...{ uid: comma, cn: comma, sn: comma, userPassword: passwordOf(comma) },
    }),
  )
  const { admin, logIn } = await inhabited(t, byName)
  t.match(await logIn('ann'), { principal: { name: 'ann' } })
  t.match((await admin.getUser('ann')).origin, /^corp\|[0-9a-f-]{36}$/, 'known by its UUID, not by its name')
  t.match(await logIn(comma), { principal: { name: comma } })
  for (const name of [`ann,${people}`, 'ann+cn=x', '', '\0', 'nobody']) {
    await t.rejects(logIn(name, passwordOf('ann')), refused, JSON.stringify(name))
  }
  await slapd.add(`uid=max,${people}`, person('max'))
  for (let tries = 0; tries < 6; tries++) await t.rejects(logIn('max', 'wrong'), refused)
  t.equal(await slapd.failures(`uid=max,${people}`), 5, 'what is locked here is not tried there')
  await t.rejects(logIn('MAX', passwordOf('max')), refused)
})

t.test('somebody who is renamed stays who it is', async (t) => {
  await slapd.add(`uid=eve,${people}`, person('eve'))
  const { admin, logIn } = await inhabited(t)
  const { principal } = await logIn('eve')
  await slapd.asRoot(async (client) => {
    await client.modifyDN(`uid=eve,${people}`, `uid=adam,${people}`)
    const mail = new Attribute({ type: 'mail', values: ['adam@example.org'] })
    await client.modify(`uid=adam,${people}`, new Change({ operation: 'replace', modification: mail }))
  })
  t.equal((await logIn('adam', passwordOf('eve'))).principal.id, principal.id)
  await t.rejects(logIn('eve'), refused)
  await slapd.add(`uid=eve,${people}`, person('eve'))
  const { principal: another } = await logIn('eve')
  t.not(another.id, principal.id, 'whoever has the name now is somebody else')
  t.match(another.name, /^corp\||^eve@/)
  t.equal((await admin.users({ name: 'eve' })).total, 1)
})

t.test('groups follow with each login', async (t) => {
  const group = (cn: string, member: string[]) => ({ objectClass: 'groupOfNames', cn, member })
  await slapd.add(`cn=Billing,${groups}`, group('Billing', [ann, `uid=bob,${people}`]))
  await slapd.add(`cn=auditors,${groups}`, group('auditors', [ann]))
  const modification = new Attribute({ type: 'member', values: [ann] })
  const change = (operation: 'add' | 'delete') =>
    slapd.asRoot((client) => client.modify(`cn=Billing,${groups}`, new Change({ operation, modification })))
  const ways = [
    [{ groupBase: groups }, { billing: 'invoices', others: 'others' }],
    [
      { memberOfAttribute: 'memberOf' },
      { 'CN=billing, OU=groups,DC=Example,dc=org': 'invoices', billing: 'others' },
    ],
    [
      { groupBase: groups, groupAttribute: 'entryDN' },
      { [`cn=Billing,${groups}`]: 'invoices', [`cn=Billing,${people}`]: 'others' },
    ],
    [
      { groupBase: groups, groupFilter: '(member=uid={username},ou=people,dc=example,dc=org)' },
      { Billing: 'invoices', [`cn=Billing,${groups}`]: 'others' },
    ],
  ] as const
  for (const [settings, map] of ways) {
    const { km, admin, logIn } = await inhabited(t, { registers: true })
    for (const name of ['invoices', 'others', 'mine']) await admin.createGroup({ name })
    await admin.setConnection('corp', { groups: map, settings })
    const { token } = await (await logIn('ann')).logIn({})
    await admin.addMember('mine', 'ann')
    const of = async () => (await admin.groupsOf('ann')).map(({ name }) => name).sort()
    t.same(await of(), ['invoices', 'mine'], JSON.stringify(settings))
    t.match(await km.authenticate({ token: token.text }, door), { principal: { name: 'ann' } })
    await change('delete')
    await logIn('ann')
    t.same(await of(), ['mine'], 'what is gone there is taken away, and nothing else')
    await t.rejects(km.authenticate({ token: token.text }, door), refused, 'and tokens of before')
    await change('add')
    await logIn('ann')
    t.same(await of(), ['invoices', 'mine'])
  }
})

t.test('Active Directory: objectGUID, userPrincipalName', async (t) => {
  const objectGUID = Buffer.from('00112233445566778899aabbccddeeff', 'hex')
  await slapd.add(
    `cn=Ada,${people}`,
    person('ada', {
      cn: 'Ada',
      objectGUID,
      sAMAccountName: 'ada',
      userPrincipalName: 'ada@corp.example.org',
    }),
  )
  // It is text as well: bytes are bytes all the same.
  await slapd.add(
    `cn=Abc,${people}`,
    person('abc', { cn: 'Abc', objectGUID: Buffer.from('abcdefghijklmnop') }),
  )
  const { admin, logIn } = await inhabited(t, {
    settings: {
      userFilter: '(|(sAMAccountName={username})(userPrincipalName={username})(uid={username}))',
      subjectAttribute: 'objectGUID',
      usernameAttribute: 'userPrincipalName',
    },
  })
  const { principal } = await logIn('ada@corp.example.org', passwordOf('ada'))
  t.equal(principal.name, 'ada@corp.example.org')
  t.equal((await admin.getUser(principal.id)).origin, 'corp|33221100-5544-7766-8899-aabbccddeeff')
  t.equal((await logIn('ada')).principal.id, principal.id)
  const { principal: abc } = await logIn('abc')
  t.equal((await admin.getUser(abc.id)).origin, 'corp|64636261-6665-6867-696a-6b6c6d6e6f70')
  await t.rejects(logIn('ann'), refused, 'who has none cannot be known again')
})

t.test('what is locked here is not tried there', async (t) => {
  const { admin, clock, logIn } = await inhabited(t)
  await slapd.add(`uid=mal,${people}`, person('mal', { mail: 'mal@example.org' }))
  const dn = `uid=mal,${people}`
  await admin.setConnection('corp', { settings: { userFilter: '(|(uid={username})(mail={username}))' } })
  const fail = async (times: number) => {
    for (let i = 0; i < times; i++) {
      await t.rejects(logIn(i % 2 ? 'mal' : 'mal@example.org', 'wrong'), refused)
    }
  }
  await fail(10)
  t.equal(await slapd.failures(dn), 5, 'counted under whatever name, though nobody is registered yet')
  await t.rejects(logIn('mal'), refused)
  clock.pass(minute)
  await logIn('mal')
  t.equal(await slapd.failures(dn), 0)
  t.equal((await admin.getUser('mal')).failedLoginsCount, 0)

  await fail(10)
  t.equal(await slapd.failures(dn), 5)
  t.match(await admin.getUser('mal'), { failedLoginsCount: 5, lockedUntil: clock.now() + minute })
  await t.rejects(logIn('mal'), refused)
  await admin.setPrincipal('mal', { unlock: true })
  await logIn('mal')

  await Promise.all(Array.from({ length: 40 }, () => t.rejects(logIn('mal', 'wrong'), refused)))
  t.equal(await slapd.failures(dn), 5, 'however many come at once')
})

t.test('TLS', async (t) => {
  const { admin, logIn } = await inhabited(t)
  const set = (settings: Record<string, unknown>) =>
    admin.setConnection('corp', { settings, secret: reader.password })
  await set({ url: slapd.ldaps })
  await logIn('ann')
  await set({ url: slapd.ldaps.replace('127.0.0.1', 'localhost') })
  await logIn('ann')
  const stranger = await Slapd.start(t)
  for (const url of [slapd.ldap, slapd.ldaps]) {
    await set({ url, authorities: null })
    await t.rejects(logIn('ann'), unavailable, 'of an authority that nobody trusts')
    await set({ authorities: stranger.certificate })
    await t.rejects(logIn('ann'), unavailable, 'of another authority')
    await set({ url: url.replace('127.0.0.1', '127.0.0.2'), authorities: slapd.certificate })
    await t.rejects(logIn('ann'), unavailable)
  }
  await set({ url: slapd.ldap, startTls: false })
  await logIn('ann')
  for (const url of ['ldap://directory.example.org', 'ldap://192.0.2.1', 'ldap://127.0.0.1.example.org']) {
    await t.rejects(set({ url }), { ...invalid, message: /TLS/ }, url)
    await set({ url, insecurePlaintext: true })
    await set({ url: slapd.ldap, insecurePlaintext: false })
  }
})

t.test('a directory that does not answer says nothing about anybody', async (t) => {
  const own = await Slapd.start(t)
  await own.add(ann, person('ann'))
  const { admin, logIn } = await inhabited(t, {
    settings: { url: own.ldap, authorities: own.certificate, timeoutSeconds: 1 },
  })
  await logIn('ann')
  const stays = async (why: string) => {
    await t.rejects(logIn('ann'), unavailable, why)
    await t.rejects(logIn('nobody'), unavailable, why)
    t.match(await lastLogin(admin), {
      outcome: 'failed',
      code: unavailable.code,
      detail: { method: 'password' },
    })
    t.equal((await admin.getUser('ann')).failedLoginsCount, 0)
  }
  await own.hang()
  await stays('it hangs')
  const many = await Promise.all(
    Array.from({ length: 70 }, (_, i) => logIn(`u${i}`).catch(({ code }: { code: string }) => code)),
  )
  t.match(many.slice(0, 64), Array(64).fill(unavailable.code))
  t.match(many.slice(64), Array(6).fill('MORTISE_RATE_LIMITED'), 'no more than it can wait for')
  own.goOn()
  await logIn('ann')
  await own.stop()
  await stays('it is gone')
  await own.begin()
  await logIn('ann')
  await admin.setConnection('corp', { secret: 'another' })
  await stays('it does not take the service account')
  await admin.setConnection('corp', {
    secret: reader.password,
    settings: { userBase: 'ou=nowhere,dc=example,dc=org' },
  })
  await stays('there is nothing below the base')
})

t.test('referrals are not followed', async (t) => {
  const other = await Slapd.start(t)
  await other.add(`uid=far,${people}`, person('far'))
  await other.add(`uid=away,${people}`, person('away'))
  const ref = (dn: string) => `${other.ldap}/${dn}`
  await slapd.add(`ou=far,${people}`, {
    objectClass: ['referral', 'extensibleObject'],
    ou: 'far',
    ref: ref(people),
  })
  const away = { objectClass: ['referral', 'extensibleObject'], uid: 'away', ref: ref(`uid=away,${people}`) }
  await slapd.add(`uid=away,${people}`, away)
  const bySearch = await inhabited(t)
  for (const name of ['far', 'away']) await t.rejects(bySearch.logIn(name), refused, name)
  await bySearch.logIn('ann')
  const { logIn } = await inhabited(t, byName)
  for (const name of ['far', 'away']) await t.rejects(logIn(name), refused, name)
  await slapd.asRoot((client) => client.del(`uid=away,${people}`).catch(() => undefined))
})

t.test('what an account allows', async (t) => {
  const { admin, clock, logIn, km } = await inhabited(t)
  await logIn('ann')
  await admin.setPrincipal('ann', { methods: ['password'] })
  await t.rejects(logIn('ann'), refused)
  await admin.setPrincipal('ann', { methods: ['ldap'] })
  const { token } = await (await logIn('ann')).logIn({})
  await admin.setConnection('corp', { enabled: false })
  await t.rejects(logIn('ann'), refused)
  await t.rejects(km.authenticate({ token: token.text }, door), refused, 'its sessions end')
  await admin.setConnection('corp', { enabled: true })
  await admin.setPrincipal('ann', { expires: clock.now() + minute })
  await logIn('ann')
  clock.pass(minute)
  await t.rejects(logIn('ann'), refused)
})

t.test('the secret is kept sealed and given to nobody', async (t) => {
  const { house, admin, logIn } = await inhabited(t)
  await logIn('ann')
  const told = [
    await admin.getConnection('corp'),
    await admin.connections(),
    await admin.setConnection('corp', { description: 'x' }),
    await admin.testConnection('corp', 'ann'),
    await admin.audit({ limit: 1000 }),
  ]
  t.notMatch(JSON.stringify(told), reader.password)
  for (const settings of [{ url: 'ldaps://evil.example.org' }, { startTls: false }, { authorities: null }]) {
    await t.rejects(admin.setConnection('corp', { settings }), { ...invalid, message: /give it again/ })
  }
  await admin.setConnection('corp', { settings: { userBase: suffix } })
  await house.close()
  for (const file of ['mortise.db', 'mortise.db-wal']) {
    const bytes = await readFile(join(house.directory, file)).catch(() => Buffer.alloc(0))
    t.notOk(bytes.includes(reader.password), file)
  }
})

t.test('settings that could not work are refused', async (t) => {
  const { admin } = await inhabited(t)
  const wrong: (readonly [Record<string, unknown>, RegExp, object?])[] = [
    [{ userFilter: '(uid=ann)' }, /userFilter/],
    [{ userFilter: '(uid={username}*)' }, /userFilter/],
    [{ userFilter: '(&(uid={username})(cn={username}*))' }, /userFilter/],
    [{ userFilter: '(uid={name})' }, /userFilter/],
    [{ userFilter: '(uid={username}' }, /userFilter/],
    [{ groupFilter: '(cn=*)' }, /groupFilter/],
    [{ userBase: null }, /userBase/],
    [{ userDn: `uid={username},${people}` }, /userBase/],
    [{ userDn: `uid={username},${people}`, userBase: null }, /bindDn/],
    [{ userDn: 'uid=ann', userBase: null, bindDn: null }, /\{username\}/, { secret: null }],
    [{ userDn: '{username}', userBase: null, bindDn: null }, /distinguished name/, { secret: null }],
    [{}, /bindDn/, { secret: null }],
    [{ url: 'ldaps://ann@directory' }, /url/],
    [{ url: 'ldaps://directory/dc=example' }, /url/],
    [{ url: 'https://directory' }, /url/],
    [{ timeoutSeconds: 0 }, /timeoutSeconds/],
  ]
  for (const [settings, message, more = {}] of wrong) {
    await t.rejects(
      admin.setConnection('corp', { settings, ...more }),
      { ...invalid, message },
      JSON.stringify(settings),
    )
  }
})

t.test('a test tells whoever sets it up what is wrong', async (t) => {
  const { km, admin, logIn } = await inhabited(t, { registers: false })
  await admin.createGroup({ name: 'invoices' })
  const settings = { groupBase: groups }
  await admin.setConnection('corp', { settings, groups: { billing: 'invoices' } })
  const test = async (user?: string) => {
    const { ok, findings } = await admin.testConnection('corp', user)
    return { ok, ...Object.fromEntries(findings.map(({ check, detail }) => [check, detail])) }
  }
  t.same(await test(), { ok: true, connect: `${slapd.ldap}, with TLS`, bind: `as ${reader.dn}` })
  const found = await test('ann')
  t.match(found, {
    ok: false,
    person: ann,
    username: 'ann',
    name: 'ann of Example',
    email: 'ann@example.org',
    groups: /Billing/,
    'groups of the map': 'billing',
    principal: /is not linked/,
  })
  await admin.setConnection('corp', { registers: true })
  t.match(await test('ann'), { ok: true, principal: /is registered/ })
  await logIn('ann')
  t.match(await test('ann'), { ok: true, principal: /is ann$/ })
  t.match(await test('nobody'), { ok: false, person: /nobody below/ })
  await admin.setConnection('corp', { settings: { userFilter: '(|(uid={username})(objectClass=person))' } })
  t.match(await test('ann'), { ok: false, person: /more than one/ })
  await admin.setConnection('corp', { settings: { userFilter: '(uid={username})' }, secret: 'wrong' })
  t.match(await test('ann'), { ok: false, bind: /does not take bindDn/ })
  await admin.setConnection('corp', { settings: { authorities: null }, secret: 'wrong' })
  t.match(await test(), { ok: false, tls: /self-signed/ })
  await admin.setConnection('corp', { settings: { startTls: false }, secret: 'wrong' })
  t.match(await test(), { ok: false, connect: /without TLS on this machine/, bind: /does not take bindDn/ })
  const clerk = await admin.createPrincipal({ name: 'clerk', permissions: ['PrincipalManage'] })
  await t.rejects((await km.as(clerk.name)).testConnection('corp'), { code: 'MORTISE_ACCESS_DENIED' })
  await t.rejects(admin.testConnection('local_account'), invalid)
})
