/** Tokens of the CipherTrust face: how they are got, what they say, how they go on, and what ends them. */
import t from 'tap'
import { totpOf } from '../support/totp.js'
import { Ciphertrust, password } from './ciphertrust.js'

const payload = (jwt: string) => JSON.parse(Buffer.from(jwt.split('.')[1] ?? '', 'base64url').toString())

t.test('A password gets a token of five minutes that says whose it is', async (t) => {
  const ct = await Ciphertrust.open(t)
  const user_id = await ct.user('ann', ['Key Users'])
  for (const credentials of [
    { grant_type: 'password', username: 'ann' },
    { username: 'ann' },
    { name: 'ann' },
  ]) {
    const { status, json } = await ct.grant({ ...credentials, password, domain: 'root', auth_domain: 'root' })
    t.equal(status, 200)
    const uuid = /^[0-9a-f-]{36}$/
    t.match(json, {
      duration: 300,
      token_type: 'Bearer',
      client_id: uuid,
      refresh_token_id: uuid,
      refresh_token: String,
    })
    t.equal(json.jwt.split('.').length, 3)
    const claims = payload(json.jwt)
    t.match(claims, {
      iss: 'kylo',
      acc: 'kylo',
      aud: json.client_id,
      sub: user_id,
      cust: { groups: ['Key Users'] },
    })
    t.equal(claims.exp - claims.iat, 300)
    t.ok(Math.abs(claims.iat * 1000 - Date.now()) < 60_000)
    t.match(await ct.ask('GET', '/auth/self/user', { token: json.jwt }), { json: { username: 'ann' } })
  }
  const { json } = await ct.grant({ username: 'ann', password, refresh_token_lifetime: 60 })
  t.equal(json.refresh_token_expires_in, 3600)
})

t.test('Whatever is wrong with a login, the answer is the same', async (t) => {
  const ct = await Ciphertrust.open(t)
  await ct.user('ann')
  await ct.user('never', [], { allowed_auth_methods: [] })
  await ct.user('expired', [], { expires_at: '2000-01-01T00:00:00Z' })
  const answers = []
  for (const body of [
    { username: 'ann', password: 'wrong' },
    { username: 'nobody', password },
    { username: 'never', password },
    { username: 'expired', password },
    { username: 'ann', password, connection: 'elsewhere' },
    { grant_type: 'refresh_token', refresh_token: `mrr_${'0'.repeat(32)}_${'A'.repeat(43)}` },
    { grant_type: 'client_credential', client_id: 'ann', client_secret: 'wrong' },
  ])
    answers.push(await ct.grant(body))
  const texts = answers.map(({ status, json: { requestID: _, ...rest } }) => JSON.stringify([status, rest]))
  t.equal(new Set(texts).size, 1)
  t.match(answers[0], { status: 401, json: { code: 5, codeDesc: /^NCERRUnauthorizedAccess/ } })
})

t.test('What a request for a token lacks, or asks for in vain, is said', async (t) => {
  const ct = await Ciphertrust.open(t)
  for (const body of [
    {},
    { username: 'admin' },
    { username: 'admin', password, domain: 'other' },
    { username: 'admin', password, auth_domain_path: 'other' },
    { username: 'admin', password, cookies: true },
    { username: 'admin', password, labels: ['a,b'] },
    { grant_type: 'magic' },
    { grant_type: 'refresh_token' },
    { grant_type: 'client_credential', client_secret: 'x' },
    { username: 'admin', password, refresh_token_lifetime: 0 },
  ])
    t.match(await ct.grant(body), { status: 400, json: { code: 9 } }, JSON.stringify(body))
})

t.test('A certificate that was not shown proves nobody', async (t) => {
  const ct = await Ciphertrust.open(t)
  for (const body of [
    { grant_type: 'user_certificate' },
    { grant_type: 'client_credential', client_id: 'admin' },
  ])
    t.match(await ct.grant(body), { status: 401, json: { code: 5 } }, body.grant_type)
})

t.test('Who has a second factor is not let in by its password alone', async (t) => {
  const ct = await Ciphertrust.open(t)
  await ct.user('ann')
  const ann = await ct.face.keyManager.as('ann')
  const { id, uri } = await ann.enrolTotp()
  await ann.confirmTotp(id, totpOf(uri))
  const answer = await ct.grant({ username: 'ann', password })
  t.match(answer, { status: 401, json: { code: 5, codeDesc: /^NCERRUnauthorizedAccess: / } })
  t.notOk('challenge' in answer.json || 'details' in answer.json, 'there is no step for it here')
  const body = { username: 'ann', password, new_password: 'another long password' }
  t.match(await ct.ask('PATCH', '/auth/changepw', { token: null, body }), { status: 401 })
})

t.test('A token that was changed is none, whatever algorithm it names', async (t) => {
  const ct = await Ciphertrust.open(t)
  await ct.user('ann')
  const token = await ct.logIn('ann')
  const [head = '', body = '', signature = ''] = token.split('.')
  const encoded = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url')
  const claims = payload(token)
  const { json: admin } = await ct.ask('GET', '/auth/self/user')
  for (const forged of [
    `${encoded({ alg: 'none', typ: 'JWT' })}.${body}.`,
    `${encoded({ alg: 'none', typ: 'JWT' })}.${body}.${signature}`,
    `${head}.${encoded({ ...claims, sub: admin.user_id })}.${signature}`,
    `${head}.${encoded({ ...claims, exp: claims.exp + 3600 })}.${signature}`,
    `${head}.${encoded({ ...claims, jti: '__proto__' })}.${signature}`,
    `${head}.${encoded({ ...claims, jti: 7 })}.${signature}`,
    `${head}.${encoded([])}.${signature}`,
    `${head}.bm90IEpTT04.${signature}`,
    `${head}.${body}.${signature.slice(0, -1)}${signature.endsWith('A') ? 'E' : 'A'}`,
    `${head}.${body}`,
    `${token}.`,
    `${token}=`,
    `${head}.${'A'.repeat(10_000)}.${signature}`,
  ])
    t.match(await ct.ask('GET', '/auth/self/user', { token: forged }), { status: 401, json: { code: 5 } })
  t.match(await ct.ask('GET', '/auth/self/user', { token }), { status: 200 })
})

t.test('A refresh token goes on as it is, or gives way to another one', async (t) => {
  const ct = await Ciphertrust.open(t)
  await ct.user('ann')
  const { json: first } = await ct.grant({ username: 'ann', password })
  const refresh = (refresh_token: string, more = {}) =>
    ct.grant({ grant_type: 'refresh_token', refresh_token, ...more })
  const shape = {
    duration: 300,
    token_type: 'Bearer',
    client_id: first.client_id,
    refresh_token_id: first.refresh_token_id,
  }
  for (const _ of [1, 2]) {
    const { json } = await refresh(first.refresh_token)
    t.match(json, { ...shape, refresh_token: first.refresh_token })
    t.not(json.jwt, first.jwt)
    t.match(await ct.ask('GET', '/auth/self/user', { token: json.jwt }), { status: 200 })
    t.match(payload(json.jwt), { sub: payload(first.jwt).sub, aud: first.client_id })
  }
  const { json: renewed } = await refresh(first.refresh_token, { renew_refresh_token: 'True' })
  t.match(renewed, shape)
  t.not(renewed.refresh_token, first.refresh_token)
  t.match(await refresh(renewed.refresh_token), { status: 200 })
  t.match(await refresh(first.refresh_token), { status: 401 }, 'used twice: somebody else has it')
  t.match(await refresh(renewed.refresh_token), { status: 401 }, 'so the login has ended')
  t.match(await ct.ask('GET', '/auth/self/user', { token: renewed.jwt }), { status: 401 })
})

t.test('Where refresh tokens rotate, a stolen one is of no use for long', async (t) => {
  const ct = await Ciphertrust.open(t)
  await ct.user('ann')
  const { json: owner } = await ct.grant({ username: 'ann', password, renew_refresh_token: true })
  const refresh = (refresh_token: string) => ct.grant({ grant_type: 'refresh_token', refresh_token })
  const { json: thief } = await refresh(owner.refresh_token)
  t.match(await refresh(owner.refresh_token), { status: 401 }, 'the owner finds its own used')
  t.match(await refresh(thief.refresh_token), { status: 401 })
  t.match(
    await ct.ask('GET', '/auth/self/user', { token: thief.jwt }),
    { status: 401 },
    'and the thief is out',
  )
})

t.test('Refresh tokens are listed and ended by who they are of, and by who manages tokens', async (t) => {
  const ct = await Ciphertrust.open(t)
  const user_id = await ct.user('ann')
  await ct.user('bob')
  const { json: login } = await ct.grant({ username: 'ann', password, labels: ['laptop', 'north'] })
  const token = login.jwt
  const id = login.refresh_token_id
  const other = await ct.logIn('bob')
  const entry = {
    id,
    user_id,
    client_id: login.client_id,
    labels: ['laptop', 'north'],
    created_at: /Z$/,
    expires_at: /Z$/,
  }
  t.match(await ct.ask('GET', '/auth/tokens', { token }), { json: { total: 1, resources: [entry] } })
  t.match(await ct.ask('GET', '/auth/tokens?labels=laptop,north', { token }), { json: { total: 1 } })
  t.match(await ct.ask('GET', '/auth/tokens?labels=desk', { token }), { json: { total: 0 } })
  t.match(await ct.ask('GET', `/auth/tokens/${id}`, { token }), { status: 200, json: entry })
  t.match(await ct.ask('GET', `/auth/tokens/${id}`, { token: other }), { status: 404 })
  t.match(await ct.ask('DELETE', `/auth/tokens/${id}`, { token: other }), { status: 404 })
  t.match(await ct.ask('GET', `/auth/tokens?user_id=${user_id}`, { token: other }), { status: 403 })
  t.match(await ct.ask('GET', `/auth/tokens?user_id=${user_id}&expired=True`), {
    json: { total: 1, resources: [entry] },
  })
  t.match(await ct.ask('DELETE', `/auth/tokens/${id}`), { status: 204, text: '' })
  t.match(await ct.ask('GET', '/auth/self/user', { token }), { status: 401 })
  t.match(await ct.grant({ grant_type: 'refresh_token', refresh_token: login.refresh_token }), {
    status: 401,
  })
  t.match(await ct.ask('DELETE', `/auth/tokens/${id}`), { status: 404 })
  for (let i = 0; i < 3; i++) await ct.grant({ username: 'bob', password })
  const { json } = await ct.ask('GET', '/auth/tokens?skip=1&limit=2', { token: other })
  t.match(json, { skip: 1, limit: 2, total: 4 })
  t.equal(json.resources.length, 2)
})

t.test('A service has an API token for credentials, and no refresh token', async (t) => {
  const ct = await Ciphertrust.open(t)
  const host = ct.face.keyManager.asHost()
  const { id } = await host.createPrincipal({ name: 'robot', kind: 'service' })
  await host.createPrincipal({ name: 'another', kind: 'service' })
  const { text, id: secret } = await host.createToken({ principal: 'robot' })
  const grant = (client_id: string) =>
    ct.grant({ grant_type: 'client_credential', client_id, client_secret: text })
  for (const client of [id, 'robot']) {
    const { status, json } = await grant(client)
    t.match({ status, json }, { status: 200, json: { duration: 300, client_id: id } })
    t.notOk('refresh_token' in json || 'refresh_token_id' in json)
    t.match(await ct.ask('GET', '/auth/self/user', { token: json.jwt }), { json: { username: 'robot' } })
  }
  t.match(await grant('another'), { status: 401, json: { code: 5 } }, 'the token is not of that client')
  const { json } = await grant(id)
  await host.revokeToken(secret, { own: false })
  t.match(await grant(id), { status: 401 })
  t.match(
    await ct.ask('GET', '/auth/self/user', { token: json.jwt }),
    { status: 401 },
    'what it got ends with it',
  )
})

t.test('Tokens end at once with whoever they are of', async (t) => {
  const ct = await Ciphertrust.open(t)
  const me = (token: string) => ct.ask('GET', '/auth/self/user', { token })
  const refresh = (refresh_token: string) => ct.grant({ grant_type: 'refresh_token', refresh_token })
  const endings: Record<string, (id: string) => Promise<unknown>> = {
    deleted: (id) => ct.ask('DELETE', `/usermgmt/users/${id}`),
    expired: (id) =>
      ct.ask('PATCH', `/usermgmt/users/${id}`, { body: { expires_at: '2000-01-01T00:00:00Z' } }),
    'with another password': (id) =>
      ct.ask('PATCH', `/usermgmt/users/${id}`, { body: { password: 'another long password' } }),
    'taken out of a group': (id) => ct.ask('DELETE', `/usermgmt/groups/Key%20Users/users/${id}`),
  }
  for (const [what, end] of Object.entries(endings)) {
    const id = await ct.user(what, ['Key Users'])
    const { json } = await ct.grant({ username: what, password })
    t.match(await me(json.jwt), { status: 200 })
    await end(id)
    t.match(await me(json.jwt), { status: 401, json: { code: 5 } }, what)
    t.match(await refresh(json.refresh_token), { status: 401 }, what)
  }
})
