/** How clients come to tokens for themselves and others, and how those end. */
import { createRemoteJWKSet, decodeJwt, decodeProtectedHeader, jwtVerify } from 'jose'
import * as oauth from 'oauth4webapi'
import t, { type Test } from 'tap'
import { TestClock } from '../support/clock.js'
import { Issuer } from '../support/issuer.js'
import { basic, basicOf, OAuthServer } from './oauth.js'

const second = 1000
const password = 'Correct-Horse-Battery-9'
const jwtBearer = 'urn:ietf:params:oauth:grant-type:jwt-bearer'
const exchange = 'urn:ietf:params:oauth:grant-type:token-exchange'
const accessToken = 'urn:ietf:params:oauth:token-type:access_token'
const insecure = { [oauth.allowInsecureRequests]: true }

/** A server with a user, and a client for every grant. */
async function serve(t: Test, options: Parameters<typeof OAuthServer.open>[2] = {}) {
  const server = await OAuthServer.open(t, { '--oauth-password-grant': 'true' }, options)
  await server.face.admin('POST', '/principals', { body: { name: 'bob', password } })
  const grants = ['client_credentials', 'password', 'refresh_token', jwtBearer, exchange]
  const app = await server.client('app', {
    grants,
    scopes: ['read', 'write'],
    audiences: ['https://api.example'],
  })
  const gateway = await server.client('gateway')
  const ask = (fields: Readonly<Record<string, string>>, by = app) =>
    server.post('/oauth2/token', fields, basicOf(by))
  const login = async (fields: Readonly<Record<string, string>> = {}, by = app) =>
    (await ask({ grant_type: 'password', username: 'bob', password, ...fields }, by)).json
  const isActive = async (token: string) => (await server.introspect(token, gateway))['active']
  return { server, app, gateway, ask, login, isActive }
}

t.test('scopes and resources are those that a client is registered for', async (t) => {
  const { server, ask } = await serve(t)
  const grant = { grant_type: 'client_credentials' }
  t.match(await ask({ ...grant, scope: 'read default read' }), { json: { scope: 'read default' } })
  t.match(await ask({ ...grant, scope: 'read all' }), { status: 400, json: { error: 'invalid_scope' } })
  const other = await server.client('other')
  t.match(await ask({ ...grant, scope: 'read' }, other), { status: 400, json: { error: 'invalid_scope' } })
  const { json } = await ask({ ...grant, resource: 'https://api.example' })
  t.match(decodeJwt(json.access_token), { aud: 'https://api.example', aut: 'APPLICATION', azp: 'app' })
  t.match(await ask({ ...grant, resource: 'https://else.example' }), {
    status: 400,
    json: { error: 'invalid_target' },
  })
  const mute = { grant_type: 'password', username: 'bob', password: 'wrong' }
  t.match(await ask(mute, other), { status: 403, json: { error: 'unauthorized_client' } }, 'not even tried')
  t.match(await ask({ grant_type: 'authorization_code', code: 'x' }), {
    json: { error: 'unsupported_grant_type' },
  })
  const off = await OAuthServer.open(t)
  const there = await off.client('app', { grants: ['password'] })
  t.match(await off.post('/oauth2/token', mute, basicOf(there)), {
    status: 400,
    json: { error: 'unsupported_grant_type' },
  })
})

t.test('an opaque token is told of, and taken, as any', async (t) => {
  const { server, isActive } = await serve(t)
  const made = await server.client('quiet', { tokenFormat: 'opaque', scopes: ['read'] })
  const token = await server.token(made, { scope: 'read' })
  t.match(token, /^mrt_[0-9a-f]{32}_[\w-]{43}$/)
  t.match(await server.introspect(token, made), {
    active: true,
    client_id: 'quiet',
    scope: 'read',
    aut: 'APPLICATION',
    iss: server.issuer,
    aud: server.issuer,
    jti: /^mrt_/,
  })
  t.match(await server.face.admin('GET', '/me', { token }), { json: { name: 'quiet' } })
  t.equal((await server.post('/oauth2/revoke', { token }, basicOf(made))).status, 200)
  t.equal(await isActive(token), false)
  t.match(await server.face.admin('GET', '/me', { token }), { status: 401 })
})

t.test('each client has its algorithm, whose keys are published', async (t) => {
  const server = await OAuthServer.open(t)
  const keys = createRemoteJWKSet(new URL(`${server.url}/oauth2/jwks`), { cooldownDuration: 0 })
  const tokens: string[] = []
  for (const algorithm of ['RS256', 'PS256', 'ES256', 'EdDSA']) {
    const token = await server.token(await server.client(algorithm, { algorithm }))
    tokens.push(token)
    const { protectedHeader } = await jwtVerify(token, keys, { issuer: server.issuer, typ: 'at+jwt' })
    t.equal(protectedHeader.alg, algorithm)
    t.match(await server.face.admin('GET', '/me', { token }), { status: 200 })
  }
  const kids = new Set(tokens.map((token) => decodeProtectedHeader(token).kid))
  t.equal(kids.size, 4)
  const renewed = await server.face.admin('POST', '/token-keys/renew?algorithm=ES256')
  t.equal(kids.has(renewed.json.kid), false)
  const fresh = createRemoteJWKSet(new URL(`${server.url}/oauth2/jwks`))
  for (const token of tokens) await jwtVerify(token, fresh)
  const published = (await server.face.ask('GET', '/oauth2/jwks', { token: null })).json.keys
  t.equal(published.length, 5)
  for (const key of published) t.notOk('d' in key, 'nothing private')
})

t.test('a user’s token says whose it is, and is for others', async (t) => {
  const { server, app, ask, login } = await serve(t)
  const got = await login({ scope: 'read' })
  t.match(got, { token_type: 'Bearer', expires_in: 900, scope: 'read', refresh_token: /^mrr_/ })
  t.match(decodeJwt(got.access_token), {
    sub: 'bob',
    client_id: 'app',
    azp: 'app',
    aut: 'APPLICATION_USER',
    scope: 'read',
    preferred_username: 'bob',
  })
  t.match(await server.introspect(got.access_token, app), {
    active: true,
    username: 'bob',
    aut: 'APPLICATION_USER',
    client_id: 'app',
  })
  t.match(await server.face.admin('GET', '/me', { token: got.access_token }), { status: 401 }, 'not for us')
  const wrong = { grant_type: 'password', username: 'bob' }
  for (const fields of [
    { ...wrong, password: 'wrong' },
    { ...wrong, username: 'nobody', password },
    { ...wrong, username: 'app', password: app.secret.text },
  ]) {
    const answer = await ask(fields)
    t.match(answer, { status: 400, json: { error: 'invalid_grant' } })
    t.equal(answer.headers.get('www-authenticate'), null)
  }
  t.match(await ask(wrong), { status: 400, json: { error: 'invalid_request' } })
})

t.test('a refresh token is good once, and the family ends with the thief', async (t) => {
  const { server, app, gateway, ask, login, isActive } = await serve(t)
  const refresh = (token: string, fields = {}, by = app) =>
    ask({ grant_type: 'refresh_token', refresh_token: token, ...fields }, by)
  const first = await login({ scope: 'read write' })
  const next = await refresh(first.refresh_token)
  t.match(next, { status: 200, json: { scope: 'read write' } })
  t.not(next.json.refresh_token, first.refresh_token)
  const less = await refresh(next.json.refresh_token, { scope: 'read' })
  t.match(less, { status: 200, json: { scope: 'read' } })
  t.match(decodeJwt(less.json.access_token), { scope: 'read', sub: 'bob' })
  t.match(await refresh(less.json.refresh_token, { scope: 'default' }), { json: { error: 'invalid_scope' } })
  const full = await refresh(less.json.refresh_token)
  t.match(full, { status: 200, json: { scope: 'read write' } }, 'what was granted is not lost')

  const thief = await server.client('thief', { grants: ['refresh_token'] })
  t.match(await refresh(full.json.refresh_token, {}, thief), {
    status: 400,
    json: { error: 'invalid_grant' },
  })
  t.match(await refresh(full.json.refresh_token, {}, gateway), { json: { error: 'unauthorized_client' } })
  t.equal(await isActive(full.json.access_token), true, 'whoever it was not for ends nothing')
  t.match(await refresh(first.refresh_token), { status: 400, json: { error: 'invalid_grant' } })
  for (const { access_token: token } of [first, next.json, less.json, full.json])
    t.equal(await isActive(token), false)
  t.match(await refresh(full.json.refresh_token), { status: 400, json: { error: 'invalid_grant' } })

  const [left, right] = await (async () => {
    const { refresh_token: token } = await login()
    return Promise.all([refresh(token), refresh(token)])
  })()
  t.strictSame([left.status, right.status].sort(), [200, 400], 'of two at once one')
  const won = left.status === 200 ? left : right
  t.equal(await isActive(won.json.access_token), false)
})

t.test('what a client got ends with it, with its user and with its secret', async (t) => {
  const clock = new TestClock()
  const { server, app, ask, login, isActive } = await serve(t, { clock })
  const { face } = server
  const again = async (token: string) =>
    (await ask({ grant_type: 'refresh_token', refresh_token: token })).status
  const rotated = await login()
  t.equal(await isActive(rotated.access_token), true)
  const renewed = (await face.admin('POST', '/clients/app/rotate-secret', { body: {} })).json
  t.equal(await isActive(rotated.access_token), false, 'the secret')
  const by = renewed as typeof app
  const revoked = await login({}, by)
  const end = { token: revoked.refresh_token, token_type_hint: 'refresh_token' }
  t.equal((await server.post('/oauth2/revoke', end, basicOf(by))).status, 200)
  t.equal(await isActive(revoked.access_token), false, 'its refresh token')
  for (const [what, end, back] of [
    ['the user', { enabled: false }, 'bob'],
    ['the client', { enabled: false }, 'app'],
  ] as const) {
    const got = await login({}, by)
    t.equal(await isActive(got.access_token), true)
    await face.admin('PATCH', `/principals/${back}`, { body: end })
    t.equal(await isActive(got.access_token), false, what)
    await face.admin('PATCH', `/principals/${back}`, { body: { enabled: true } })
    t.equal(await isActive(got.access_token), false, 'for good')
    t.not(await again(got.refresh_token), 200)
  }
  const listed = await login({}, by)
  const bob = (await face.admin('GET', '/principals/bob')).json.id
  const { sessions } = (await face.admin('GET', `/sessions?principal=${bob}`)).json
  const through = (await face.admin('GET', '/clients/app/sessions')).json.sessions
  t.ok(through.some((one: { principal: string }) => one.principal === bob))
  const own = sessions.find((one: { client: string }) => one.client === 'app')
  t.match(await face.admin('DELETE', `/sessions/${own.id}?own=false`), { status: 204 })
  t.equal(await isActive(listed.access_token), false, 'an administrator')

  const last = await login({}, by)
  clock.pass(86_401 * second)
  t.match(await ask({ grant_type: 'refresh_token', refresh_token: last.refresh_token }, by), {
    status: 400,
    json: { error: 'invalid_grant' },
  })
  const deleted = await login({}, by)
  t.match(await face.admin('DELETE', '/principals/app'), { status: 204 })
  t.equal(await isActive(deleted.access_token), false)
})

t.test('an assertion of an issuer that is trusted gets a token once', async (t) => {
  const { server, ask } = await serve(t)
  const issuer = await Issuer.start(t)
  const settings = { issuer: issuer.url, usernameClaim: 'name', subjectClaim: 'sub' }
  const body = { name: 'outside', kind: 'oidc', registers: true, settings }
  t.match(await server.face.admin('POST', '/connections', { body }), { status: 201 })
  const now = Math.floor(Date.now() / second)
  const claims = {
    iss: issuer.url,
    aud: server.issuer,
    sub: 'carol-1',
    name: 'carol',
    exp: now + 300,
    iat: now,
  }
  const assert = async (more: object) => {
    const assertion = await issuer.forge({ ...claims, jti: 'one', ...more })
    return ask({ grant_type: jwtBearer, assertion, scope: 'read' })
  }
  const got = await assert({})
  t.match(got, { status: 200, json: { scope: 'read', refresh_token: undefined } })
  t.match(decodeJwt(got.json.access_token), { sub: 'carol', aut: 'APPLICATION_USER', azp: 'app' })
  t.match(await assert({}), { status: 400, json: { error: 'invalid_grant' } }, 'again')
  t.match(await assert({ jti: 'two', aud: `${server.url}/oauth2/token` }), { status: 200 })
  for (const wrong of [
    { jti: 'three', aud: 'https://else.example' },
    { jti: undefined },
    { jti: 'four', exp: now - 600 },
    { jti: 'five', iss: 'https://else.example' },
  ])
    t.match(await assert(wrong), { status: 400, json: { error: 'invalid_grant' } }, JSON.stringify(wrong))
  t.match(await ask({ grant_type: jwtBearer, assertion: 'hello' }), { json: { error: 'invalid_grant' } })
  const own = await server.token(await server.client('other'))
  t.match(
    await ask({ grant_type: jwtBearer, assertion: own }),
    { json: { error: 'invalid_grant' } },
    'no token of ours',
  )
})

t.test('a token is exchanged for one that says and lasts no more', async (t) => {
  const { server, app, ask, login, isActive } = await serve(t)
  const asking = { grant_type: exchange, subject_token_type: accessToken }
  const subject = await login({ scope: 'read' })
  const actor = await server.token(app)
  const got = await ask({
    ...asking,
    subject_token: subject.access_token,
    actor_token: actor,
    actor_token_type: accessToken,
    audience: 'https://api.example',
  })
  t.match(got, { status: 200, json: { issued_token_type: accessToken, token_type: 'Bearer', scope: 'read' } })
  const claims = decodeJwt(got.json.access_token)
  t.match(claims, { sub: 'bob', aud: 'https://api.example', act: { sub: app.client.id, client_id: 'app' } })
  t.ok((claims.exp ?? 0) <= (decodeJwt(subject.access_token).exp ?? 0))
  const deep = await ask({
    ...asking,
    subject_token: got.json.access_token,
    actor_token: actor,
    actor_token_type: accessToken,
  })
  t.match(decodeJwt(deep.json.access_token)['act'], { client_id: 'app', act: { client_id: 'app' } })

  t.match(await ask({ ...asking, subject_token: subject.access_token, scope: 'read write' }), {
    status: 400,
    json: { error: 'invalid_scope' },
  })
  t.match(await ask({ ...asking, subject_token: 'hello' }), { json: { error: 'invalid_grant' } })
  t.match(await ask({ ...asking, subject_token: subject.refresh_token }), {
    json: { error: 'invalid_grant' },
  })
  t.match(await ask({ ...asking, subject_token: subject.access_token, audience: 'https://else.example' }), {
    json: { error: 'invalid_target' },
  })
  t.match(await ask({ ...asking, subject_token: subject.access_token, subject_token_type: 'x' }), {
    json: { error: 'invalid_request' },
  })
  const stranger = await server.token(await server.client('stranger'))
  t.match(
    await ask({
      ...asking,
      subject_token: subject.access_token,
      actor_token: stranger,
      actor_token_type: accessToken,
    }),
    { json: { error: 'invalid_grant' } },
    'nobody acts as somebody else',
  )
  let often = deep.json.access_token
  for (let i = 0; i < 6; i++) often = (await ask({ ...asking, subject_token: often })).json.access_token
  t.match(await ask({ ...asking, subject_token: often }), { json: { error: 'invalid_grant' } }, 'too often')

  await server.post('/oauth2/revoke', { token: subject.access_token }, basicOf(app))
  t.equal(await isActive(got.json.access_token), false, 'it ends with what it was got for')
  t.equal(await isActive(deep.json.access_token), false)
})

t.test('oauth4webapi gets, refreshes and revokes', async (t) => {
  const { server, app, isActive } = await serve(t)
  const issuer = new URL(server.issuer)
  const as = await oauth.processDiscoveryResponse(issuer, await oauth.discoveryRequest(issuer, insecure))
  const client = { client_id: 'app' }
  const auth = oauth.ClientSecretBasic(app.secret.text)
  const first = await oauth.genericTokenEndpointRequest(
    ...([as, client, auth, 'password', { username: 'bob', password, scope: 'read' }, insecure] as const),
  )
  const got = await oauth.processGenericTokenEndpointResponse(as, client, first)
  const again = await oauth.processRefreshTokenResponse(
    as,
    client,
    await oauth.refreshTokenGrantRequest(as, client, auth, String(got.refresh_token), insecure),
  )
  t.equal(await isActive(again.access_token), true)
  const ended = await oauth.revocationRequest(as, client, auth, String(again.refresh_token), insecure)
  await oauth.processRevocationResponse(ended)
  t.equal(await isActive(again.access_token), false)
  t.match(await server.post('/oauth2/token', { grant_type: 'client_credentials' }, basic('app', 'wrong')), {
    status: 401,
    json: { error: 'invalid_client' },
  })
})
