import { createHash, X509Certificate } from 'node:crypto'
import { createRemoteJWKSet, decodeProtectedHeader, jwtVerify } from 'jose'
import t, { type Test } from 'tap'
import type { NewOAuthClient } from '../../lib/core/index.js'
import { TestClock } from '../support/clock.js'
import { basic, basicOf, OAuthServer } from './oauth.js'

const scopesPath = '/api/identity/oauth2/v1.0/scopes'
const km = '/api/km/v1'
const second = 1000

interface Asked {
  readonly status: number
  // biome-ignore lint/suspicious/noExplicitAny: what a test expects of it, it says itself
  readonly json: any
}

/** A server with a gateway, which is an OAuth client that may read, and an administrator with a password. */
class Gateways {
  readonly server: OAuthServer
  readonly gateway: NewOAuthClient

  private constructor(server: OAuthServer, gateway: NewOAuthClient) {
    this.server = server
    this.gateway = gateway
  }

  static async open(
    t: Test,
    flags: Readonly<Record<string, string>> = {},
    options: Parameters<typeof OAuthServer.open>[2] = {},
  ): Promise<Gateways> {
    const server = await OAuthServer.open(t, flags, options)
    const host = server.face.keyManager.asHost()
    await host.createRole({ name: 'gateway', system: ['PrincipalRead'] })
    const gateway = await server.client('gateway', { roles: ['gateway'] })
    return new Gateways(server, gateway)
  }

  /** As the administrator. */
  async ask(method: string, path: string, body?: object): Promise<Asked> {
    const { status, text } = await this.server.face.ask(method, path, { ...(body && { body }) })
    return { status, json: text === '' ? undefined : JSON.parse(text) }
  }

  /** As the gateway. */
  async read(path: string): Promise<Asked> {
    const { status, json } = await this.server.face.ask('GET', path, {
      token: null,
      headers: { ...basicOf(this.gateway), xWSO2Tenant: 'carbon.super' },
    })
    return { status, json }
  }

  async validate(accessToken: string, call: object = {}) {
    const answer = await this.server.face.ask('POST', `${km}/validate-key`, {
      token: null,
      headers: basicOf(this.gateway),
      body: {
        ...{ accessToken, context: '/pizza', version: '1.0.0', matchingResource: '/order/{id}' },
        ...{ httpVerb: 'POST', requiredAuthenticationLevel: 'Any', clientDomain: null },
        ...call,
      },
    })
    return answer.json
  }

  /** Pizza, an application that has subscribed to it, and a client of the application. */
  async sell(more: object = {}) {
    const client = await this.server.client('pizza-app')
    await this.ask('POST', scopesPath, { name: 'write' })
    const api = await this.ask('POST', `${km}/resources`, pizza)
    const application = await this.ask('POST', `${km}/applications`, {
      ...{ name: 'PizzaApp', subName: 'admin', ...more },
    })
    const appUUID = application.json.uuid
    await this.ask('POST', `${km}/application-key-mappings`, {
      consumerKey: client.client.name,
      applicationUUID: appUUID,
    })
    const subscription = await this.ask('POST', `${km}/subscriptions`, {
      ...{ apiUUId: 'pizza-1', appUUID, policyId: 'Gold' },
    })
    return { client, api, application: application.json, subscription: subscription.json }
  }
}

const pizza = {
  ...{ apiId: 'pizza-1', name: 'PizzaShack', context: '/pizza', version: '1.0.0', provider: 'admin' },
  tier: 'Unlimited',
  scopes: ['write', { name: 'pizza_menu', bindings: [] }],
  uriTemplates: [
    { uriTemplate: '/order/{id}', httpVerb: 'POST', authType: 'Any', scopes: ['write'] },
    { uriTemplate: '/menu', httpVerb: 'get', authType: 'Application_User' },
    { uriTemplate: '/price', httpVerb: 'GET', authType: 'Application' },
  ],
}

t.test('scopes are registered with the status codes that the stock client waits for', async (t) => {
  const gateways = await Gateways.open(t)
  const { server } = gateways
  const ask = (method: string, path: string, body?: object) => gateways.ask(method, path, body)
  const read = { name: 'read', displayName: 'Read', description: 'Reads', bindings: [] }
  t.strictSame(await ask('POST', scopesPath, read), { status: 201, json: read })
  t.match(await ask('POST', scopesPath, { name: 'boss', displayName: null, bindings: ['admin'] }), {
    status: 201,
    json: { name: 'boss', displayName: 'boss', description: '', bindings: ['admin'] },
  })
  t.match(await ask('POST', scopesPath, read), { status: 409, json: { error_description: /already/ } })
  t.equal((await ask('POST', scopesPath, { name: 'a b' })).status, 400)
  t.equal((await ask('POST', scopesPath, { name: 'default' })).status, 400)
  const { json } = await ask('GET', scopesPath)
  t.strictSame(
    json.map(({ name }: { name: string }) => name),
    ['boss', 'read'],
  )
  t.strictSame(await ask('GET', `${scopesPath}/name/read`), { status: 200, json: read })
  for (const [name, status] of [
    ['read', 200],
    ['default', 200],
    ['none', 404],
  ] as const)
    t.equal((await ask('HEAD', `${scopesPath}/name/${name}?includeOIDCScopes=true`)).status, status)
  t.match(await ask('PUT', `${scopesPath}/name/read`, { displayName: 'R', bindings: ['reader'] }), {
    status: 200,
    json: { name: 'read', displayName: 'R', description: 'Reads', bindings: ['reader'] },
  })
  t.equal((await ask('DELETE', `${scopesPath}/name/read`)).status, 200)
  t.equal((await ask('DELETE', `${scopesPath}/name/read`)).status, 404)
  t.equal((await server.face.ask('GET', scopesPath, { token: null })).status, 401)
  await server.face.keyManager.ensurePrincipal({ name: 'apim', roles: ['administrator'] })
  await server.face.keyManager.asHost().setPassword('apim', 'a password of WSO2’s')
  const asked = (headers: Readonly<Record<string, string>>) =>
    server.face.ask('GET', scopesPath, { token: null, headers })
  t.equal((await asked(basic('apim', 'a password of WSO2’s'))).status, 200, 'with a password')
  t.equal((await asked(basicOf(gateways.gateway))).status, 200, 'with the secret of a client')
  t.equal((await asked(basic('gateway', 'wrong'))).status, 401)
  const stranger = await server.face.tokenOf('stranger')
  t.equal((await server.face.ask('POST', scopesPath, { token: stranger, body: read })).status, 403)
  const { json: audit } = await server.face.admin('GET', '/audit?limit=100')
  const trail = audit.records.map(({ operation }: { operation: string }) => operation)
  for (const operation of ['RegisterOAuthScope', 'SetOAuthScope', 'DeleteOAuthScope'])
    t.ok(trail.includes(operation), operation)
})

t.test('a token has the scopes that its holder may have', async (t) => {
  const gateways = await Gateways.open(t, { '--oauth-password-grant': 'true' })
  const { server } = gateways
  const client = await server.client('app')
  await gateways.ask('POST', scopesPath, { name: 'read' })
  await gateways.ask('POST', scopesPath, { name: 'boss', bindings: ['administrator'] })
  const ask = async (scope?: string) => {
    const fields = { grant_type: 'client_credentials', ...(scope !== undefined && { scope }) }
    const { status, json } = await server.post('/oauth2/token', fields, basicOf(client))
    return [status, json.scope ?? json.error]
  }
  t.strictSame(await ask(), [200, 'default'])
  t.strictSame(await ask('default'), [200, 'default'])
  t.strictSame(await ask('default read'), [200, 'default read'])
  t.strictSame(await ask('read boss'), [200, 'read'], 'an application never has what is bound to roles')
  t.strictSame(await ask('boss'), [200, 'default'])
  t.strictSame(await ask('none'), [400, 'invalid_scope'])
  const both = await server.client('both', { grants: ['password'] })
  const password = 'a password of a user’s'
  for (const [name, roles, scope] of [
    ['ann', ['administrator'], 'read boss'],
    ['bob', [], 'read'],
  ] as const) {
    await server.face.keyManager.ensurePrincipal({ name, roles: [...roles] })
    await server.face.keyManager.asHost().setPassword(name, password)
    const asked = { grant_type: 'password', username: name, password, scope: 'read boss' }
    t.equal((await server.post('/oauth2/token', asked, basicOf(both))).json.scope, scope, name)
  }
  await gateways.ask('DELETE', `${scopesPath}/name/read`)
  t.strictSame(await ask('read'), [400, 'invalid_scope'], 'at once')
})

t.test('APIs are registered with their templates and scopes', async (t) => {
  const gateways = await Gateways.open(t)
  const path = `${km}/resources`
  t.match(await gateways.ask('POST', path, pizza), { status: 400, json: { error_description: /"write"/ } })
  await gateways.ask('POST', scopesPath, { name: 'write' })
  t.match(await gateways.ask('POST', path, pizza), {
    status: 201,
    json: {
      ...{ apiId: 'pizza-1', context: '/pizza', tier: 'Unlimited', scopes: ['write', 'pizza_menu'] },
      uriTemplates: [
        { uriTemplate: '/order/{id}', httpVerb: 'POST', authType: 'Any', scopes: ['write'] },
        { uriTemplate: '/menu', httpVerb: 'GET', authType: 'Application User', scopes: [] },
        { uriTemplate: '/price', httpVerb: 'GET', authType: 'Application', scopes: [] },
      ],
    },
  })
  t.equal((await gateways.ask('POST', path, pizza)).status, 409)
  t.equal((await gateways.ask('POST', path, { ...pizza, apiId: 'other' })).status, 409, 'of one place')
  t.equal((await gateways.ask('HEAD', `${scopesPath}/name/pizza_menu`)).status, 200, 'its own scope')
  t.equal((await gateways.ask('GET', `${path}/pizza-1`)).json.name, 'PizzaShack')
  t.equal((await gateways.ask('GET', `${path}/none`)).status, 404)
  t.equal((await gateways.ask('PUT', `${path}/none`, pizza)).status, 404)
  const moved = { ...pizza, context: '/pie', scopes: ['write'], uriTemplates: [] }
  t.match(await gateways.ask('PUT', `${path}/pizza-1`, moved), { status: 200, json: { context: '/pie' } })
  t.equal((await gateways.ask('HEAD', `${scopesPath}/name/pizza_menu`)).status, 404)
  t.equal((await gateways.ask('POST', path, { ...pizza, apiId: 'other' })).status, 201, 'its place is free')
  t.equal((await gateways.ask('PUT', `${path}/pizza-1`, { ...pizza })).status, 409)
  t.equal((await gateways.ask('DELETE', `${path}/other`)).status, 204)
  t.equal((await gateways.ask('DELETE', `${path}/other`)).status, 404)
  t.equal((await gateways.ask('HEAD', `${scopesPath}/name/pizza_menu`)).status, 404, 'gone with it')
  t.equal((await gateways.ask('HEAD', `${scopesPath}/name/write`)).status, 200, 'shared')
  for (const wrong of [
    { context: 'pizza' },
    { context: '/pizza/' },
    { uriTemplates: [{ uriTemplate: '/x', httpVerb: 'GET', authType: 'Somebody' }] },
    { uriTemplates: [pizza.uriTemplates[0], pizza.uriTemplates[0]] },
    { version: '1/2' },
  ])
    t.equal((await gateways.ask('POST', path, { ...pizza, apiId: 'wrong', ...wrong })).status, 400)
})

t.test(
  'gateways load APIs, applications, mappings, subscriptions and policies as they know them',
  async (t) => {
    const gateways = await Gateways.open(t)
    const { application, subscription } = await gateways.sell({
      ...{ groupIds: ['g'], attributes: { team: 'kitchen' } },
    })
    const limits = {
      defaultLimit: { quotaType: 'requestCount', requestCount: { requestCount: 20, unitTime: 1 } },
    }
    const gold = { type: 'subscription', name: 'Gold', rateLimitCount: 5, rateLimitTimeUnit: 'min', limits }
    t.match(await gateways.ask('POST', `${km}/policies`, gold), {
      status: 201,
      json: { name: 'Gold', limits },
    })
    t.equal((await gateways.ask('POST', `${km}/policies`, gold)).status, 409)
    const load = async (path: string) => {
      const { status, json } = await gateways.read(`/internal/data/v1/${path}`)
      t.equal(status, 200, path)
      return json.list
    }
    const [api] = await load('apis?context=/pizza&version=1.0.0&gatewayLabel=Default')
    t.match(api, {
      ...{ uuid: 'pizza-1', provider: 'admin', name: 'PizzaShack', context: '/pizza', version: '1.0.0' },
      ...{ policy: 'Unlimited', apiType: 'HTTP', status: 'PUBLISHED', isDefaultVersion: false },
    })
    t.strictSame(api.urlMappings[0], {
      ...{ urlPattern: '/order/{id}', httpMethod: 'POST', authScheme: 'Any', throttlingPolicy: 'Unlimited' },
      scopes: ['write'],
    })
    t.strictSame(await load('apis?context=/none'), [])
    t.strictSame(await load(`applications?appId=${application.id}`), [
      {
        ...{ id: application.id, uuid: application.uuid, name: 'PizzaApp', subId: 0, subName: 'admin' },
        ...{ policy: 'Unlimited', tokenType: 'JWT', groupIds: ['g'], attributes: { team: 'kitchen' } },
      },
    ])
    const mapping = {
      ...{ consumerKey: 'pizza-app', keyType: 'PRODUCTION', keyManager: 'Resident Key Manager' },
      ...{ applicationId: application.id, applicationUUID: application.uuid },
    }
    t.strictSame(await load('application-key-mappings?consumerKey=pizza-app'), [mapping])
    t.strictSame(await load('application-key-mappings?keymanager=another'), [])
    const { subscriptionUUId, subscriptionId, timeStamp } = subscription
    const told = {
      ...{ subscriptionUUId, subscriptionId, policyId: 'Gold', apiId: api.apiId, apiUUId: 'pizza-1' },
      ...{ appId: application.id, appUUID: application.uuid, subscriptionState: 'UNBLOCKED', timeStamp },
    }
    t.strictSame(await load(`subscriptions?apiId=${api.apiId}&appId=${application.id}`), [told])
    t.strictSame(await load(`subscriptions?appId=${application.id + 99}`), [])
    t.match(await load('subscription-policies?policyName=Gold'), [
      { name: 'Gold', tenantId: -1234, rateLimitCount: 5, ...limits },
    ])
    t.strictSame(await load('application-policies'), [])
    t.strictSame(await load('api-policies'), [])
    t.match(await load('scopes'), [{ name: 'pizza_menu' }, { name: 'write', roles: [] }])

    const again = { ...told, subscriptionState: 'ON_HOLD' }
    t.match(await gateways.ask('PUT', `${km}/subscriptions/${subscriptionUUId}`, again), {
      status: 200,
      json: { subscriptionState: 'ON_HOLD' },
    })
    t.equal(
      (await gateways.ask('PUT', `${km}/subscriptions/${subscriptionUUId}`, { apiUUId: 'x' })).status,
      400,
    )
    t.equal((await gateways.ask('POST', `${km}/subscriptions`, told)).status, 409)
    t.equal(
      (await gateways.ask('POST', `${km}/applications`, { name: 'PizzaApp', subName: 'admin' })).status,
      409,
    )
    t.equal((await gateways.ask('POST', `${km}/applications`, { name: 'PizzaApp' })).status, 400)
    t.equal((await gateways.ask('DELETE', `${km}/applications/${application.uuid}`)).status, 204)
    t.strictSame(await load('subscriptions'), [], 'gone with its application')
    t.strictSame(await load('application-key-mappings'), [])
    const stranger = await gateways.server.face.tokenOf('stranger')
    t.equal(
      (await gateways.server.face.ask('GET', '/internal/data/v1/apis', { token: stranger })).status,
      403,
    )
  },
)

t.test('a call is let through, and refused with each number, at once when anything changes', async (t) => {
  const clock = new TestClock()
  const gateways = await Gateways.open(t, {}, { clock })
  const { server } = gateways
  const { client, application, subscription } = await gateways.sell({ attributes: { team: 'kitchen' } })
  await gateways.ask('POST', `${km}/policies`, { type: 'subscription', name: 'Gold', rateLimitCount: 5 })
  const token = await server.token(client, { scope: 'default write' })
  const plain = await server.token(client)
  const valid = await gateways.validate(token)
  const { endUserToken, issuedTime, ...rest } = valid
  t.strictSame(rest, {
    ...{ authorized: true, validationStatus: 0, consumerKey: 'pizza-app', type: 'PRODUCTION' },
    ...{ userType: 'APPLICATION', endUserName: 'admin@carbon.super', subscriber: 'admin', tier: 'Gold' },
    ...{ applicationId: String(application.id), applicationUUID: application.uuid },
    ...{ applicationName: 'PizzaApp', applicationTier: 'Unlimited', apiName: 'PizzaShack' },
    ...{ apiVersion: '1.0.0', apiPublisher: 'admin', apiTier: 'Unlimited', scopes: ['default', 'write'] },
    ...{ validityPeriod: 900_000, spikeArrestLimit: 5, spikeArrestUnit: null, stopOnQuotaReach: true },
    ...{ contentAware: false, throttlingDataList: ['api_level_throttling_key'] },
    subscriberTenantDomain: 'carbon.super',
  })
  t.equal(issuedTime % second, 0)
  t.type(endUserToken, 'string')
  t.equal((await gateways.validate(token)).endUserToken, endUserToken, 'the same while it says the same')
  t.ok((await gateways.validate(token, { version: '_default_1.0.0' })).authorized)
  t.ok((await gateways.validate(token, { context: '/pizza/1.0.0' })).authorized)

  const status = async (text: string, call: object = {}) =>
    (await gateways.validate(text, call)).validationStatus
  t.equal(await status(''), 900902)
  t.equal(await status('nothing'), 900901)
  t.equal(await status(`${token.slice(0, -4)}AAAA`), 900901, 'a bad signature')
  t.equal(await status(token, { requiredAuthenticationLevel: 'Application_User' }), 900905)
  t.equal(await status(token, { matchingResource: '/menu', httpVerb: 'GET' }), 900905, 'by the resource')
  t.equal(await status(token, { matchingResource: '/price', httpVerb: 'GET' }), 0)
  t.equal(await status(token, { matchingResource: '/none' }), 900906)
  t.equal(await status(token, { httpVerb: 'DELETE' }), 900906)
  t.equal(await status(token, { context: '/none' }), 900908)
  t.equal(await status(plain), 900910)
  t.equal(await status(plain, { matchingResource: '/price', httpVerb: 'GET' }), 0)

  const set = (subscriptionState: string) =>
    gateways.ask('PUT', `${km}/subscriptions/${subscription.subscriptionUUId}`, { subscriptionState })
  for (const [state, expected] of [
    ['BLOCKED', 900907],
    ['PROD_ONLY_BLOCKED', 900907],
    ['ON_HOLD', 900909],
    ['REJECTED', 900909],
    ['TIER_UPDATE_PENDING', 0],
    ['UNBLOCKED', 0],
  ] as const) {
    await set(state)
    t.equal(await status(token), expected, state)
  }
  await set('PROD_ONLY_BLOCKED')
  const sandbox = { keyType: 'SANDBOX', applicationUUID: application.uuid }
  await gateways.ask('PUT', `${km}/application-key-mappings/pizza-app`, sandbox)
  t.match(await gateways.validate(token), { authorized: true, type: 'SANDBOX' })
  t.not((await gateways.validate(token)).endUserToken, endUserToken, 'it says something else now')

  await gateways.ask('DELETE', `${km}/application-key-mappings/pizza-app`)
  t.equal(await status(token), 900908)
  await gateways.ask('POST', `${km}/application-key-mappings`, { ...sandbox, consumerKey: 'pizza-app' })
  t.equal(await status(token), 0, 'that it was refused is not remembered')
  await gateways.ask('PUT', `${km}/resources/pizza-1`, { ...pizza, uriTemplates: [] })
  t.equal(await status(token), 900906)
  await gateways.ask('PUT', `${km}/resources/pizza-1`, pizza)
  await gateways.ask('DELETE', `${km}/subscriptions/${subscription.subscriptionUUId}`)
  t.equal(await status(token), 900908)
  await gateways.ask('POST', `${km}/subscriptions`, { apiUUId: 'pizza-1', appUUID: application.uuid })
  t.equal(await status(token), 0)

  const expires = clock.now() + 60 * second
  await server.face.admin('PATCH', '/principals/pizza-app', { body: { expires } })
  t.equal(await status(token), 0)
  clock.pass(60 * second)
  t.equal(await status(token), 900904, 'its client is not to do anything any more')
  await server.face.admin('PATCH', '/principals/pizza-app', { body: { expires: null } })
  const fresh = await server.token(client, { scope: 'write' })
  t.equal(await status(fresh), 0)
  await server.post('/oauth2/revoke', { token: fresh }, basicOf(client))
  t.equal(await status(fresh), 900901, 'it was revoked')
  const last = await server.token(client, { scope: 'write' })
  clock.pass(901 * second)
  t.equal(await status(last), 900903)
  clock.pass(3600 * second)
  t.equal(await status(last), 900903, 'long after')

  const stranger = await server.face.tokenOf('stranger')
  const refused = await server.face.ask('POST', `${km}/validate-key`, {
    token: stranger,
    body: { accessToken: last, context: '/pizza', version: '1.0.0', matchingResource: '/', httpVerb: 'GET' },
  })
  t.equal(refused.status, 403)
})

t.test('backends are told who calls, in a JWT of the key that signs tokens', async (t) => {
  const gateways = await Gateways.open(t, { '--oauth-wso2-compat': 'true' })
  const { server } = gateways
  const { client, application } = await gateways.sell({ attributes: { team: 'kitchen' } })
  const token = await server.token(client, { scope: 'write' })
  const { endUserToken } = await gateways.validate(token)
  const keys = createRemoteJWKSet(new URL(`${server.url}/oauth2/jwks`))
  const { payload, protectedHeader } = await jwtVerify(endUserToken, keys, { issuer: 'wso2.org/products/am' })
  const claim = (name: string) => payload[`http://wso2.org/claims/${name}`]
  t.strictSame(
    ['subscriber', 'applicationid', 'applicationname', 'apicontext', 'tier', 'keytype', 'usertype'].map(
      claim,
    ),
    ['admin', String(application.id), 'PizzaApp', '/pizza/1.0.0', 'Gold', 'PRODUCTION', 'APPLICATION'],
  )
  t.equal(claim('enduser'), 'admin@carbon.super')
  t.equal(claim('enduserTenantId'), '-1234')
  t.strictSame(claim('applicationAttributes'), { team: 'kitchen' })
  t.equal((payload.exp as number) - (payload.iat as number), 960)
  t.notMatch(JSON.stringify(payload), token)
  const { text: pem } = await server.face.ask('GET', `${km}/certificate`, { token: null })
  const certificate = new X509Certificate(pem)
  const hex = createHash('sha1').update(certificate.raw).digest('hex')
  const x5t = Buffer.from(hex).toString('base64')
  t.equal(protectedHeader['x5t'], x5t, 'the digest as text, with padding')
  t.equal(decodeProtectedHeader(endUserToken).typ, 'JWT')
  t.ok(certificate.verify(certificate.publicKey))
})

t.test('claims of a user come from the directory', async (t) => {
  const gateways = await Gateways.open(t)
  const host = gateways.server.face.keyManager.asHost()
  await host.createPrincipal({ name: 'ann', fullName: 'Ann Other', email: 'ann@example.org' } as never)
  await host.setPrincipal('ann', {
    ...{ fullName: 'Ann Other', email: 'ann@example.org' },
    appMetadata: { claims: { givenname: 'Ann', role: 'never' } },
  })
  const ask = (fields: object) =>
    gateways.ask('POST', '/keymanager-operations/user-info/claims/generate', {
      ...{ accessToken: null, domain: '', bindFederatedUserClaims: false },
      ...fields,
    })
  const { json } = await ask({ username: 'PRIMARY/ann@carbon.super', dialect: 'http://wso2.org/claims' })
  t.equal(json.count, json.list.length)
  for (const [name, value] of [
    ['givenname', 'Ann'],
    ['fullname', 'Ann Other'],
    ['emailaddress', 'ann@example.org'],
  ])
    t.match(
      json.list.find(({ uri }: { uri: string }) => uri === `http://wso2.org/claims/${name}`),
      { value },
    )
  t.equal((await ask({ username: 'nobody' })).status, 404)
})
