import { createRemoteJWKSet, decodeJwt, decodeProtectedHeader, type JWTPayload, jwtVerify } from 'jose'
import t, { type Test } from 'tap'
import type { NewOAuthClient } from '../../lib/core/index.js'
import { TestClock } from '../support/clock.js'
import { Issuer } from '../support/issuer.js'
import { Face } from './face.js'

const second = 1000
const day = 24 * 60 * 60 * second

interface Served {
  readonly face: Face
  readonly issuer: string
  readonly made: NewOAuthClient
}

/** A server with the face on a port of its own, and one client. */
async function serve(
  t: Test,
  flags: Readonly<Record<string, string>> = {},
  options: Parameters<typeof Face.open>[2] = {},
): Promise<Served> {
  const face = await Face.open(t, { '--faces-oauth': 'true', ...flags }, options)
  const url = await face.app.listen({ host: '127.0.0.1', port: 0 })
  const { status, json } = await face.admin('POST', '/clients', { body: { name: 'openg2p' } })
  t.equal(status, 201)
  return { face, issuer: `${url}/realms/mortise`, made: json }
}

/** As a client asks that puts its secret into the body. */
function ask(issuer: string, fields: string | Record<string, string>, headers: Record<string, string> = {}) {
  return fetch(`${issuer}/protocol/openid-connect/token`, {
    method: 'POST',
    headers,
    body: new URLSearchParams(fields),
  })
}

async function tokenOf(issuer: string, { client, secret }: NewOAuthClient): Promise<string> {
  const asked = { grant_type: 'client_credentials', client_id: client.name, client_secret: secret.text }
  const answer = await ask(issuer, asked)
  return ((await answer.json()) as { access_token: string }).access_token
}

const basic = (id: string, secret: string) => ({
  authorization: `Basic ${Buffer.from(`${id}:${secret}`).toString('base64')}`,
})

t.test('a client gets an access token, which everybody can verify and every face takes', async (t) => {
  const { face, issuer, made } = await serve(t)
  await face.keyManager.asHost().createRole({ name: 'maker', system: ['Create'] })
  await face.admin('POST', '/groups', { body: { name: 'KEYMANAGER_ADMIN' } })
  await face.admin('PUT', `/groups/KEYMANAGER_ADMIN/members/${made.client.id}`)
  await face.admin('PATCH', '/principals/openg2p', { body: { roles: ['maker'] } })

  const asked = { grant_type: 'client_credentials', client_id: 'openg2p', client_secret: made.secret.text }
  const answer = await ask(issuer, asked)
  t.equal(answer.status, 200)
  t.equal(answer.headers.get('cache-control'), 'no-store')
  t.equal(answer.headers.get('pragma'), 'no-cache')
  t.match(answer.headers.get('content-type'), /^application\/json/)
  const body = (await answer.json()) as Record<string, unknown>
  t.match(body, { token_type: 'Bearer', expires_in: 900, scope: 'default' })
  const jwt = String(body['access_token'])

  const found = await fetch(`${issuer}/.well-known/openid-configuration`)
  const metadata = (await found.json()) as Record<string, string>
  t.match(metadata, {
    issuer,
    token_endpoint: `${issuer}/protocol/openid-connect/token`,
    grant_types_supported: ['client_credentials'],
    token_endpoint_auth_methods_supported: ['client_secret_basic', 'client_secret_post'],
  })
  const origin = issuer.slice(0, -'/realms/mortise'.length)
  const other = await fetch(`${origin}/.well-known/oauth-authorization-server/realms/mortise`)
  t.strictSame(await other.json(), metadata, 'RFC 8414 has its own place for it')

  const keys = createRemoteJWKSet(new URL(String(metadata['jwks_uri'])))
  const verified = await jwtVerify(jwt, keys, { issuer, audience: issuer, typ: 'at+jwt' })
  t.match(verified.protectedHeader, { alg: 'RS256', typ: 'at+jwt', kid: /^[0-9a-f-]{36}$/ })
  const { payload } = verified
  t.match(payload, {
    sub: made.client.id,
    client_id: 'openg2p',
    azp: 'openg2p',
    scope: 'default',
    preferred_username: 'service-account-openg2p',
    jti: /^mrt_[0-9a-f]{32}$/,
  })
  t.strictSame(payload['realm_access'], { roles: ['KEYMANAGER_ADMIN', 'maker'] })
  t.ok(Number.isInteger(payload.exp) && Number.isInteger(payload.iat))
  t.equal((payload.exp as number) - (payload.iat as number), 900)

  t.match(await face.admin('GET', '/me', { token: jwt }), { json: { name: 'openg2p', kind: 'client' } })
  t.match(await face.admin('GET', '/me', { token: jwt }), { status: 200 }, 'from memory')
  t.match(await face.admin('POST', '/keys', { token: jwt, body: { algorithm: 'AES' } }), { status: 201 })
  const { json } = await face.admin('GET', `/audit?limit=1000`)
  const issued = json.records.find((one: { operation: string }) => one.operation === 'IssueAccessToken')
  t.match(issued, {
    outcome: 'success',
    face: 'oauth',
    principal: made.client.id,
    detail: { grant: 'client_credentials', client: 'openg2p', secret: made.secret.id },
  })
  t.notMatch(JSON.stringify(json), made.secret.text)
})

t.test('a client authenticates by the header as well, in one way at a time', async (t) => {
  const { face, issuer, made } = await serve(t)
  const grant = { grant_type: 'client_credentials' }
  const header = basic('openg2p', made.secret.text)
  t.equal((await ask(issuer, { ...grant, scope: 'default' }, header)).status, 200)
  t.equal((await ask(issuer, { ...grant, client_id: 'openg2p' }, header)).status, 200)
  t.equal((await ask(issuer, { ...grant, audience: 'of another server' }, header)).status, 200)
  t.equal((await ask(issuer, { ...grant, client_id: 'another' }, header)).status, 400)
  t.equal((await ask(issuer, { ...grant, client_secret: made.secret.text }, header)).status, 400)

  const odd = await face.admin('POST', '/clients', {
    body: { name: 'a b:ö+%', authentication: ['client_secret_basic'] },
  })
  const encoded = new URLSearchParams({ '': odd.json.client.name }).toString().slice(1)
  t.equal(
    (await ask(issuer, grant, basic(encoded, odd.json.secret.text))).status,
    200,
    'encoded as forms are',
  )
  const post = { ...grant, client_id: odd.json.client.name, client_secret: odd.json.secret.text }
  t.equal((await ask(issuer, post)).status, 401, 'not in a way that is not its own')
})

t.test('errors are those of RFC 6749, and of one text for whatever is wrong with a client', async (t) => {
  const { face, issuer, made } = await serve(t)
  const right = { grant_type: 'client_credentials', client_id: 'openg2p', client_secret: made.secret.text }
  const wrong = `${made.secret.text.slice(0, -4)}AAAA`
  const strangers = [
    await ask(issuer, { ...right, client_secret: wrong }),
    await ask(issuer, { ...right, client_id: 'nobody' }),
    await ask(issuer, { ...right, client_id: made.client.id }),
    await ask(issuer, { ...right, client_secret: '' }),
    await ask(issuer, { grant_type: 'client_credentials' }),
    await ask(issuer, { grant_type: 'client_credentials' }, { authorization: 'Basic %%%' }),
    await ask(issuer, { grant_type: 'client_credentials' }, { authorization: `Bearer ${made.secret.text}` }),
  ]
  const texts = new Set<string>()
  for (const answer of strangers) {
    t.equal(answer.status, 401)
    t.equal(answer.headers.get('www-authenticate'), 'Basic realm="mortise", charset="UTF-8"')
    t.equal(answer.headers.get('cache-control'), 'no-store')
    texts.add(await answer.text())
  }
  t.equal(texts.size, 1)
  t.match(JSON.parse([...texts].join()), { error: 'invalid_client' })

  const refusals: [error: string, answer: Promise<Response>][] = [
    ['invalid_request', ask(issuer, { ...right, grant_type: '' })],
    ['unsupported_grant_type', ask(issuer, { ...right, grant_type: 'password' })],
    ['invalid_scope', ask(issuer, { ...right, scope: 'default everything' })],
    ['invalid_request', ask(issuer, `${new URLSearchParams(right)}&scope=a&scope=a`)],
    ['invalid_request', ask(issuer, right, { 'content-type': 'application/json' })],
    ['invalid_request', ask(issuer, { ...right, pad: 'x'.repeat(70_000) })],
  ]
  for (const [error, asked] of refusals) {
    const answer = await asked
    t.ok(answer.status === 400 || answer.status === 413, `${answer.status} ${error}`)
    const body = (await answer.json()) as Record<string, string>
    t.equal(body['error'], error)
    t.match(body['error_description'], /^[ !#-[\]-~]+$/, 'in the characters that are allowed')
  }
  for (const path of ['/realms/other/protocol/openid-connect/token', '/realms/mortise']) {
    const nothing = await face.ask('POST', path, { token: null })
    t.match(nothing, { status: 404, json: { code: 'MORTISE_ROUTE_NOT_FOUND' } }, path)
  }
  const denied = (await face.admin('GET', '/audit?limit=1000')).json.records.filter(
    (one: { face: string; outcome: string }) => one.face === 'oauth' && one.outcome === 'denied',
  )
  t.equal(denied.length, 3, 'whoever shows nothing is not worth a record')
  t.match(denied[0], { operation: 'Authenticate', detail: { method: 'client_secret_post' } })
})

t.test('addresses that guess secrets are refused for a while', async (t) => {
  const { issuer, made } = await serve(t, { '--limits-failures': '3' })
  const right = { grant_type: 'client_credentials', client_id: 'openg2p', client_secret: made.secret.text }
  for (let i = 0; i < 3; i++) await ask(issuer, { ...right, client_secret: 'guess' })
  const refused = await ask(issuer, right)
  t.equal(refused.status, 429)
  t.ok(Number(refused.headers.get('retry-after')) > 0)
})

t.test('tokens end with their time, their client and their secret', async (t) => {
  const clock = new TestClock()
  const { face, issuer, made } = await serve(t, {}, { clock })
  const me = (token: string) => face.admin('GET', '/me', { token })
  const first = await tokenOf(issuer, made)
  clock.pass(900 * second)
  t.match(await me(first), { status: 200 }, 'clients use it up to the second that it names')
  clock.pass(9 * second)
  t.match(await me(first), { status: 200 })
  clock.pass(second)
  t.match(await me(first), { status: 401 })

  const second_ = await tokenOf(issuer, made)
  t.match(await me(second_), { status: 200 })
  await face.admin('PATCH', '/principals/openg2p', { body: { enabled: false } })
  t.match(await me(second_), { status: 401 }, 'disabled')
  t.equal(await tokenOf(issuer, made), undefined)
  await face.admin('PATCH', '/principals/openg2p', { body: { enabled: true } })
  t.match(await me(second_), { status: 401 }, 'and enabled again')

  const third = await tokenOf(issuer, made)
  const rotate = (body: object) => face.admin('POST', '/clients/openg2p/rotate-secret', { body })
  const renewed = (await rotate({ overlap: 60 * second })).json as NewOAuthClient
  t.equal(renewed.client.secrets.length, 2)
  t.match(await me(third), { status: 200 })
  t.match(await me(await tokenOf(issuer, made)), { status: 200 }, 'the old secret overlaps')
  const fourth = await tokenOf(issuer, renewed)
  t.match(await me(fourth), { status: 200 })
  clock.pass(61 * second)
  t.equal(await tokenOf(issuer, made), undefined)
  t.match(await me(third), { status: 200 }, 'what was got with it lives on')
  const last = (await rotate({})).json as NewOAuthClient
  t.equal(last.client.secrets.length, 1)
  t.match(await me(fourth), { status: 401 }, 'without an overlap it ends at once')
  t.equal(await tokenOf(issuer, renewed), undefined)

  const fifth = await tokenOf(issuer, last)
  t.match(await me(fifth), { status: 200 })
  t.match(await face.admin('DELETE', '/principals/openg2p'), { status: 204 })
  t.match(await me(fifth), { status: 401 }, 'deleted')
  t.equal(await tokenOf(issuer, last), undefined)
  t.match(await face.admin('GET', '/clients'), { json: { clients: [] } })
})

t.test('a secret is no token, and a token no secret', async (t) => {
  const { face, issuer, made } = await serve(t, { '--faces-ciphertrust': 'true' })
  const jwt = await tokenOf(issuer, made)
  t.match(await face.admin('GET', '/me', { token: made.secret.text }), { status: 401 })
  const right = { grant_type: 'client_credentials', client_id: 'openg2p' }
  t.equal((await ask(issuer, { ...right, client_secret: jwt })).status, 401)
  const { text } = await (await face.keyManager.as('openg2p')).createToken()
  t.equal((await ask(issuer, { ...right, client_secret: text })).status, 401, 'an API token is none either')
  const body = { grant_type: 'client_credential', client_id: 'openg2p', client_secret: jwt }
  t.match(await face.ask('POST', '/api/v1/auth/tokens', { token: null, body }), { status: 401 })
  t.match(
    await face.ask('GET', '/api/v1/auth/self/user', { token: jwt }),
    { status: 200 },
    'another face takes it as well',
  )
})

t.test('nobody else makes a token that is taken here', async (t) => {
  const { face, issuer, made } = await serve(t)
  const jwt = await tokenOf(issuer, made)
  const [header = '', payload = '', signature = ''] = jwt.split('.')
  const changed = (claims: JWTPayload) =>
    Buffer.from(JSON.stringify({ ...decodeJwt(jwt), ...claims })).toString('base64url')
  const forged = [
    `${header}.${changed({ sub: 'admin' })}.${signature}`,
    `${header}.${changed({ exp: 2 ** 40 })}.${signature}`,
    `${header}.${payload}.${signature.slice(0, -8)}AAAAAAAA`,
    `${header}.${payload}.`,
    `${header}.${payload}`,
    `${Buffer.from('{"typ":"at+jwt","alg":"none"}').toString('base64url')}.${payload}.`,
  ]
  for (const token of forged) t.match(await face.admin('GET', '/me', { token }), { status: 401 }, token)
  t.match(await face.admin('GET', '/me', { token: jwt }), { status: 200 })

  // Whoever has a key here and may sign whatever it likes signs nothing that is taken for a token.
  const admin = await face.keyManager.as('admin')
  const { privateKey } = await admin.createKeyPair({ algorithm: 'RSA', length: 2048, name: 'own' })
  for (const head of [header, Buffer.from('{"alg":"RS256"}').toString('base64url')]) {
    const data = Buffer.from(`${head}.${payload}`)
    const made = await admin.sign(privateKey.id, data, { scheme: 'RS256' })
    const token = `${data}.${made.toString('base64url')}`
    t.match(await face.admin('GET', '/me', { token }), { status: 401 })
  }
})

t.test('the key that signs is in nobody’s reach', async (t) => {
  const { face, issuer, made } = await serve(t)
  const { kid = '' } = decodeProtectedHeader(await tokenOf(issuer, made))
  const { keys } = (await face.ask('GET', '/realms/mortise/protocol/openid-connect/certs')).json
  t.strictSame(Object.keys(keys[0]).sort(), ['alg', 'e', 'kid', 'kty', 'n', 'use'])
  t.equal(keys[0].kid, kid)
  const { json } = await face.admin('GET', '/audit?limit=1000')
  const { object } = json.records.find((one: { operation: string }) => one.operation === 'RenewTokenKey')
  const data = Buffer.from('data').toString('base64')
  for (const id of [object, kid]) {
    for (const [method, path, body] of [
      ['POST', 'sign', { data }],
      ['POST', 'verify', { data, signature: data }],
      ['POST', 'export', {}],
      ['POST', 'rekey', {}],
      ['POST', 'destroy', {}],
      ['POST', 'revoke', { reason: 'Unspecified' }],
      ['POST', 'grants', { grantee: { everyone: true }, permissions: ['Sign'] }],
    ] as const) {
      const { status } = await face.admin(method, `/keys/${id}/${path}`, { body })
      t.ok(status === 403 || status === 404 || status === 409, `${path}: ${status}`)
    }
  }
  t.strictSame((await (await face.keyManager.as('admin')).locate()).items, [])
  t.equal(decodeProtectedHeader(await tokenOf(issuer, made)).kid, kid, 'it still signs')
})

t.test('keys are renewed with an overlap', async (t) => {
  const clock = new TestClock()
  const { face, issuer, made } = await serve(t, {}, { clock })
  const published = async (): Promise<string[]> => {
    const { keys } = (await face.ask('GET', '/realms/mortise/protocol/openid-connect/certs')).json
    return keys.map(({ kid }: { kid: string }) => kid)
  }
  const kidOf = async () => decodeProtectedHeader(await tokenOf(issuer, made)).kid
  const old = await tokenOf(issuer, made)
  const first = decodeProtectedHeader(old).kid
  const { kid: other } = (await face.admin('POST', '/token-keys/renew')).json
  t.not(other, first)
  t.strictSame(await published(), [other, first])
  t.equal(await kidOf(), other)
  const keys = createRemoteJWKSet(new URL(`${issuer}/protocol/openid-connect/certs`))
  await t.resolves(jwtVerify(old, keys, { currentDate: new Date(clock.now()) }))
  t.match(await face.admin('GET', '/me', { token: old }), { status: 200 })

  clock.pass(26 * 60 * 60 * second)
  t.strictSame(await published(), [other], 'no token of the first can be good any more')
  clock.pass(88 * day)
  t.equal(await kidOf(), other)
  clock.pass(2 * day)
  const third = await kidOf()
  t.not(third, other, 'after 90 days another one signs')
  t.strictSame(await published(), [third, other])
})

t.test('several processes agree on one key', async (t) => {
  const { face, made } = await serve(t)
  const asked = { client: 'openg2p', secret: made.secret.text, method: 'client_secret_post' } as const
  const door = { face: 'oauth', request: 'r' }
  const all = await Promise.all(
    Array.from({ length: 8 }, () =>
      face.keyManager.grantToken(
        asked,
        { grant: 'client_credentials', issuer: 'https://km.example.org' },
        door,
      ),
    ),
  )
  const kids = new Set(all.map(({ text }) => decodeProtectedHeader(text).kid))
  t.equal(kids.size, 1)
  t.equal((await face.keyManager.tokenKeys()).length, 1)
})

t.test('a token of Keycloak lets somebody in where a connection says so', async (t) => {
  const face = await Face.open(t, { '--faces-oauth': 'true' })
  const issuer = await Issuer.start(t)
  const group = (await face.admin('POST', '/groups', { body: { name: 'KEYMANAGER_ADMIN' } })).json
  const body = {
    name: 'keycloak',
    kind: 'oidc',
    registers: true,
    groups: { KEYMANAGER_ADMIN: group.id },
    settings: {
      issuer: issuer.url,
      audiences: ['account'],
      usernameClaim: 'preferred_username',
      subjectClaim: 'sub',
      rolesClaim: 'realm_access.roles',
    },
  }
  t.match(await face.admin('POST', '/connections', { body }), { status: 201 })
  const now = Math.floor(Date.now() / second)
  const claims = {
    ...{ iss: issuer.url, aud: 'account', sub: 'f4c1e7a0-0000-4000-8000-000000000000', typ: 'Bearer' },
    ...{ azp: 'openg2p-admin-client', exp: now + 300, iat: now, jti: 'trrtcc:0b1', acr: '1' },
    ...{ realm_access: { roles: ['KEYMANAGER_ADMIN', 'offline_access'] }, scope: 'profile email' },
    ...{ preferred_username: 'service-account-openg2p-admin-client', clientAddress: '10.0.0.1' },
    ...{ email_verified: false, client_id: 'openg2p-admin-client' },
  }
  const token = await issuer.forge(claims)
  t.match(await face.admin('GET', '/me', { token }), {
    status: 200,
    json: { name: 'service-account-openg2p-admin-client' },
  })
  t.match(await face.admin('GET', '/groups/KEYMANAGER_ADMIN/members'), {
    json: { principals: [{ name: 'service-account-openg2p-admin-client' }] },
  })
  t.match(await face.admin('GET', '/me', { token: await issuer.forge({ ...claims, aud: 'else' }) }), {
    status: 401,
  })
})

t.test('settings that make no issuer are refused', async (t) => {
  for (const flags of [
    { '--oauth-realm': 'a/b' },
    { '--oauth-url': 'https://km.example.org/' },
    { '--oauth-url': 'km.example.org' },
  ] as Readonly<Record<string, string>>[]) {
    await t.rejects(Face.open(t, { '--faces-oauth': 'true', ...flags }), { code: 'MORTISE_CONFIG_INVALID' })
  }
  const face = await Face.open(t, { '--faces-oauth': 'true', '--oauth-url': 'https://km.example.org/kms' })
  const { json } = await face.ask('GET', '/realms/mortise/.well-known/openid-configuration', { token: null })
  t.equal(json.issuer, 'https://km.example.org/kms/realms/mortise')
})
