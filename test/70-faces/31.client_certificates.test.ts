import { execFile } from 'node:child_process'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { connect, type TLSSocket } from 'node:tls'
import { promisify } from 'node:util'
import t from 'tap'
import {
  authority,
  extension,
  make,
  makeAuthority,
  oids,
  type Party,
  type Request,
} from '../15-x509/authority.js'
import { bits, constructed, der, name, oid, primitive, sequence, tags, text } from '../15-x509/der.js'
import { temporary } from '../80-server/house.js'
import { day, hour, minute, TestClock } from '../support/clock.js'
import { KeyHouse } from '../support/key_house.js'
import { pem, shown, subject, TlsServer } from '../support/tls_clients.js'

const clientAuth = '1.3.6.1.5.5.7.3.2'
const serverAuth = '1.3.6.1.5.5.7.3.1'
const [cn, o, ou] = ['2.5.4.3', '2.5.4.10', '2.5.4.11']
const password = 'correct horse battery'
const purposes = (...types: readonly string[]) => extension(oids.extKeyUsage, sequence(...types.map(oid)))
const usage = (bit: number) => extension(oids.keyUsage, bits(Buffer.from([bit])), true)
const named = (...names: readonly Uint8Array[]) => extension(oids.subjectAltName, sequence(...names))
const email = (value: string) => text(value, primitive(1))
const dns = (value: string) => text(value, primitive(2))
const uri = (value: string) => text(value, primitive(6))
const upn = (value: string) =>
  der(constructed(0), oid('1.3.6.1.4.1.311.20.2.3'), der(constructed(0), text(value)))

const root = makeAuthority('root')
const middle = makeAuthority('middle', { issuer: root })
const annSubject = subject([o, 'Example'], [ou, 'Keys'], [cn, 'Ann'])
const client = (request: Request = {}) =>
  make({ subject: annSubject, issuer: root, extensions: [purposes(clientAuth)], ...request })
const ann = client()

/** A house whose connection `clients` knows Ann by her account, at a time when every certificate is valid. */
async function inhabited(t: Parameters<typeof KeyHouse.build>[0], settings: Record<string, unknown> = {}) {
  const clock = new TestClock('2025-01-01T00:00:00Z')
  const house = await KeyHouse.build(t, { clock, scheduler: false })
  const { km } = house
  const admin = await house.administrator()
  const { id } = await admin.createPrincipal({
    name: 'ann',
    password,
    certificateSubject: 'CN=Ann,OU=Keys,O=Example',
  })
  await admin.createConnection({
    name: 'clients',
    kind: 'certificate',
    settings: { authorities: pem(root.der), ...settings },
  })
  const server = await TlsServer.start(t, km)
  const as = (party: Party, ...along: readonly Party[]) => server.client(t, shown(party, ...along))
  const entries = async (outcome: 'success' | 'denied') =>
    (await admin.audit({ operation: 'Authenticate', outcome, face: 'admin' })).records
  const lastDenied = async () => (await entries('denied'))[0]?.detail
  return { house, km, clock, admin, id, server, as, entries, lastDenied }
}

t.test('a certificate says who it is with each request of a connection', async (t) => {
  const { admin, id, as, entries, server } = await inhabited(t)
  const one = as(ann)
  for (let i = 0; i < 3; i++) t.equal(await one.who(), 'ann')
  t.match(await entries('success'), { length: 1, 0: { principal: id, detail: { factors: ['certificate'] } } })
  t.equal((await admin.getUser('ann')).loginsCount, 1)
  t.equal(await as(ann).who(), 'ann')
  t.equal((await entries('success')).length, 2, 'recorded once a connection')
  t.match(await one.ask('POST', '/keys', { body: { algorithm: 'AES', name: 'k' } }), { status: 201 })
  t.match((await admin.audit({ operation: 'Create' })).records, [{ principal: id }])
  t.equal(await server.client(t).who(), 401, 'without one it is nobody')
  t.equal(await as(make({ subject: annSubject })).who(), 401)
})

t.test('a chain with authorities between', async (t) => {
  const { as, lastDenied } = await inhabited(t)
  const leaf = client({ issuer: middle })
  t.equal(await as(leaf, middle).who(), 'ann')
  t.equal(await as(leaf).who(), 401)
  t.match(await lastDenied(), {
    method: 'certificate',
    reasons: ['clients: untrusted, CN=Ann,OU=Keys,O=Example'],
  })
  const low = makeAuthority('low', { issuer: middle })
  t.equal(await as(client({ issuer: low }), low, middle).who(), 'ann')
})

t.test('what a certificate must be', async (t) => {
  const { as, clock, lastDenied } = await inhabited(t)
  const refusedFor = async (reason: string, party: Party, ...along: readonly Party[]) => {
    t.equal(await as(party, ...along).who(), 401, reason)
    t.match(await lastDenied(), { reasons: [new RegExp(`^clients: ${reason}`)] })
  }
  await refusedFor('untrusted', make({ subject: annSubject, extensions: [purposes(clientAuth)] }))
  const foreign = makeAuthority('root')
  await refusedFor('signature', client({ issuer: foreign }))
  await refusedFor('signature', client({ issuer: foreign }), foreign)
  await refusedFor('purpose', client({ extensions: [purposes(serverAuth)] }))
  await refusedFor('key-usage', client({ extensions: [usage(0b0010_0000)] }))
  await refusedFor('critical-extension', client({ extensions: [extension('1.2.3.4', sequence(), true)] }))
  await refusedFor('expired', client({ notBefore: '230101000000Z', notAfter: '240101000000Z' }))
  await refusedFor('not-yet-valid', client({ notBefore: '260101000000Z', notAfter: '270101000000Z' }))
  const within = extension(
    oids.nameConstraints,
    sequence(der(constructed(0), sequence(der(constructed(4), subject([o, 'Elsewhere']))))),
    true,
  )
  const constrained = makeAuthority('constrained', { issuer: root, extensions: [authority, within] })
  await refusedFor('name-constraints', client({ issuer: constrained }), constrained)
  const forServers = makeAuthority('servers', { issuer: root, extensions: [authority, purposes(serverAuth)] })
  await refusedFor('purpose', client({ issuer: forServers }), forServers)
  await refusedFor('not-an-authority', client({ issuer: client() }), ann)
  t.equal(await as(client({ extensions: [] })).who(), 'ann', 'for any purpose')
  const one = as(ann)
  t.equal(await one.who(), 'ann')
  clock.pass(12 * hour + 1000)
  t.equal(await one.who(), 401, 'until it expires, also on a connection of before')
  t.match(await lastDenied(), { reasons: [/expired/] })
})

t.test('curl', async (t) => {
  const { server } = await inhabited(t)
  const folder = await temporary(t)
  const { cert, key } = shown(client({ issuer: middle }), middle)
  await writeFile(join(folder, 'cert.pem'), cert)
  await writeFile(join(folder, 'key.pem'), key)
  for (const version of ['1.2', '1.3']) {
    const { stdout } = await promisify(execFile)('curl', [
      ...['--silent', '--insecure', `--tlsv${version}`, '--tls-max', version],
      ...['--cert', join(folder, 'cert.pem'), '--key', join(folder, 'key.pem'), `${server.url}/admin/v1/me`],
    ])
    t.match(JSON.parse(stdout), { name: 'ann' }, version)
  }
})

t.test('a subject is compared as a name, and as nothing else', async (t) => {
  const { admin, as } = await inhabited(t)
  const accepts = async (written: string, is: Buffer) => {
    await admin.setPrincipal('ann', { certificateSubject: written })
    return (await as(client({ subject: is })).who()) === 'ann'
  }
  for (const written of [
    'CN=Ann,OU=Keys,O=Example',
    'o = example, ou=KEYS,cn=ann',
    'OU=Keys,CN=Ann,O=Example',
    '2.5.4.3=Ann,OU=\\4beys,O=  Example',
    '2.5.4.3=#0c03416e6e,OU=Keys,O=Example',
  ]) {
    t.ok(await accepts(written, annSubject), written)
  }
  const latin = name(
    [o, text('Example', tags.printableString)],
    [ou, text('Keys')],
    [cn, text('ANN', tags.ia5String)],
  )
  t.ok(await accepts('CN=Ann,OU=Keys,O=Example', latin), 'whatever its strings are')
  for (const written of [
    'CN=Ann',
    'CN=Ann,OU=Keys',
    'CN=Ann,OU=Keys,O=Example,C=DE',
    'CN=Anne,OU=Keys,O=Example',
    'CN=Ann+OU=Keys,O=Example',
    'CN=Ann\\,OU\\=Keys,O=Example',
    'CN=Keys,OU=Ann,O=Example',
    'CN=Ann,OU=Keys\\,O=Example',
  ]) {
    t.notOk(await accepts(written, annSubject), written)
  }
  t.notOk(
    await accepts('CN=Ann,OU=Keys,O=Example', subject([cn, 'Ann,OU=Keys,O=Example'])),
    'a value that looks like more',
  )
  t.ok(await accepts('CN=Ann\\,OU\\=Keys\\,O\\=Example', subject([cn, 'Ann,OU=Keys,O=Example'])))
  const many = subject(...Array.from({ length: 60 }, (_, i) => [ou, `unit number ${i} of many`] as const))
  t.equal(await as(client({ subject: many })).who(), 401, 'a very long one is nobody')
  t.equal(await as(client({ subject: sequence(), extensions: [named(dns('a.example'))] })).who(), 401)
})

t.test('what else of a certificate an identity can be', async (t) => {
  const { admin, as, lastDenied } = await inhabited(t)
  const extensions = [
    named(
      email('First.Last@Example.ORG'),
      email('second@example.org'),
      dns('Host.Example.org'),
      uri('spiffe://example/a'),
      upn('Ann@Corp.Example'),
    ),
  ]
  const rich = client({ extensions })
  const rules = {
    dn: ['o=Example, OU=keys, CN=ann', 'CN=ann,O=example,OU=keys'],
    cn: ['ANN', 'ann'],
    email: ['First.Last@EXAMPLE.org', 'First.Last@example.org'],
    dns: ['HOST.example.org', 'host.example.org'],
    uri: ['spiffe://example/a', 'spiffe://example/a'],
    upn: ['ann@corp.example', 'ann@corp.example'],
  }
  for (const [rule, [written = '', normal]] of Object.entries(rules)) {
    await admin.setConnection('clients', { settings: { subject: rule } })
    t.equal(await as(rich).who(), 401, `${rule}: nobody is linked`)
    t.match(await lastDenied(), { identities: [`clients|${normal}`] })
    const linked = await admin.linkIdentity({ principal: 'ann', connection: 'clients', subject: written })
    t.match(linked, { subject: normal }, rule)
    t.equal(await as(rich).who(), 'ann', rule)
    await admin.unlinkIdentity(linked)
    t.equal(await as(rich).who(), 401)
    const bare = client({ subject: subject([cn, 'a'], [cn, 'b']), extensions: [] })
    if (rule === 'dn') continue
    t.equal(await as(bare).who(), 401)
    t.match(await lastDenied(), { reasons: [`clients: no-${rule}, CN=b,CN=a`] })
  }
  await admin.setConnection('clients', { settings: { subject: 'dns' } })
  t.equal(await as(client({ extensions: [named(dns('*.example.org'))] })).who(), 401, 'a wildcard is nobody')
})

t.test('the first certificate registers, where the connection says so', async (t) => {
  const { admin, as } = await inhabited(t)
  await t.rejects(admin.setConnection('clients', { registers: true }), { code: 'MORTISE_INPUT_INVALID' })
  await admin.setConnection('clients', { registers: true, settings: { subject: 'dn' } })
  const bob = client({ subject: subject([cn, 'bob']), extensions: [named(email('bob@example.org'))] })
  t.equal(await as(bob).who(), 'bob')
  t.match(await admin.getUser('bob'), { origin: 'clients|CN=bob', email: 'bob@example.org', loginsCount: 1 })
  t.equal(
    await as(client({ subject: subject([cn, 'ann']) })).who(),
    'clients|CN=ann',
    'never who is there already',
  )
})

t.test('what becomes of an account holds for its certificate', async (t) => {
  const { admin, as, clock, km } = await inhabited(t)
  const one = as(ann)
  const is = async (who: string | number, why: string) => {
    t.equal(await one.who(), who, why)
    t.equal(await as(ann).who(), who, why)
  }
  await is('ann', 'at first')
  await admin.setPrincipal('ann', { enabled: false })
  await is(401, 'disabled')
  await admin.setPrincipal('ann', { enabled: true })
  await is('ann', 'enabled')
  await admin.setPrincipal('ann', { methods: ['password', 'oidc'] })
  await is(401, 'not by certificate')
  await admin.setPrincipal('ann', { methods: ['certificate'] })
  await is('ann', 'by certificate')
  await admin.setPrincipal('ann', { clientTypes: ['confidential'] })
  await is(401, 'not by such a client')
  await admin.setPrincipal('ann', { methods: null, clientTypes: null })
  const door = { face: 'test', request: '1' }
  for (let i = 0; i < 6; i++) await t.rejects(km.authenticate({ name: 'ann', password: 'wrong' }, door))
  t.ok((await admin.getUser('ann')).lockedUntil)
  await is('ann', 'whoever guesses passwords locks passwords, and no certificate')
  await admin.setPrincipal('ann', { expires: clock.now() + minute })
  await is('ann', 'not expired')
  clock.pass(minute)
  await is(401, 'expired')
  await admin.setPrincipal('ann', { expires: null, certificateSubject: 'CN=somebody' })
  await is(401, 'another subject')
  await admin.setPrincipal('ann', { certificateSubject: 'CN=Ann,OU=Keys,O=Example' })
  await is('ann', 'again')
  await admin.deletePrincipal('ann')
  await is(401, 'deleted')
  await admin.createPrincipal({ name: 'ann', certificateSubject: 'CN=Ann,OU=Keys,O=Example' })
  await is('ann', 'somebody new')
})

t.test('what becomes of the connection holds for every TLS connection', async (t) => {
  const { admin, as } = await inhabited(t)
  const one = as(ann)
  const token = await one.ask('POST', '/login/certificate', { body: {} })
  t.equal(await one.who({ token: token.json.token }), 'ann')
  const { port } = await one.ask('GET', '/me')
  const other = makeAuthority('other')
  await admin.setConnection('clients', { settings: { authorities: pem(other.der) } })
  t.match(await one.ask('GET', '/me'), { status: 401, port }, 'on the same connection')
  t.equal(await one.who({ token: token.json.token }), 401, 'sessions of before end')
  await admin.setConnection('clients', { settings: { authorities: pem(other.der, root.der) } })
  t.match(await one.ask('GET', '/me'), { status: 200, port })
  await admin.setConnection('clients', { enabled: false })
  t.match(await one.ask('GET', '/me'), { status: 401, port })
  await admin.setConnection('clients', { enabled: true })
  t.match(await one.ask('GET', '/me'), { status: 200, port })
  await admin.deleteConnection('clients')
  t.match(await one.ask('GET', '/me'), { status: 401, port })
})

t.test('no TLS session is resumed', async (t) => {
  const { server } = await inhabited(t)
  const { hostname: host, port } = new URL(server.url)
  const leaf = shown(client({ issuer: middle }), middle)
  const ask = async (options: object): Promise<{ socket: TLSSocket; status: string; sessions: Buffer[] }> => {
    const socket = connect({ host, port: Number(port), rejectUnauthorized: false, ...leaf, ...options })
    const sessions: Buffer[] = []
    socket.on('session', (session) => sessions.push(session))
    socket.write('GET /admin/v1/me HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n')
    let answer = ''
    for await (const chunk of socket) answer += chunk
    return { socket, status: answer.slice(9, 12), sessions }
  }
  for (const maxVersion of ['TLSv1.2', 'TLSv1.3']) {
    const first = await ask({ maxVersion })
    t.equal(first.status, '200')
    for (const session of [first.socket.getSession(), ...first.sessions]) {
      const again = await ask({ maxVersion, session })
      t.equal(again.status, '200', maxVersion)
      t.notOk(again.socket.isSessionReused())
    }
  }
})

t.test('a bearer token decides, and a certificate adds nothing', async (t) => {
  const { admin, as, km, server } = await inhabited(t)
  const bob = await admin.createPrincipal({ name: 'bob', permissions: [] })
  const { text: token } = await (await km.as('bob')).createToken()
  const one = as(ann)
  t.equal(await one.who({ token }), 'bob')
  t.match(await one.ask('POST', '/keys', { token, body: { algorithm: 'AES', name: 'k' } }), { status: 403 })
  t.equal(await one.who({ token: `${token.slice(0, -1)}x` }), 401, 'nor in the place of a wrong one')
  for (const authorization of ['Basic YTpi', 'Bearer', '', 'Negotiate x']) {
    t.equal(await one.who({ headers: { authorization } }), 401, authorization)
  }
  t.equal(await one.who(), 'ann')
  t.equal(bob.name, 'bob')
  t.equal(await server.client(t).who({ token }), 'bob', 'no certificate is asked for it')
})

t.test('a page of another site does not borrow the certificate of a browser', async (t) => {
  const { as, server } = await inhabited(t)
  const one = as(ann)
  const who = (headers: Record<string, string>) => one.who({ headers })
  const other = 'https://evil.example'
  t.equal(await who({ 'sec-fetch-site': 'cross-site', origin: other }), 401)
  t.equal(await who({ 'sec-fetch-site': 'same-site' }), 401)
  t.equal(await who({ origin: other }), 401)
  t.equal(await who({ origin: 'null' }), 401)
  t.equal(await who({ 'sec-fetch-site': 'same-origin', origin: server.url }), 'ann')
  t.equal(await who({ 'sec-fetch-site': 'none' }), 'ann')
  t.equal(await who({ origin: server.url }), 'ann')
  t.match(await one.ask('POST', '/login/certificate', { body: {}, headers: { origin: other } }), {
    status: 401,
  })
})

t.test('a certificate gives a session, which is for its key alone', async (t) => {
  const { admin, as, clock, server, entries } = await inhabited(t)
  const one = as(ann)
  const body = { refresh: {}, connection: 'clients' }
  clock.pass(hour)
  const { status, json } = await one.ask('POST', '/login/certificate', { body })
  t.equal(status, 200)
  const { token, refreshToken, expires } = json
  t.equal(expires, Date.parse('2025-01-01T12:00:01Z'), 'no longer than the certificate')
  t.equal(await one.who({ token }), 'ann')
  t.equal(await as(ann).who({ token }), 'ann', 'over any connection')
  const again = as(client())
  t.equal(await again.who(), 'ann')
  t.equal(await again.who({ token }), 401, 'not with another certificate of the same name')
  t.equal(await server.client(t).who({ token }), 401, 'not without one')
  const refresh = (client: typeof one) => client.ask('POST', '/login/refresh', { body: { refreshToken } })
  t.match(await refresh(server.client(t)), { status: 401 })
  t.match(await refresh(again), { status: 401 })
  const next = await refresh(one)
  t.equal(next.status, 200)
  t.equal(await one.who({ token: next.json.token }), 'ann')
  t.equal(await again.who({ token: next.json.token }), 401)
  const { sessions } = await admin.sessions({ principal: 'ann' })
  t.match(sessions, [{ identity: 'clients|CN=ann,O=example,OU=keys', certificate: /^[\w-]{43}$/ }])
  t.match(await one.ask('POST', '/login/certificate', { body: { connection: 'nowhere' } }), { status: 401 })
  t.match(await server.client(t).ask('POST', '/login/certificate', { body: {} }), { status: 401 })
  t.ok((await entries('denied')).every(({ code }) => code === 'MORTISE_AUTH_REQUIRED'))
  await admin.setPrincipal('ann', { certificateSubject: null })
  t.equal(await one.who({ token: next.json.token }), 401, 'it ends with the name that it rests on')
  await admin.setPrincipal('ann', { certificateSubject: 'CN=Ann,OU=Keys,O=Example' })
  const later = (await one.ask('POST', '/login/certificate', { body: {} })).json.token
  t.equal(await one.who({ token: later }), 'ann')
  clock.pass(day)
  t.equal(await one.who({ token: later }), 401)
})

t.test('password and certificate both', async (t) => {
  const { admin, as, server } = await inhabited(t)
  const bob = client({ subject: subject([cn, 'bob']) })
  await admin.createPrincipal({ name: 'bob', certificateSubject: 'CN=bob' })
  await admin.setPrincipal('ann', { methods: ['password_with_certificate'] })
  const logIn = (client: ReturnType<typeof as>, secret = password) =>
    client.ask('POST', '/login', { body: { name: 'ann', password: secret } })
  t.equal(await as(ann).who(), 401, 'a certificate alone')
  t.match(await logIn(server.client(t)), { status: 401 }, 'a password alone')
  t.match(await logIn(as(bob)), { status: 401 }, 'with the certificate of somebody else')
  t.match(await logIn(as(ann), 'wrong'), { status: 401 })
  const both = await logIn(as(ann))
  t.equal(both.status, 200)
  t.equal(await as(ann).who({ token: both.json.token }), 'ann')
  t.equal(await server.client(t).who({ token: both.json.token }), 401, 'bound to it')
})

t.test('several connections', async (t) => {
  const { admin, as } = await inhabited(t)
  const partner = makeAuthority('partner')
  const settings = { authorities: pem(partner.der), subject: 'cn' }
  await admin.createConnection({ name: 'b-partners', kind: 'certificate', registers: true, settings })
  const guest = client({ issuer: partner })
  t.equal(await as(guest).who(), 'Ann', 'whoever has the same subject elsewhere is somebody else')
  t.equal(await as(ann).who(), 'ann')
  await admin.setConnection('clients', { enabled: false })
  t.equal(await as(ann).who(), 401)
  t.equal(await as(guest).who(), 'Ann')
})

t.test('a server that does not ask sees no certificate', async (t) => {
  const { km } = await inhabited(t)
  const server = await TlsServer.start(t, km, { '--tls-client-certificates': 'false' })
  t.equal(await server.client(t, shown(ann)).who(), 401)
})

t.test('authorities', async (t) => {
  const { admin, clock } = await inhabited(t)
  const invalid = { code: 'MORTISE_INPUT_INVALID' }
  const { key } = shown(root)
  for (const authorities of [
    '',
    'x',
    pem(ann.der),
    `${pem(root.der)}${key}`,
    pem(root.der.subarray(1)),
    undefined,
  ]) {
    const settings = { authorities }
    await t.rejects(admin.createConnection({ name: 'more', kind: 'certificate', settings }), invalid)
  }
  const old = makeAuthority('old', { notBefore: '200101000000Z', notAfter: '210101000000Z' })
  const settings = { authorities: `root\n${pem(root.der)}\nold\n${pem(old.der)}` }
  await admin.createConnection({ name: 'more', kind: 'certificate', settings })
  t.match(await admin.testConnection('more'), {
    ok: false,
    findings: [
      { check: 'authority', ok: true, detail: /^CN=root, valid .* until 2025-01-01T12:00:00.000Z/ },
      { ok: false, detail: /^CN=old/ },
    ],
  })
  t.match(await admin.testConnection('clients'), { ok: true })
  clock.pass(day)
  t.match(await admin.testConnection('clients'), { ok: false })
})
