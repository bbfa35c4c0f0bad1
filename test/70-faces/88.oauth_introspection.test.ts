/** What becomes of access tokens: introspection (RFC 7662) and revocation (RFC 7009). */
import { decodeJwt } from 'jose'
import * as oauth from 'oauth4webapi'
import * as openid from 'openid-client'
import t from 'tap'
import { openKeyManager } from '../../lib/core/index.js'
import { TestClock } from '../support/clock.js'
import { basic, basicOf, OAuthServer } from './oauth.js'

const second = 1000
const password = 'Correct-Horse-Battery-9'
const insecure = { [oauth.allowInsecureRequests]: true }

t.test('a token is told of to clients and to who manages tokens, at every path', async (t) => {
  const server = await OAuthServer.open(t)
  const { face } = server
  const made = await server.client('openg2p')
  const gateway = await server.client('gateway')
  const jwt = await server.token(made)
  const { iat, exp, jti } = decodeJwt(jwt)
  const told = {
    active: true,
    client_id: 'openg2p',
    username: 'service-account-openg2p',
    sub: made.client.id,
    scope: 'default',
    token_type: 'Bearer',
    ...{ exp, iat, nbf: iat },
    iss: server.issuer,
    aud: server.issuer,
    jti,
    aut: 'APPLICATION',
  }
  await face.admin('POST', '/principals', { body: { name: 'ann', password, roles: ['administrator'] } })
  await face.admin('POST', '/principals', { body: { name: 'bob', password } })
  const { text: api } = await (await face.keyManager.as('admin')).createToken()
  const callers = [
    basicOf(gateway),
    basicOf(made),
    basic('ann', password),
    { authorization: `Bearer ${api}` },
    { authorization: `Bearer ${await server.token(gateway)}` },
  ]
  const paths = ['/oauth2/introspect', '/oauth2/tokeninfo', '/tokeninfo']
  for (const path of [...paths, '/realms/mortise/protocol/openid-connect/token/introspect']) {
    for (const headers of callers) {
      const answer = await server.post(path, { token: jwt, token_type_hint: 'refresh_token' }, headers)
      t.equal(answer.status, 200)
      t.equal(answer.headers.get('cache-control'), 'no-store')
      t.strictSame(answer.json, told, path)
    }
  }
  const body = { client_id: 'gateway', client_secret: gateway.secret.text }
  t.match((await server.post('/oauth2/introspect', { ...body, token: jwt })).json, { active: true })

  t.equal((await server.post('/oauth2/introspect', { token: jwt })).status, 401)
  t.equal((await server.post('/oauth2/introspect', { token: jwt }, basic('ann', 'wrong'))).status, 401)
  const bob = await server.post('/oauth2/introspect', { token: jwt }, basic('bob', password))
  t.match(bob, { status: 403, json: { error: 'unauthorized_client' } }, 'whoever is neither is told nothing')
  t.match(await server.post('/oauth2/introspect', {}, basicOf(gateway)), {
    status: 400,
    json: { error: 'invalid_request' },
  })
  const twice = `token=${jwt}&token=${jwt}`
  t.equal((await server.post('/oauth2/introspect', twice, basicOf(gateway))).status, 400)

  const { records } = (await face.admin('GET', '/audit?limit=1000')).json
  const asked = records.filter((one: { operation: string }) => one.operation === 'IntrospectToken')
  t.match(asked.at(-1), { principal: gateway.client.id, detail: { active: true, token: jti?.slice(4) } })
})

t.test('of what is not good nothing is told', async (t) => {
  const clock = new TestClock()
  const server = await OAuthServer.open(t, {}, { clock })
  const { face } = server
  const made = await server.client('openg2p')
  const gateway = await server.client('gateway')
  const jwt = await server.token(made)
  const [head = '', payload = '', signature = ''] = jwt.split('.')
  const { text: api } = await (await face.keyManager.as('admin')).createToken()
  const claims = Buffer.from(JSON.stringify({ ...decodeJwt(jwt), scope: 'all' })).toString('base64url')
  const none = Buffer.from('{"alg":"none"}').toString('base64url')
  for (const token of [
    `${head}.${payload}.${signature.slice(0, -8)}AAAAAAAA`,
    `${head}.${claims}.${signature}`,
    `${none}.${payload}.`,
    `${jwt}x`,
    ` ${jwt}`,
    'x'.repeat(60_000),
    'hello',
    '\0',
    api,
    made.secret.text,
  ])
    t.strictSame(await server.introspect(token, gateway), { active: false })

  t.match(await face.keyManager.judgeToken(jwt), { active: true, token: { client: made.client.id } })
  clock.pass(899 * second)
  t.match(await server.introspect(jwt, gateway), { active: true })
  clock.pass(second)
  t.strictSame(await server.introspect(jwt, gateway), { active: false }, 'to the second that it names')
  t.strictSame(await face.keyManager.judgeToken(jwt), { active: false, reason: 'expired' })
  t.strictSame(await face.keyManager.judgeToken(api), { active: false, reason: 'unknown' })

  const next = await server.token(made)
  await face.admin('PATCH', '/principals/openg2p', { body: { enabled: false } })
  t.strictSame(await server.introspect(next, gateway), { active: false }, 'with its client')
})

t.test('a client ends its tokens, and an administrator everybody’s, in every process', async (t) => {
  const directory = t.testdir()
  const server = await OAuthServer.open(t, {}, { directory })
  const { face } = server
  const made = await server.client('openg2p')
  const gateway = await server.client('gateway')
  const jwt = await server.token(made)
  const revoke = async (token: string, headers: Record<string, string>, path = '/oauth2/revoke') =>
    (await server.post(path, { token, token_type_hint: 'access_token' }, headers)).status

  t.equal(await revoke(jwt, basicOf(gateway)), 200)
  t.match(await server.introspect(jwt, gateway), { active: true }, 'nobody ends those of others')
  const { text: api } = await (await face.keyManager.as('admin')).createToken()
  t.equal(await revoke(api, { authorization: `Bearer ${api}` }), 200)
  t.match(await face.admin('GET', '/me', { token: api }), { status: 200 }, 'what is no token of OAuth stays')
  t.equal(await revoke('hello', basicOf(made)), 200)
  t.equal(await revoke(jwt, basic('openg2p', 'wrong')), 401)

  const other = await openKeyManager({ directory })
  t.teardown(() => other.close())
  t.match(await other.judgeToken(jwt), { active: true })
  t.equal(await revoke(jwt, basicOf(made), '/realms/mortise/protocol/openid-connect/revoke'), 200)
  t.strictSame(await server.introspect(jwt, gateway), { active: false })
  t.match(await face.admin('GET', '/me', { token: jwt }), { status: 401 }, 'no face takes it any more')
  for (let i = 0; i < 100 && (await other.judgeToken(jwt)).active; i++)
    await new Promise((resolve) => setTimeout(resolve, 50))
  t.strictSame(await other.judgeToken(jwt), { active: false, reason: 'unknown' }, 'nor another process')
  t.equal(await revoke(jwt, basicOf(made)), 200, 'again')

  const second_ = await server.token(made)
  t.equal(await revoke(second_, { authorization: `Bearer ${api}` }), 200)
  t.strictSame(await server.introspect(second_, gateway), { active: false })
  const { records } = (await face.admin('GET', '/audit?limit=1000')).json
  const revoked = records.filter(
    (one: { operation: string; detail: { revoked?: boolean } }) =>
      one.operation === 'RevokeAccessToken' && one.detail.revoked,
  )
  t.equal(revoked.length, 2)
})

t.test('clients of others ask likewise', async (t) => {
  const server = await OAuthServer.open(t)
  const made = await server.client('openg2p')
  const issuer = new URL(server.issuer)

  for (const algorithm of ['oidc', 'oauth2'] as const) {
    const found = await oauth.discoveryRequest(issuer, { algorithm, ...insecure })
    const as = await oauth.processDiscoveryResponse(issuer, found)
    const client = { client_id: 'openg2p' }
    const auth = oauth.ClientSecretBasic(made.secret.text)
    const granted = await oauth.clientCredentialsGrantRequest(
      ...([as, client, auth, new URLSearchParams(), insecure] as const),
    )
    const { access_token: token } = await oauth.processClientCredentialsResponse(as, client, granted)
    const asked = await oauth.introspectionRequest(as, client, auth, token, insecure)
    t.match(await oauth.processIntrospectionResponse(as, client, asked), { active: true, scope: 'default' })
    await oauth.processRevocationResponse(await oauth.revocationRequest(as, client, auth, token, insecure))
    const again = await oauth.introspectionRequest(as, client, auth, token, insecure)
    t.strictSame(await oauth.processIntrospectionResponse(as, client, again), { active: false })
  }

  const config = await openid.discovery(issuer, 'openg2p', made.secret.text, undefined, {
    execute: [openid.allowInsecureRequests],
  })
  const { access_token: token } = await openid.clientCredentialsGrant(config)
  t.match(await openid.tokenIntrospection(config, token), { active: true })
  await openid.tokenRevocation(config, token)
  t.match(await openid.tokenIntrospection(config, token), { active: false })
})
