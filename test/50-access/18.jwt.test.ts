import { createHmac, generateKeyPairSync, sign } from 'node:crypto'
import { exportJWK, generateKeyPair, SignJWT } from 'jose'
import t from 'tap'
import {
  isMortiseError,
  type KeyManager,
  type KeyManagerOptions,
  type NewConnection,
  type Session,
} from '../../lib/index.js'
import { hour, minute, TestClock, until } from '../support/clock.js'
import { Issuer, signingAlgorithms } from '../support/issuer.js'
import { KeyHouse } from '../support/key_house.js'

const door = { face: 'test', request: '1' }
const refused = { code: 'MORTISE_AUTH_REQUIRED', message: 'credentials are missing or not valid' }
const unavailable = { code: 'MORTISE_CONNECTION_UNAVAILABLE', status: 503 }

async function inhabited(t: Parameters<typeof KeyHouse.build>[0], options: Partial<KeyManagerOptions> = {}) {
  const house = await KeyHouse.build(t, { scheduler: false, ...options })
  const { km } = house
  return { house, km, admin: await house.administrator(), enter: enterer(km) }
}

function enterer(km: KeyManager) {
  return (token: string) => km.authenticate({ token }, door)
}

/** An issuer, and the connection to it. */
async function connected(
  t: Parameters<typeof KeyHouse.build>[0],
  admin: Session,
  name = 'corp',
  { settings, ...fields }: Partial<NewConnection> = {},
) {
  const issuer = await Issuer.start(t)
  const given = { issuer: issuer.url, audiences: ['mortise'], ...settings }
  await admin.createConnection({ name, kind: 'oidc', registers: true, settings: given, ...fields })
  return issuer
}

/** Why the last one was refused. */
async function reason(admin: Session): Promise<unknown> {
  const { records } = await admin.audit({ operation: 'Authenticate', limit: 1 })
  t.match(records, [{ outcome: 'denied', code: 'MORTISE_AUTH_REQUIRED', face: 'test' }])
  return records[0]?.detail['reason']
}

t.test('tokens of oidc-provider let people in, with every type of key', async (t) => {
  const { admin, enter } = await inhabited(t)
  const audiences = ['mortise', ...signingAlgorithms.map((alg) => `app-${alg}`)]
  const issuer = await connected(t, admin, 'corp', { settings: { audiences } })
  for (const alg of signingAlgorithms) {
    const claims = { sub: alg, preferred_username: `of ${alg}`, name: 'Ann Example', email: 'a@example.org' }
    const { access, identity } = await issuer.tokens({ alg, claims })
    const { principal } = await enter(access)
    t.equal(principal.name, `of ${alg}`)
    t.equal((await enter(identity)).principal.id, principal.id, 'both are of one somebody')
    t.match((await admin.identities({ principal: principal.id })).identities, [
      { connection: 'corp', subject: alg },
    ])
    t.match(await admin.getUser(principal.id), {
      fullName: 'Ann Example',
      email: 'a@example.org',
      origin: `corp|${alg}`,
    })
  }
  t.equal(issuer.fetches, 1, 'its keys were asked for once')
  const { records } = await admin.audit({ operation: 'Authenticate', limit: 1 })
  t.match(records, [
    { outcome: 'success', principalName: 'of EdDSA', detail: { identity: 'corp|EdDSA', factors: ['oidc'] } },
  ])
})

t.test('one principal of two issuers uses a key that was granted once', async (t) => {
  const { admin, enter } = await inhabited(t)
  const here = await connected(t, admin, 'here')
  const there = await connected(t, admin, 'there', { registers: false })
  const ann = await enter(await here.token({ claims: { sub: '1', preferred_username: 'ann' } }))
  const key = await admin.createKey({ algorithm: 'AES', name: 'shared' })
  await admin.grant(key.id, { principal: 'ann' }, ['Encrypt', 'Decrypt'])

  const elsewhere = await there.token({ claims: { sub: '1', preferred_username: 'ann' } })
  await t.rejects(enter(elsewhere), refused, 'the same subject at another issuer is somebody else')
  await admin.linkIdentity({ principal: 'ann', connection: 'there', subject: '1' })
  const box = await ann.encrypt('shared', Buffer.from('data'))
  t.equal((await (await enter(elsewhere)).decrypt('shared', box)).toString(), 'data')
  const { records } = await admin.audit({ limit: 20 })
  t.match(
    records.filter(({ operation }) => operation === 'Encrypt' || operation === 'Decrypt'),
    [{ principalName: 'ann' }, { principalName: 'ann' }],
  )
})

t.test('hostile tokens are refused with one text, and the trail has the reason', async (t) => {
  const { admin, enter } = await inhabited(t)
  const issuer = await connected(t, admin)
  const { publicKey, privateKey, kid } = issuer.keys.RS256
  const good = await issuer.forge({})
  t.ok(await enter(good), 'what they are made from is taken')
  const [header, payload, signature] = good.split('.') as [string, string, string]
  const text = (part: object) => Buffer.from(JSON.stringify(part)).toString('base64url')
  const now = Math.floor(Date.now() / 1000)
  const claims = JSON.parse(Buffer.from(payload, 'base64url').toString())
  const hmac = (secret: string | Buffer, part: object) => {
    const signed = `${text(part)}.${payload}`
    return `${signed}.${createHmac('sha256', secret).update(signed).digest('base64url')}`
  }
  const stranger = await generateKeyPair('RS256', { extractable: true })
  const strange = (head: object) =>
    new SignJWT(claims).setProtectedHeader({ alg: 'RS256', kid, ...head }).sign(stranger.privateKey)
  const small = generateKeyPairSync('rsa', { modulusLength: 2048 })
  const pem = publicKey.export({ format: 'pem', type: 'spki' })
  const jwk = publicKey.export({ format: 'jwk' })

  const hostile: Record<string, [string | Promise<string>, RegExp]> = {
    none: [`${text({ alg: 'none', kid })}.${payload}.`, /algorithm is not allowed: "none"/],
    'None, signed': [`${text({ alg: 'None', kid })}.${payload}.${signature}`, /algorithm/],
    'no algorithm': [`${text({ kid })}.${payload}.${signature}`, /algorithm/],
    'HS256 with the public key as PEM': [
      hmac(pem, { alg: 'HS256', kid }),
      /algorithm is not allowed: "HS256"/,
    ],
    'HS256 with its modulus': [
      hmac(Buffer.from(jwk.n as string, 'base64url'), { alg: 'HS256', kid }),
      /algorithm/,
    ],
    'a list of algorithms': [`${text({ alg: ['RS256'], kid })}.${payload}.${signature}`, /./],
    'the algorithm of another key': [
      `${text({ alg: 'PS256', kid })}.${payload}.${signature}`,
      /no applicable key/,
    ],
    'another signature': [`${header}.${payload}.${signature.split('').reverse().join('')}`, /signature/],
    'no signature': [`${header}.${payload}.`, /signature/],
    'other claims': [`${header}.${text({ ...claims, sub: 'admin' })}.${signature}`, /signature/],
    'the key of a stranger': [strange({}), /signature/],
    'a key that it brings along': [strange({ jwk: await exportJWK(stranger.publicKey) }), /signature/],
    'a place of keys that it brings along': [strange({ jku: 'https://evil.example.org/jwks' }), /signature/],
    'a certificate that it brings along': [
      strange({ x5u: 'https://evil.example.org/x', x5c: ['AA=='] }),
      /./,
    ],
    'a kid that is a path': [strange({ kid: '../../../../dev/null' }), /no applicable key/],
    'a kid that is SQL': [strange({ kid: "' OR 1=1 --" }), /no applicable key/],
    'a kid of nothing': [strange({ kid: '' }), /no applicable key/],
    'a kid of a prototype': [strange({ kid: '__proto__' }), /no applicable key/],
    'a kid that is a list': [`${text({ alg: 'RS256', kid: [kid] })}.${payload}.${signature}`, /./],
    'a long kid': [strange({ kid: 'k'.repeat(3000) }), /no applicable key/],
    'no kid': [strange({ kid: undefined }), /signature/],
    'a signature of a key that is nobody’s': [
      new SignJWT(claims).setProtectedHeader({ alg: 'RS256' }).sign(small.privateKey),
      /signature/,
    ],
    'another issuer': [issuer.forge({ iss: 'https://evil.example.org' }), /no connection.*evil/],
    'an issuer with a slash more': [issuer.forge({ iss: `${issuer.url}/` }), /no connection/],
    'a list of issuers': [issuer.forge({ iss: [issuer.url] as unknown as string }), /no connection/],
    expired: [issuer.forge({ exp: now - 61 }), /"exp"/],
    'without end': [without('exp'), /missing required "exp"/],
    'an end that is text': [issuer.forge({ exp: String(now + 60) as unknown as number }), /"exp"/],
    'an endless end': [
      raw(`{"iss":"${issuer.url}","aud":"mortise","sub":"x","exp":1e999}`),
      /exp is no date/,
    ],
    'not yet': [issuer.forge({ nbf: now + 90 }), /"nbf"/],
    'issued tomorrow': [issuer.forge({ iat: now + 86_400 }), /iat/],
    'issued at a text': [issuer.forge({ iat: 'now' as unknown as number }), /iat/],
    'for another audience': [issuer.forge({ aud: 'other' }), /"aud"/],
    'for no audience': [issuer.forge({ aud: undefined as unknown as string }), /"aud"/],
    'for several, made for nobody': [issuer.forge({ aud: ['mortise', 'other'] }), /azp/],
    'for several, made for another': [issuer.forge({ aud: ['mortise', 'other'], azp: 'other' }), /azp/],
    'without a subject': [issuer.forge({ sub: undefined as unknown as string }), /sub/],
    'a subject that is a number': [issuer.forge({ sub: 1 as unknown as string }), /sub/],
    'a subject that is empty': [issuer.forge({ sub: '' }), /sub/],
    'a subject with a control character': [issuer.forge({ sub: 'a\u0000b' }), /sub/],
    'an extension that must be understood': [signed({ crit: ['exp'], exp: now + 60 }), /its header has crit/],
    'a payload that is not encoded': [
      `${text({ alg: 'RS256', kid, b64: false })}.${payload}.${signature}`,
      /b64/,
    ],
    'a logout': [issuer.forge({}, { typ: 'logout+jwt' }), /type/],
    'a proof of possession': [issuer.forge({}, { typ: 'dpop+jwt' }), /type/],
    'a type that is a list': [signed({ typ: ['a', 'b'] }), /type/],
    'a logout of old': [
      issuer.forge({ events: { 'http://schemas.openid.net/event/backchannel-logout': {} } }),
      /events/,
    ],
    'one that is bound to a key': [issuer.forge({ cnf: { jkt: 'x' } }), /bound to a key/],
    huge: [issuer.forge({ padding: 'x'.repeat(9000) }), /longer than 8192 bytes/],
    'huge, and no token': [`${'e'.repeat(1_000_000)}.`, /longer/],
    deep: [raw(`${'['.repeat(2500)}${']'.repeat(2500)}`), /no JSON objects/],
    'claims that are a list': [raw('[]'), /no JSON objects/],
    'claims that are nothing': [raw('null'), /no JSON objects/],
    'two parts': [`${header}.${payload}`, /compact form/],
    'five parts': [`${header}.${payload}.${signature}.a.b`, /compact form/],
    'a dot': ['.', /compact form/],
    'other letters': [`${header}.${payload}.${signature}=`, /compact form/],
    'no base64': [`a.b.c`, /no JSON objects/],
  }
  for (const [name, [token, why]] of Object.entries(hostile)) {
    await t.rejects(enter(await token), refused, name)
    t.match(await reason(admin), why, name)
  }
  const { total } = await admin.users({})
  t.equal(total, 2, 'nobody else was registered')

  function without(claim: string): Promise<string> {
    const rest = Object.fromEntries(Object.entries(claims).filter(([name]) => name !== claim))
    return new SignJWT(rest).setProtectedHeader({ alg: 'RS256', kid }).sign(privateKey)
  }

  /** What a careful library does not sign. */
  function signed(head: object): string {
    return raw(JSON.stringify(claims), head)
  }

  function raw(body: string, head: object = {}): string {
    const part = `${text({ alg: 'RS256', kid, ...head })}.${Buffer.from(body).toString('base64url')}`
    return `${part}.${sign('sha256', Buffer.from(part), privateKey).toString('base64url')}`
  }
})

t.test('a token must be for an audience of the connection', async (t) => {
  const { admin, enter } = await inhabited(t)
  const issuer = await connected(t, admin, 'first', { settings: { audiences: ['one', 'app'] } })
  const second = { issuer: issuer.url, audiences: ['two'] }
  await admin.createConnection({ name: 'second', kind: 'oidc', registers: true, settings: second })
  const identityOf = async (claims: Readonly<Record<string, unknown>>) => {
    const { principal } = await enter(await issuer.forge(claims))
    return (await admin.identities({ principal: principal.id })).identities.map(
      ({ connection }) => connection,
    )
  }
  t.strictSame(await identityOf({ sub: 'a', aud: 'one' }), ['first'])
  t.strictSame(await identityOf({ sub: 'b', aud: 'two' }), ['second'], 'of two connections the one it is for')
  t.strictSame(await identityOf({ sub: 'c', aud: ['x', 'one'], azp: 'app' }), ['first'])
  t.strictSame(await identityOf({ sub: 'd', aud: ['one'] }), ['first'], 'a list of one asks for no azp')
  await t.rejects(enter(await issuer.forge({ aud: 'three' })), refused)
  await admin.setConnection('first', { settings: { audiences: [] } })
  t.strictSame(
    await identityOf({ sub: 'e', aud: ['three', 'four'] }),
    ['first'],
    'none asked for, none looked at',
  )
})

t.test('algorithms and the tolerance are those of the connection', async (t) => {
  const { admin, enter } = await inhabited(t)
  const issuer = await connected(t, admin, 'corp', {
    settings: { algorithms: ['ES256'], clockToleranceSeconds: 0 },
  })
  const now = Math.floor(Date.now() / 1000)
  await t.rejects(enter(await issuer.token({ alg: 'RS256' })), refused)
  await t.rejects(enter(await issuer.forge({ exp: now - 30 }, { alg: 'ES256' })), refused)
  t.ok(await enter(await issuer.token({ alg: 'ES256' })))
  await admin.setConnection('corp', { settings: { algorithms: ['RS256'], clockToleranceSeconds: 600 } })
  t.ok(await enter(await issuer.forge({ exp: now - 500, nbf: now + 500, iat: now + 500 })))
  await t.rejects(enter(await issuer.forge({ exp: now - 700 })), refused)
})

t.test('groups and roles follow the claims with each login', async (t) => {
  const { admin, enter } = await inhabited(t)
  await admin.createGroup({ name: 'billing' })
  const ours = await admin.createGroup({ name: 'ours' })
  const issuer = await connected(t, admin, 'corp', {
    groups: { '/staff/billing': 'billing', audit: 'Audit Admins' },
    settings: { rolesClaim: 'realm_access.roles', groupsClaim: 'https://example.org/groups' },
  })
  const groups = async (claims: Readonly<Record<string, unknown>>) => {
    const { principal } = await enter(
      await issuer.token({ claims: { preferred_username: 'ann', ...claims } }),
    )
    return (await admin.groupsOf(principal.id)).map(({ name }) => name).sort()
  }
  const both = {
    'https://example.org/groups': ['/staff/billing', 'ours'],
    realm_access: { roles: ['audit'] },
  }
  t.strictSame(await groups(both), ['Audit Admins', 'billing'])
  await admin.addMember(ours.id, 'ann')
  t.strictSame(
    await groups({ realm_access: { roles: 'audit' } }),
    ['Audit Admins', 'ours'],
    'gone from the claims',
  )
  t.strictSame(await groups({ 'https://example.org/groups': '/staff/billing' }), ['billing', 'ours'])
  t.strictSame(await groups({ realm_access: 7, 'https://example.org/groups': { a: 'audit' } }), ['ours'])
  t.strictSame(await groups(both), ['Audit Admins', 'billing', 'ours'])
  t.strictSame(await groups({}), ['ours'], 'the claims are gone')
})

t.test('an e-mail address is somebody only where the issuer does not doubt it', async (t) => {
  const { admin, enter, km } = await inhabited(t)
  const issuer = await connected(t, admin, 'corp', { settings: { subjectClaim: 'email' } })
  const by = (claims: Readonly<Record<string, unknown>>) => issuer.token({ claims }).then(enter)
  const { principal } = await by({ sub: '1', email: 'ann@example.org' })
  t.equal(principal.name, 'ann@example.org')
  for (const email_verified of [true, 'true']) {
    t.equal((await by({ sub: '2', email_verified })).principal.id, principal.id, 'whatever else it is called')
  }
  for (const email_verified of [false, 'false', null, 0, 'no']) {
    await t.rejects(by({ email_verified }), refused, String(email_verified))
    t.match(await reason(admin), /not verified/)
  }
  await t.rejects(by({ email: undefined }), refused)

  // Where it is not what identifies, it is not believed either.
  await admin.setConnection('corp', { settings: { subjectClaim: 'sub' } })
  const mallory = await by({ sub: 'mallory', email: 'boss@example.org', email_verified: false })
  t.equal(mallory.principal.name, 'corp|mallory')
  t.equal((await admin.getUser(mallory.principal.id)).email, null)
  await admin.setConnection('corp', { settings: { usernameClaim: 'email', emailClaim: 'mail' } })
  const eve = await by({
    sub: 'eve',
    email: 'boss@example.org',
    mail: 'boss@example.org',
    email_verified: false,
  })
  t.equal(eve.principal.name, 'corp|eve', 'nor as a name')
  await admin.setConnection('corp', { settings: { subjectClaim: 'email' } })
  await t.rejects(by({ email_verified: false }), refused, 'whichever claim is said to have it')
  const usual = { subjectClaim: 'sub', usernameClaim: 'preferred_username', emailClaim: 'email' }
  await admin.setConnection('corp', { settings: usual })
  await km.ensurePrincipal({ name: 'chief@example.org' })
  const chief = await by({ sub: 'm2', email: 'chief@example.org', email_verified: true })
  t.equal(chief.principal.name, 'corp|m2', 'whoever is here already is linked by hand alone')
  const long = await by({ sub: 'm3', name: 'x'.repeat(300), preferred_username: 'a\u0000b', email: 'a\nb' })
  t.match(await admin.getUser(long.principal.id), { name: 'corp|m3', fullName: null, email: null })
})

t.test('issuers of the configuration let people in by their e-mail addresses', async (t) => {
  const one = await Issuer.start(t)
  const two = await Issuer.start(t)
  const jwt = {
    issuers: [{ issuer: one.url, jwks: `${one.url}/jwks`, audiences: ['mortise'] }, { issuer: two.url }],
  }
  const { house, admin, enter } = await inhabited(t, { jwt })
  const ann = await enter(await one.token())
  t.equal(ann.principal.name, 'ann@example.org')
  t.equal(one.asked.get('/.well-known/openid-configuration'), undefined, 'the keys are where it says')
  const same = await enter(await two.token({ audience: 'whatever' }))
  t.equal(same.principal.name, `${two.url}|ann@example.org`, 'the address alone makes nobody the same')
  await t.rejects(enter(await one.token({ audience: 'whatever' })), refused)
  await admin.unlinkIdentity({ connection: two.url, subject: 'ann@example.org' })
  const linked = { principal: 'ann@example.org', connection: two.url, subject: 'ann@example.org' }
  await admin.linkIdentity(linked)
  t.equal((await enter(await two.token())).principal.id, ann.principal.id)

  const { connections } = await admin.connections()
  t.match(connections, [
    { name: 'local_account', origin: 'built-in' },
    { name: 'authorities', origin: 'built-in', kind: 'certificate' },
    { name: one.url, origin: 'configuration', registers: true, settings: { subjectClaim: 'email' } },
    { name: two.url, origin: 'configuration' },
  ])
  t.match(await admin.getConnection(one.url), { kind: 'oidc', settings: { audiences: ['mortise'] } })
  const fixed = { code: 'MORTISE_ACCESS_BUILT_IN', message: /of the configuration/ }
  await t.rejects(admin.setConnection(one.url, { enabled: false }), fixed)
  await t.rejects(admin.deleteConnection(one.url, { force: true }), fixed)
  const named = { kind: 'oidc', settings: { issuer: one.url } } as const
  await t.rejects(admin.createConnection({ name: one.url, ...named }), { code: 'MORTISE_INPUT_INVALID' })

  const without = await house.open({ jwt: {} })
  await t.rejects(enterer(without)(await one.token()), refused, 'where it is not configured it is unknown')
  for (const issuers of [
    [{ issuer: 'http://id.example.org' }],
    [{ issuer: 'id.example.org' }],
    [{ issuer: 'https://id.example.org?a=b' }],
    [{ issuer: 'https://id.example.org', jwks: 'ftp://id.example.org' }],
    [{ issuer: 'https://id.example.org' }, { issuer: 'https://id.example.org' }],
  ]) {
    await t.rejects(house.open({ jwt: { issuers } }), { code: 'MORTISE_CONFIG_INVALID' })
  }
})

t.test(
  'keys that the issuer has changed are found, and unknown ones do not make it be asked again and again',
  async (t) => {
    const clock = new TestClock(new Date().toISOString())
    const { admin, enter } = await inhabited(t, { clock })
    const issuer = await connected(t, admin)
    t.ok(await enter(await issuer.token()))
    const old = await issuer.token({ claims: { sub: 'old' } })
    t.equal(issuer.fetches, 1)
    clock.pass(minute)
    issuer.rotate()
    t.ok(await enter(await issuer.token()), 'a new key')
    t.equal(issuer.fetches, 2)
    await t.rejects(enter(old), refused, 'an old one')
    const flood = async () => {
      const tokens = await Promise.all(
        Array.from({ length: 40 }, (_, index) => issuer.forge({}, { kid: `unknown-${index}` })),
      )
      await Promise.all(tokens.map((token) => t.rejects(enter(token), refused)))
    }
    await flood()
    t.equal(issuer.fetches, 2, 'it was asked a moment ago')
    clock.pass(31_000)
    await flood()
    t.equal(issuer.fetches, 3, 'and once more')
    t.equal(issuer.asked.get('/.well-known/openid-configuration'), 3)
    t.ok(
      await enter(await issuer.token({ claims: { sub: 'old' } })),
      'whoever has a key of it comes in all the while',
    )
    clock.pass(10 * minute)
    t.ok(await enter(await issuer.token()))
    t.equal(issuer.fetches, 4, 'old ones are asked for again')
  },
)

t.test('keys without names are tried in turn', async (t) => {
  const { admin, enter } = await inhabited(t)
  const issuer = await connected(t, admin)
  const keys = [generateKeyPairSync('rsa', { modulusLength: 2048 }).publicKey, issuer.keys.RS256.publicKey]
  const small = generateKeyPairSync('rsa', { modulusLength: 1024 })
  issuer.answers.set('/jwks', (_request, response) => {
    response.end(
      JSON.stringify({ keys: [...keys, small.publicKey].map((key) => key.export({ format: 'jwk' })) }),
    )
  })
  t.ok(await enter(await issuer.forge({}, { kid: undefined as unknown as string })))
  await t.rejects(enter(await issuer.forge({})), refused, 'a name that no key has')
})

t.test('an issuer that is down is believed for an hour, and never what it has not signed', async (t) => {
  const clock = new TestClock(new Date().toISOString())
  const { admin, enter } = await inhabited(t, { clock })
  const issuer = await connected(t, admin)
  const later = (sub: string) => issuer.forge({ sub, exp: Math.floor(Date.now() / 1000) + 10 * 3600 })
  const [first, second, third] = [await later('1'), await later('2'), await later('3')]
  await issuer.down()
  await t.rejects(enter(first), unavailable, 'nothing is known of it')
  const { records } = await admin.audit({ operation: 'Authenticate', limit: 1 })
  t.match(records, [{ outcome: 'failed', code: unavailable.code, detail: { reason: /ECONNREFUSED/ } }])
  await issuer.up()
  await t.rejects(enter(first), unavailable, 'and it is not asked at once again')
  clock.pass(31_000)
  t.ok(await enter(first))
  await issuer.down()
  clock.pass(30 * minute)
  t.ok(await enter(second), 'its keys are known')
  await t.rejects(enter(await issuer.forge({}, { kid: 'other' })), refused)
  clock.pass(31 * minute)
  await t.rejects(enter(third), unavailable, 'and too old')
  t.ok(await enter(second), 'whoever is in, is')
  await issuer.up()
  clock.pass(minute)
  t.ok(await enter(third))
  await issuer.down()
  clock.set(-hour)
  await t.rejects(enter(await later('4')), unavailable, 'a clock that is set back makes no key younger')
})

t.test('what an issuer should not answer', async (t) => {
  const { admin, enter } = await inhabited(t)
  const issuer = await connected(t, admin, 'corp')
  const discovery = '/.well-known/openid-configuration'
  const json = (path: string, document: unknown) =>
    issuer.answers.set(path, (_request, response) => response.end(JSON.stringify(document)))
  const configured = { issuer: issuer.url, jwks_uri: `${issuer.url}/jwks` }
  const found = async () => {
    const { ok, findings } = await admin.testConnection('corp')
    t.equal(
      ok,
      findings.every((finding) => finding.ok),
    )
    return findings.map(({ check, detail }) => `${check} ${detail}`).join('\n')
  }
  const facts = await found()
  t.match(facts, `issuer ${issuer.url}/jwks\n`)
  t.match(facts, /key RS256-\S+ RSA RS256 sig[\s\S]*key EdDSA-\S+ OKP Ed25519 EdDSA/)

  json(discovery, { ...configured, issuer: `${issuer.url}/` })
  t.match(await found(), /another issuer/)
  json(discovery, null)
  t.match(await found(), /another issuer/)
  for (const jwks_uri of [undefined, 7, 'http://id.example.org/jwks', 'file:///etc/passwd', '/jwks']) {
    json(discovery, { ...configured, jwks_uri })
    t.match(await found(), /no jwks_uri of https:/, String(jwks_uri))
  }
  issuer.answers.set(discovery, (_request, response) => response.end('<html>'))
  t.match(await found(), /no JSON/)
  issuer.answers.set(discovery, (_request, response) => {
    response.writeHead(302, { location: `${issuer.url}/elsewhere` }).end()
  })
  json('/elsewhere', configured)
  t.match(await found(), /answers 302/)
  t.equal(issuer.asked.get('/elsewhere'), undefined, 'a redirection is not followed')
  issuer.answers.set(discovery, (_request, response) => response.writeHead(500).end('x'.repeat(1e6)))
  t.match(await found(), /answers 500/)
  issuer.answers.set(discovery, (_request, response) => response.write('{'))
  t.match(await found(), /no answer in/)
  issuer.answers.delete(discovery)

  let written = 0
  issuer.answers.set('/jwks', (_request, response) => {
    const more = () => {
      while (response.writable && !response.closed && written < 1e9) {
        written += 65_536
        if (!response.write('x'.repeat(65_536))) return response.once('drain', more)
      }
      return response.end()
    }
    more()
  })
  t.match(await found(), /more than 262144 bytes/)
  t.ok(written < 1e8, 'what is too large is not read to its end')
  json('/jwks', { keys: 'none' })
  t.match(await found(), /no JSON Web Key Set/)
  // Keys that it should keep to itself, and those that verify nothing.
  const { privateKey, kid } = issuer.keys.RS256
  json('/jwks', { keys: [{ ...privateKey.export({ format: 'jwk' }), kid }] })
  await t.rejects(enter(await issuer.forge({})), refused)
  t.match(await reason(admin), /public/)
  await issuer.down()
  t.match(await found(), /ECONNREFUSED|UND_ERR_SOCKET/)
  await t.rejects(admin.testConnection('local_account'), { code: 'MORTISE_INPUT_INVALID' })
  await t.rejects(admin.testConnection('nowhere'), { code: 'MORTISE_CONNECTION_NOT_FOUND' })
})

t.test('a token that was taken is not longer good than what it rests on', async (t) => {
  const clock = new TestClock(new Date().toISOString())
  const { house, km, admin, enter } = await inhabited(t, { clock })
  const issuer = await connected(t, admin)
  const logins = async () =>
    (await admin.audit({ operation: 'Authenticate', outcome: 'success', limit: 100 })).records.length
  const token = (sub = '1') => issuer.token({ claims: { sub } })
  const first = await token()
  const sessions = await Promise.all(Array.from({ length: 30 }, () => enter(first)))
  t.equal(new Set(sessions.map(({ principal }) => principal.id)).size, 1)
  t.equal(await logins(), 1, 'thirty requests at once are one login')
  t.ok(km.recognise(first, door), 'and from now on nothing is waited for')
  t.match(km.recognise(first, door), { login: null, principal: { name: 'ann@example.org' } })
  const id = sessions[0]?.principal.id as string
  const other = await house.open()
  t.ok(await enterer(other)(first))

  const ended = async (what: string, first: string) => {
    t.equal(km.recognise(first, door), undefined, what)
    await t.rejects(enter(first), refused, what)
  }
  await admin.setPrincipal(id, { enabled: false })
  await ended('its principal is disabled', first)
  await admin.setPrincipal(id, { enabled: true })
  t.ok(await enter(first))

  await admin.setConnection('corp', { enabled: false })
  await ended('its connection is disabled', first)
  await admin.setConnection('corp', { enabled: true })
  t.ok(await enter(first))
  await admin.setConnection('corp', { settings: { audiences: ['other'] } })
  await ended('its connection asks for another audience', first)
  await admin.setConnection('corp', { settings: { audiences: ['mortise'] } })
  t.ok(await enter(first))

  await admin.unlinkIdentity({ connection: 'corp', subject: '1' })
  t.equal(km.recognise(first, door), undefined, 'its identity is nobody’s')
  await admin.linkIdentity({ principal: 'root', connection: 'corp', subject: '1' })
  const before = await logins()
  t.equal((await enter(first)).principal.name, 'root', 'or another one’s')
  t.equal(await logins(), before + 1, 'who logs in with it')

  const second = await token('2')
  const { principal } = await enter(second)
  await admin.setConnection('corp', { registers: false })
  await admin.deletePrincipal(principal.id)
  await ended('its principal is deleted', second)
  await t.rejects(admin.deleteConnection('corp'), { code: 'MORTISE_CONNECTION_IN_USE' })
  t.ok(await enter(first))
  const { token: own } = await (await km.authenticate({ jwt: first }, door)).logIn()
  t.match(await enter(own.text), { login: { factors: [{ method: 'oidc' }] } })
  await admin.deleteConnection('corp', { force: true })
  await ended('its connection is deleted', first)
  await ended('and so is what it was exchanged for', own.text)
  t.strictSame((await admin.identities({ principal: 'root' })).identities, [])
  // Another process hears of it with its next look at the store.
  await until(() =>
    enterer(other)(first).then(
      () => false,
      (error) => isMortiseError(error, 'MORTISE_AUTH_REQUIRED'),
    ),
  )
})

t.test('a token ends when it says so, and what it was exchanged for with it', async (t) => {
  const clock = new TestClock(new Date().toISOString())
  const { km, admin, enter } = await inhabited(t, { clock, sessionIdleMinutes: 0 })
  const issuer = await connected(t, admin)
  const exp = Math.floor(clock.now() / 1000) + 600
  const jwt = await issuer.forge({ exp })
  const session = await km.authenticate({ jwt }, door)
  const { token, session: login } = await session.logIn({ label: 'cli' })
  t.match(login, { identity: 'corp|subject-1', factors: [{ method: 'oidc' }], ends: (exp + 60) * 1000 })
  await t.rejects(km.authenticate({ jwt: token.text }, door), refused, 'our own tokens are not exchanged')
  clock.pass((exp + 59) * 1000 - clock.now())
  t.ok(await enter(jwt))
  t.ok(await enter(token.text))
  clock.pass(1000)
  t.equal(km.recognise(jwt, door), undefined)
  await t.rejects(enter(jwt), refused)
  await t.rejects(enter(token.text), refused)
})
