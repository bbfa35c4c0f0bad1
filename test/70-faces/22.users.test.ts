/** Users, how they log in, and what ends it, over HTTP. */
import t from 'tap'
import { Face } from './face.js'

const password = 'correct horse battery'

t.test('Users have accounts, which are found, changed and deleted', async (t) => {
  const face = await Face.open(t)
  const body = {
    name: 'ann|x/y',
    password,
    fullName: 'Ann',
    email: 'ann@example.org',
    appMetadata: { ticket: 1 },
    expires: Date.now() + 3_600_000,
  }
  t.match(await face.admin('POST', '/principals', { body }), { status: 201, json: { name: body.name } })
  const path = encodeURIComponent(body.name)
  const { password: _, ...shown } = body
  const { json: user } = await face.admin('GET', `/users/${path}`)
  t.match(user, { ...shown, loginsCount: 0, lastLogin: null, methods: null, userMetadata: {} })
  t.notMatch(JSON.stringify(user), password)
  await face.admin('POST', '/groups', { body: { name: 'billing', members: [user.id] } })
  for (const query of [
    'email=ANN@example.org',
    'groups=billing&expired=false&skip=0&limit=50',
    'name=ANN|X/Y',
  ]) {
    t.match(
      await face.admin('GET', `/users?${query}`),
      { json: { total: 1, users: [{ id: user.id }] } },
      query,
    )
  }
  t.match(await face.admin('GET', '/users?exceptGroups=billing'), {
    json: { total: 1, users: [{ name: 'admin' }] },
  })
  t.match(await face.admin('GET', '/users?skip=1'), { json: { total: 2, users: [{ name: body.name }] } })
  t.match(await face.admin('GET', '/users?limit=2001'), { status: 400 })
  const changes = { email: null, methods: [], expires: null, userMetadata: { a: [1, { b: null }] } }
  t.match(await face.admin('PATCH', `/principals/${path}`, { body: changes }), { status: 200 })
  t.match(await face.admin('GET', `/users/${path}`), { json: changes })
  t.match(await face.admin('POST', '/login', { token: null, body: { name: body.name, password } }), {
    status: 401,
  })
  t.match(await face.admin('PATCH', `/principals/${path}`, { body: { methods: ['magic'] } }), { status: 400 })
  t.match(await face.admin('DELETE', `/principals/${path}`), { status: 204, text: '' })
  t.match(await face.admin('GET', `/users/${path}`), { status: 404 })
  t.match(await face.admin('DELETE', '/principals/admin'), { status: 409 })
})

t.test('One’s own account shows what is one’s own', async (t) => {
  const face = await Face.open(t)
  const token = await face.tokenOf('ann')
  await face.admin('PATCH', '/principals/ann', { body: { appMetadata: { hidden: 1 } } })
  const body = { fullName: 'Ann', userMetadata: { theme: 'dark' } }
  t.match(await face.admin('PATCH', '/me/account', { token, body }), { status: 200, json: body })
  const { json } = await face.admin('GET', '/me/account', { token })
  t.match(json, { name: 'ann', ...body })
  t.notOk('appMetadata' in json)
  for (const more of [{ email: 'x' }, { appMetadata: {} }, { expires: null }, { roles: ['administrator'] }]) {
    t.match(
      await face.admin('PATCH', '/me/account', { token, body: more }),
      { status: 400 },
      JSON.stringify(more),
    )
  }
})

t.test('A login goes on by refresh tokens and is ended', async (t) => {
  const face = await Face.open(t)
  await face.admin('POST', '/principals', { body: { name: 'ann', password } })
  const login = { name: 'ann', password, label: 'laptop', refresh: { unusedMinutes: 60 } }
  const { json: first } = await face.admin('POST', '/login', { token: null, body: login })
  t.match(first, { token: /^mrt_/, refreshToken: /^mrr_/, passwordChangeRequired: false })
  const refresh = (refreshToken: string) =>
    face.admin('POST', '/login/refresh', { token: null, body: { refreshToken } })
  const { json: second } = await refresh(first.refreshToken)
  t.match(second, { token: /^mrt_/, refreshToken: /^mrr_/, session: first.session })
  const me = (token: string) => face.admin('GET', '/me', { token })
  t.match(await me(second.token), { status: 200 })
  t.match(await face.admin('GET', '/sessions', { token: second.token }), {
    json: {
      sessions: [{ id: first.session, label: 'laptop', factors: [{ method: 'password' }] }],
      next: null,
    },
  })
  t.match(await face.admin('GET', '/sessions?principal=ann', { token: second.token }), { status: 403 })
  t.match(await face.admin('GET', '/sessions?principal=ann'), { json: { sessions: [{ id: first.session }] } })
  t.match(await refresh(first.refreshToken), { status: 401 }, 'used twice')
  for (const { token } of [first, second])
    t.match(await me(token), { status: 401 }, 'so the session has ended')

  const { json: third } = await face.admin('POST', '/login', { token: null, body: { name: 'ann', password } })
  t.equal(third.refreshToken, null)
  t.match(await face.admin('DELETE', `/sessions/${third.session}?own=false`), { status: 204 })
  t.match(await me(third.token), { status: 401 })
  const { json: fourth } = await face.admin('POST', '/login', { token: null, body: login })
  t.match(await face.admin('POST', '/logout', { token: fourth.token }), { status: 204 })
  t.match(await me(fourth.token), { status: 401 })
  t.match(await refresh(fourth.refreshToken), { status: 401 }, 'and nothing goes on')
})

t.test('A locked account says nothing, and is unlocked', async (t) => {
  const face = await Face.open(t)
  await face.admin('POST', '/principals', { body: { name: 'ann', password } })
  await face.admin('PATCH', '/password-policies/global', { body: { lockoutThresholds: [0, 60] } })
  const login = (given: string, name = 'ann') =>
    face.admin('POST', '/login', { token: null, body: { name, password: given } })
  const answers = [
    await login('wrong'),
    await login('wrong'),
    await login(password),
    await login(password, 'nobody'),
  ]
  const texts = answers.map(({ status, json: { request: _, ...rest } }) => JSON.stringify([status, rest]))
  t.equal(new Set(texts).size, 1, 'they are all the same')
  t.match(await face.admin('GET', '/users?locked=true'), { json: { users: [{ name: 'ann' }] } })
  await face.admin('PATCH', '/principals/ann', { body: { unlock: true } })
  t.match(await login(password), { status: 200 })
})

t.test('A password that must be changed is changed first', async (t) => {
  const face = await Face.open(t)
  await face.admin('POST', '/principals', { body: { name: 'ann', password, passwordChangeRequired: true } })
  const { json } = await face.admin('POST', '/login', { token: null, body: { name: 'ann', password } })
  t.equal(json.passwordChangeRequired, true)
  const { token } = json
  const refused = { status: 403, json: { code: 'MORTISE_AUTH_PASSWORD_CHANGE_REQUIRED' } }
  t.match(await face.admin('GET', '/keys', { token }), refused)
  const body = { current: password, password: 'another long password' }
  t.match(await face.admin('PUT', '/me/password', { token, body }), { status: 200 })
  const again = await face.admin('POST', '/login', {
    token: null,
    body: { name: 'ann', password: body.password },
  })
  t.match(again.json, { passwordChangeRequired: false })
  t.match(await face.admin('GET', '/keys', { token: again.json.token }), { status: 200 })
})

t.test('Connections, identities and password policies are data', async (t) => {
  const face = await Face.open(t)
  await face.tokenOf('ann')
  const corp = {
    name: 'corp',
    kind: 'ldap',
    settings: { url: 'ldaps://ldap.example.org', userBase: 'dc=example' },
    groups: { 'cn=clerks,dc=example': 'Audit Admins' },
    secret: 'swordfish',
  }
  const made = await face.admin('POST', '/connections', { body: corp })
  t.match(made, { status: 201, json: { name: 'corp', settings: corp.settings, registers: false } })
  t.notMatch(made.text, 'swordfish')
  t.match(await face.admin('GET', '/connections'), {
    json: { connections: [{ name: 'local_account' }, { name: 'authorities' }, { name: 'corp' }] },
  })
  t.match(await face.admin('PATCH', '/connections/corp', { body: { registers: true } }), {
    json: { registers: true },
  })
  const key = { connection: 'corp', subject: 'uid=ann|x/y,dc=example' }
  t.match(await face.admin('POST', '/principals/ann/identities', { body: key }), { status: 201, json: key })
  t.match(await face.admin('GET', '/principals/ann/identities'), { json: { identities: [key], next: null } })
  t.match(await face.admin('DELETE', '/connections/corp'), { status: 409 })
  t.match(await face.admin('POST', '/identities/unlink', { body: key }), { status: 204 })
  t.match(await face.admin('DELETE', '/connections/corp'), { status: 204 })

  const policy = { name: 'strict', minimumLength: 20, lockoutThresholds: [0, 0, 5] }
  t.match(await face.admin('POST', '/password-policies', { body: policy }), { status: 201, json: policy })
  t.match(await face.admin('GET', '/password-policies'), { json: { policies: [{ name: 'global' }, policy] } })
  t.match(await face.admin('GET', '/password-policies/strict'), { json: policy })
  t.match(await face.admin('DELETE', '/password-policies/strict'), { status: 204 })
  t.match(await face.admin('DELETE', '/password-policies/global'), { status: 409 })
})
