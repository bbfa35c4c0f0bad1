/** Clients that are registered over the wire (RFC 7591, RFC 7592), as gateways of WSO2 ask for it. */
import * as oauth from 'oauth4webapi'
import t, { type Test } from 'tap'
import type { Asking } from './face.js'
import { basic, OAuthServer } from './oauth.js'

const password = 'Correct-Horse-Battery-9'
const administrator = basic('ann', password)
const registries = [
  '/oauth2/register',
  '/keymanager-operations/dcr/register',
  '/realms/mortise/clients-registrations/openid-connect',
]

async function serve(t: Test) {
  const server = await OAuthServer.open(t)
  const ann = { name: 'ann', password, roles: ['administrator'] }
  await server.face.admin('POST', '/principals', { body: ann })
  const { text } = await (await server.face.keyManager.as('admin')).createToken()
  const headers = { authorization: `Bearer ${text}` }
  const ask = (method: string, path: string, asking: Asking = {}) =>
    server.face.ask(method, path, { token: null, headers, ...asking })
  const grant = async (id: string, secret: string) =>
    server.post('/oauth2/token', { grant_type: 'client_credentials', client_id: id, client_secret: secret })
  return { server, ask, grant }
}

/** What the stock client sends. */
const stock = {
  client_name: 'admin_PizzaApp_PRODUCTION',
  grant_types: [
    'client_credentials',
    'password',
    'refresh_token',
    'urn:ietf:params:oauth:grant-type:saml2-bearer',
  ],
  redirect_uris: [''],
  token_type_extension: 'JWT',
  ext_application_owner: 'admin',
  ext_application_token_lifetime: 3600,
  ext_user_token_lifetime: 3600,
  ext_refresh_token_lifetime: 86_400,
  ext_id_token_lifetime: 3600,
  application_display_name: 'PizzaApp',
  pkceMandatory: false,
  application_scopes: [],
}

/** What the connector for Keycloak sends, with what it does not have as null. */
const keycloak = {
  client_id: null,
  client_secret: null,
  client_name: 'PizzaApp',
  redirect_uris: ['https://client.example/cb'],
  token_endpoint_auth_method: 'client_secret_basic',
  grant_types: ['client_credentials', 'authorization_code'],
  response_types: ['code'],
  subject_type: 'public',
  tls_client_certificate_bound_access_tokens: null,
  client_secret_expires_at: null,
}

t.test('each connector registers, reads, changes and removes its client', async (t) => {
  const { ask, grant } = await serve(t)
  const told = { client_id: /^[\w-]{22}$/, client_secret: /^[\w-]+$/, client_secret_expires_at: 0 }
  const kinds = [
    [stock, { grant_types: ['client_credentials', 'password', 'refresh_token'], redirect_uris: [] }],
    [keycloak, { redirect_uris: ['https://client.example/cb'], subject_type: 'public' }],
  ] as const
  for (const path of registries) {
    for (const [body, expected] of kinds) {
      const made = await ask('POST', path, { body })
      t.match(made, {
        status: 201,
        json: {
          ...told,
          ...expected,
          client_name: body.client_name,
          client_id_issued_at: Number,
          response_types: ['code'],
          token_endpoint_auth_method: 'client_secret_basic',
          scope: 'default',
          application_type: 'web',
          token_type_extension: 'JWT',
          ext_application_token_lifetime: 3600,
          ext_user_token_lifetime: 3600,
          ext_refresh_token_lifetime: 86_400,
          registration_access_token: /^mrg_/,
        },
      })
      t.equal(made.headers['cache-control'], 'no-store')
      const { client_id: id, client_secret: secret, registration_access_token: token, ...same } = made.json
      const one = `${path}/${id}`
      t.ok(made.json.registration_client_uri.endsWith(one))
      if (body === stock) t.match(made.json, { ext_application_owner: 'admin', ext_id_token_lifetime: 3600 })
      if (body === stock)
        t.match(await grant(id, secret), { status: 200, json: { scope: 'default', expires_in: 3600 } })

      t.strictSame((await ask('GET', one)).json, { client_id: id, client_secret: secret, ...same })
      t.strictSame((await ask('GET', `${path}?client_id=${id}`)).json, {
        client_id: id,
        client_secret: secret,
        ...same,
      })
      const headers = { authorization: `Bearer ${token}` }
      const { client_secret_expires_at: _, ...own } = same
      t.strictSame(
        (await ask('GET', one, { headers })).json,
        { client_id: id, ...own, client_secret_expires_at: 0, registration_access_token: token },
        'a client is not shown its secret again',
      )
      const changes = { ...body, client_name: 'Renamed', ext_application_token_lifetime: '120' }
      t.match(await ask('PUT', one, { body: changes }), {
        status: 200,
        json: { client_name: 'Renamed', ext_application_token_lifetime: 120, client_secret: secret },
      })
      t.match(await ask('PUT', one, { body: { ...changes, client_id: id } }), { status: 200 })
      t.match(
        await ask('PUT', one, { body: { ...changes, client_id: secret } }),
        { status: 200 },
        'the stock client writes its secret there',
      )
      t.match(await ask('PUT', one, { body: { ...changes, client_id: 'another' } }), { status: 400 })
      t.match(await ask('PATCH', one, { body: { client_name: 'Again' } }), {
        status: 200,
        json: {
          client_name: 'Again',
          ext_application_token_lifetime: 120,
          redirect_uris: expected.redirect_uris,
        },
      })
      t.match(await ask('DELETE', one), { status: 204, text: '' })
      t.match(await ask('GET', one), { status: 404 })
      t.match(await ask('GET', one, { headers }), { status: 401, json: { error: 'invalid_token' } })
      t.match(await grant(id, secret), { status: 401, json: { error: 'invalid_client' } })
    }
  }
})

t.test('ids, secrets and lifetimes may be chosen', async (t) => {
  const { server, ask, grant } = await serve(t)
  const body = {
    ...stock,
    ext_param_client_id: 'Chosen_id-1',
    ext_param_client_secret: 'chosen-secret_1',
    ext_application_token_lifetime: -1,
    ext_refresh_token_lifetime: 10,
    token_type_extension: 'Default',
  }
  const made = await ask('POST', '/oauth2/register', { body })
  t.match(made.json, {
    client_id: 'Chosen_id-1',
    client_secret: 'chosen-secret_1',
    token_type_extension: 'Default',
    ext_application_token_lifetime: 86_400,
    ext_refresh_token_lifetime: 60,
  })
  t.match(await grant('Chosen_id-1', 'chosen-secret_1'), { status: 200 })
  t.match(await grant('Chosen_id-1', 'chosen-secret_2'), { status: 401 })
  t.match(await ask('POST', '/oauth2/register', { body }), {
    status: 409,
    json: { error: 'invalid_client_metadata' },
  })
  const principals = (await server.face.admin('GET', '/clients/Chosen_id-1')).text
  t.notMatch(principals, 'chosen-secret_1', 'the administration does not show it')
  const { json } = await server.face.admin('GET', '/audit?limit=1000')
  t.notMatch(JSON.stringify(json), 'chosen-secret_1')
})

t.test('what is no registration is refused as RFC 7591 has it', async (t) => {
  const { server, ask } = await serve(t)
  const refused: [error: string, body: object | string][] = [
    ['invalid_redirect_uri', { redirect_uris: ['http://client.example/cb'] }],
    ['invalid_redirect_uri', { redirect_uris: ['https://client.example/cb#fragment'] }],
    ['invalid_redirect_uri', { redirect_uris: ['javascript:alert(1)'] }],
    ['invalid_redirect_uri', { redirect_uris: ['/cb'] }],
    ['invalid_client_metadata', { redirect_uris: 'https://client.example/cb' }],
    ['invalid_client_metadata', { grant_types: ['implicit'] }],
    ['invalid_client_metadata', { grant_types: [1] }],
    ['invalid_client_metadata', { token_endpoint_auth_method: 'telepathy' }],
    ['invalid_client_metadata', { ext_application_token_lifetime: 'long' }],
    ['invalid_client_metadata', { ext_param_client_id: 'a b' }],
    ['invalid_client_metadata', { ext_param_client_secret: 'a:b c' }],
    ['invalid_client_metadata', { scope: 'a"b' }],
    ['invalid_client_metadata', { subject_type: 'pairwise' }],
    ['invalid_software_statement', { software_statement: 'eyJ' }],
    ['invalid_request', '{"client_name":'],
  ]
  for (const [error, body] of refused)
    t.match(await ask('POST', '/oauth2/register', { body }), { status: 400, json: { error } }, error)
  t.match(await ask('POST', '/oauth2/register', { body: {}, headers: {} }), {
    status: 401,
    json: { error: 'invalid_token' },
  })
  t.match(await ask('POST', '/oauth2/register', { body: {}, headers: basic('ann', 'wrong') }), {
    status: 401,
  })
  const bob = await server.face.tokenOf('bob')
  t.match(await ask('POST', '/oauth2/register', { body: {}, headers: { authorization: `Bearer ${bob}` } }), {
    status: 403,
    json: { error: 'access_denied' },
  })
  t.match(await ask('DELETE', '/oauth2/register/ann'), { status: 404 }, 'whoever is no client is not there')
  t.match(await server.face.admin('GET', '/principals/ann'), { status: 200 })
})

t.test('a client manages itself by its token, and gains nothing by it', async (t) => {
  const { ask } = await serve(t)
  const one = async (name: string) =>
    (await ask('POST', '/oauth2/register', { body: { ...keycloak, client_name: name, scope: 'read write' } }))
      .json
  const [mine, other] = [await one('mine'), await one('other')]
  const path = `/oauth2/register/${mine.client_id}`
  const headers = { authorization: `Bearer ${mine.registration_access_token}` }
  const put = (body: object) => ask('PUT', path, { headers, body })
  const own = { client_id: mine.client_id, grant_types: ['client_credentials'], scope: 'read' }

  t.match(await put({ ...own, client_name: 'Mine' }), {
    status: 200,
    json: {
      client_name: 'Mine',
      scope: 'default read',
      registration_access_token: mine.registration_access_token,
    },
  })
  t.match(await put({ client_name: 'Mine' }), { status: 400, json: { error: 'invalid_request' } })
  t.match(await put({ ...own, client_id: mine.client_secret }), { status: 400 })
  t.match(await put({ ...own, client_secret: 'another-secret' }), { status: 400 })
  for (const member of ['registration_access_token', 'registration_client_uri', 'client_id_issued_at'])
    t.match(await put({ ...own, [member]: mine[member] }), { status: 400 }, member)
  t.match(await put({ ...own, scope: 'read everything' }), { status: 400 }, 'no scope')
  t.match(await put({ ...own, grant_types: ['password'] }), { status: 400 }, 'no grant')
  t.match(await put({ ...own, ext_application_owner: 'me', ext_application_token_lifetime: 86_400 }), {
    status: 200,
    json: { ext_application_token_lifetime: 3600, ext_application_owner: undefined },
  })
  for (const [method, what] of [
    ['POST', 'rotate-secret'],
    ['GET', 'secrets'],
    ['POST', 'change-owner?applicationOwner=me'],
  ] as const)
    t.match(await ask(method, `${path}/${what}`, { headers }), { status: 403 }, what)
  t.match(await ask('GET', `/oauth2/register/${other.client_id}`, { headers }), { status: 401 })
  t.match(await ask('POST', '/oauth2/register', { headers, body: {} }), { status: 401 }, 'nor another client')
  t.match(await ask('DELETE', path, { headers }), { status: 204 })
  t.match(await ask('DELETE', path, { headers }), { status: 401 })
})

t.test('secrets are renewed, added, shown and ended, and an owner changed', async (t) => {
  const { ask, grant } = await serve(t)
  const made = (await ask('POST', '/oauth2/register', { body: stock })).json
  const id = made.client_id
  const path = `/keymanager-operations/dcr/register/${id}`
  const json = { ...administrator, 'content-type': 'application/json' }
  t.match(await ask('POST', `${path}/change-owner?applicationOwner=bob`, { headers: json }), {
    status: 200,
    json: { ext_application_owner: 'bob', client_secret: made.client_secret },
  })
  let secret = made.client_secret
  for (const [method, what] of [
    ['POST', 'regenerate-consumer-secret'],
    ['POST', 'rotate-secret'],
    ['PUT', 'lifecycle/newSecret'],
  ] as const) {
    const renewed = await ask(method, `${path}/${what}`)
    t.match(renewed, { status: 200, json: { client_id: id, client_secret: String } })
    t.match(await grant(id, secret), { status: 401 }, 'the one before has ended')
    secret = renewed.json.client_secret
    t.match(await grant(id, secret), { status: 200 })
  }
  const body = { expires_in: 3600, description: 'for the night' }
  const added = await ask('POST', `${path}/generate-secret`, { body })
  t.match(added, { status: 201, json: { id: String, description: 'for the night', client_secret: String } })
  t.ok(added.json.client_secret_expires_at > Date.now() / 1000)
  for (const one of [secret, added.json.client_secret]) t.match(await grant(id, one), { status: 200 })
  const { json: all } = await ask('GET', `${path}/secrets`)
  t.match(all, { count: 2, list: [{ client_secret: added.json.client_secret }, { client_secret: secret }] })
  t.strictSame((await ask('GET', `${path}/secrets/${added.json.id}`)).json, added.json)
  t.match(await ask('DELETE', `${path}/secrets/${added.json.id}`), { status: 204 })
  t.match(await grant(id, added.json.client_secret), { status: 401 })
  t.match(await ask('GET', `${path}/secrets/${added.json.id}`), { status: 404 })
  t.match(await grant(id, secret), { status: 200 })
})

t.test('oauth4webapi registers with an initial access token', async (t) => {
  const { server } = await serve(t)
  const { text } = await (await server.face.keyManager.as('admin')).createToken()
  const insecure = { [oauth.allowInsecureRequests]: true }
  const issuer = new URL(server.issuer)
  const as = await oauth.processDiscoveryResponse(issuer, await oauth.discoveryRequest(issuer, insecure))
  const asked = { client_name: 'test', grant_types: ['client_credentials'] }
  const response = await oauth.dynamicClientRegistrationRequest(as, asked, {
    ...{ initialAccessToken: text, ...insecure },
  })
  const client = await oauth.processDynamicClientRegistrationResponse(response)
  const auth = oauth.ClientSecretPost(String(client['client_secret']))
  const granted = await oauth.clientCredentialsGrantRequest(as, client, auth, {}, insecure)
  t.match(await oauth.processClientCredentialsResponse(as, client, granted), { scope: 'default' })
})
