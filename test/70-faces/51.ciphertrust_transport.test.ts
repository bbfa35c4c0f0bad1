/** How requests may look, and how answers do: what every route of the CipherTrust face has in common. */
import type { AddressInfo } from 'node:net'
import { connect } from 'node:net'
import { text } from 'node:stream/consumers'
import t from 'tap'
import { Ciphertrust, password } from './ciphertrust.js'
import { Face } from './face.js'

t.test('The face is off unless it is switched on', async (t) => {
  const face = await Face.open(t)
  t.match(await face.ask('POST', '/api/v1/auth/tokens', { body: { username: 'admin', password } }), {
    status: 404,
  })
})

t.test('Paths work with a slash at the end and without, and nothing is redirected', async (t) => {
  const ct = await Ciphertrust.open(t)
  const body = { username: 'admin', password }
  for (const slash of ['', '/']) {
    t.match(await ct.post(`/auth/tokens${slash}`, body, { token: null }), { status: 200 })
    t.match(await ct.ask('GET', `/usermgmt/groups${slash}`), { status: 200 })
    t.match(await ct.post(`/usermgmt/groups${slash}`, { name: `made${slash.length}` }), { status: 201 })
    t.match(await ct.ask('GET', `/usermgmt/users/self${slash}`), { status: 200 })
    t.match(await ct.ask('GET', `/system/info${slash}`), { status: 200 })
    t.match(await ct.ask('GET', `/audit/records${slash}`), { status: 200 })
    t.match(await ct.ask('PATCH', `/usermgmt/groups/made${slash.length}${slash}`, { body: {} }), {
      status: 200,
    })
  }
})

t.test('Ids have their bar as it is, or percent-encoded, and either name of the connection', async (t) => {
  const ct = await Ciphertrust.open(t)
  const user_id = await ct.user('ann')
  const uuid = user_id.slice('local|'.length)
  for (const id of [
    user_id,
    `local%7C${uuid}`,
    `local%7c${uuid}`,
    `local_account|${uuid}`,
    `local_account%7C${uuid}`,
  ])
    t.match(await ct.ask('GET', `/usermgmt/users/${id}`), { status: 200, json: { user_id } }, id)
  for (const id of ['ann', uuid, `local|ann`, `|${uuid}`, `corp|${uuid}`, 'local|', '%7C', 'local%7Cself'])
    t.match(await ct.ask('GET', `/usermgmt/users/${id}`), { status: 404, json: { code: 16 } }, id)

  // As it comes from a client that does not encode it: past every library of ours.
  await ct.face.app.listen({ host: '127.0.0.1', port: 0 })
  const socket = connect((ct.face.app.server.address() as AddressInfo).port, '127.0.0.1')
  const token = await ct.logIn('admin')
  socket.write(
    `GET /api/v1/usermgmt/users/${user_id} HTTP/1.1\r\nhost: x\r\nauthorization: Bearer ${token}\r\nconnection: close\r\n\r\n`,
  )
  t.match(await text(socket), /^HTTP\/1\.1 200 .*"username":"ann"/s)
})

t.test('Names of groups are percent-encoded, and never have what a path does not carry', async (t) => {
  const ct = await Ciphertrust.open(t)
  for (const name of ['two words', 'Größe', 'a+b', '100%', 'a;b=c', "it's", '(x)']) {
    t.match(await ct.post('/usermgmt/groups', { name }), { status: 201, json: { name } })
    t.match(await ct.ask('PATCH', `/usermgmt/groups/${encodeURIComponent(name)}`, { body: {} }), {
      status: 200,
      json: { name },
    })
    t.match(await ct.ask('DELETE', `/usermgmt/groups/${encodeURIComponent(name)}`), { status: 204 })
  }
  for (const name of ['a/b', 'a?b', 'a#b', 'a\nb', 'nil', '-ann', '', ' x'])
    t.match(
      await ct.post('/usermgmt/groups', { name }),
      { status: 400, json: { code: 9 } },
      JSON.stringify(name),
    )
  t.match(await ct.ask('DELETE', '/usermgmt/groups/a/b'), { status: 404, json: { code: 16 } })
})

t.test('Booleans are read in every way that clients write them', async (t) => {
  const ct = await Ciphertrust.open(t)
  await ct.user('old', [], { expires_at: '2000-01-01T00:00:00Z' })
  for (const value of ['True', 'true', 'TRUE'])
    t.match(await ct.ask('GET', `/usermgmt/users?account_expired=${value}`), { json: { total: 1 } }, value)
  for (const value of ['False', 'false'])
    t.match(await ct.ask('GET', `/usermgmt/users?account_expired=${value}`), {
      json: { total: 1, resources: [{ username: 'admin' }] },
    })
  t.match(await ct.ask('GET', '/usermgmt/users?account_expired=yes'), { status: 400, json: { code: 9 } })
  const body = {
    username: 'ann',
    password,
    password_change_required: 'True',
    login_flags: { prevent_ui_login: 'false' },
  }
  t.match(await ct.post('/usermgmt/users', body), {
    status: 201,
    json: { password_change_required: true, login_flags: { prevent_ui_login: false } },
  })
})

t.test(
  'Lists are one text with commas, or a parameter several times; what is empty is not given',
  async (t) => {
    const ct = await Ciphertrust.open(t)
    for (const name of ['north', 'south']) await ct.post('/usermgmt/groups', { name })
    await ct.user('ann', ['north', 'south'])
    await ct.user('bob', ['north'])
    for (const query of ['groups=north,south', 'groups=north&groups=south', 'groups=south&name=&username='])
      t.match(
        await ct.ask('GET', `/usermgmt/users/?${query}`),
        { json: { total: 1, resources: [{ username: 'ann' }] } },
        query,
      )
  },
)

t.test('A body may come with DELETE, and stay away from POST and PATCH', async (t) => {
  const ct = await Ciphertrust.open(t)
  const id = await ct.user('ann')
  const json = { 'content-type': 'application/json' }
  for (const [index, asking] of [
    { body: {} },
    { body: { force: true } },
    { body: { force: 'True' } },
    { body: '"true"' },
    { body: '' },
    { headers: json },
    {},
  ].entries()) {
    await ct.post('/usermgmt/groups', { name: `made ${index}` })
    const answer = await ct.ask('DELETE', `/usermgmt/groups/made%20${index}`, asking)
    t.match(answer, { status: 204, text: '' }, JSON.stringify(asking))
    t.notOk('content-type' in answer.headers, 'nothing has no type')
  }
  const member = `/usermgmt/groups/Key%20Users/users/${id}`
  t.match(await ct.post(member), { status: 200, json: { name: 'Key Users' } })
  t.match(await ct.ask('POST', member, { headers: { 'content-length': '0' } }), { status: 200 })
  t.match(await ct.ask('POST', member, { headers: json }), { status: 200 })
  t.match(await ct.ask('PATCH', `/usermgmt/users/${id}`), { status: 200 }, 'a change of nothing')
  t.match(await ct.ask('DELETE', member, { headers: json }), { status: 204, text: '' })
})

t.test('Every error is JSON with a code and a text, and no other answer has that text', async (t) => {
  const ct = await Ciphertrust.open(t)
  const clerk = await ct.user('clerk')
  const token = await ct.logIn('clerk')
  await ct.post('/usermgmt/groups', { name: 'taken' })
  const cases = [
    [
      { status: 400, code: 15, codeDesc: /^NCERRBadRequest: / },
      ct.ask('POST', '/usermgmt/groups', { body: '{"name":' }),
    ],
    [
      { status: 400, code: 9, codeDesc: /^NCERRInvalidParamValue: / },
      ct.post('/usermgmt/groups', { name: 7 }),
    ],
    [{ status: 400, code: 9, codeDesc: /nonsense/ }, ct.post('/usermgmt/groups', { name: 'x', nonsense: 1 })],
    [{ status: 400, code: 9, codeDesc: /nonsense/ }, ct.ask('GET', '/usermgmt/groups?nonsense=1')],
    [
      { status: 401, code: 5, codeDesc: /^NCERRUnauthorizedAccess: / },
      ct.ask('GET', '/usermgmt/groups', { token: null }),
    ],
    [
      { status: 401, code: 5, codeDesc: /^NCERRUnauthorizedAccess: / },
      ct.ask('GET', '/usermgmt/groups', { token: 'x' }),
    ],
    [{ status: 403, code: 5, codeDesc: /^NCERRForbidden: / }, ct.ask('GET', '/usermgmt/groups', { token })],
    [
      { status: 404, code: 16, codeDesc: 'NCERRResourceNotFound: Resource not found' },
      ct.ask('GET', '/usermgmt/users/local|x'),
    ],
    [
      { status: 404, code: 16, codeDesc: 'NCERRResourceNotFound: Resource not found' },
      ct.ask('GET', '/nowhere'),
    ],
    [{ status: 409, code: 17, codeDesc: /^NCERRConflict: / }, ct.post('/usermgmt/groups', { name: 'taken' })],
    [
      { status: 415, code: 15 },
      ct.ask('POST', '/usermgmt/groups', { body: 'name=x', headers: { 'content-type': 'text/plain' } }),
    ],
    [{ status: 413, code: 9 }, ct.post('/usermgmt/groups', { name: 'x', description: 'x'.repeat(2 ** 21) })],
  ] as const
  for (const [{ status, ...expected }, asking] of cases) {
    const answer = await asking
    t.match(answer, { status, json: { ...expected, message: String, requestID: String } })
    t.equal(answer.headers['x-request-id'], answer.json.requestID)
    t.match(answer.headers, { 'content-type': /^application\/json/, 'cache-control': 'no-store' })
  }
  for (const path of [
    '/usermgmt/groups',
    '/usermgmt/users',
    '/auth/self/user',
    '/audit/records',
    '/auth/tokens',
    '/system/info',
  ])
    t.notMatch((await ct.ask('GET', path)).text, 'codeDesc', path)
  t.notMatch((await ct.ask('GET', `/usermgmt/users/${clerk}`)).text, 'codeDesc')
})

t.test('What clients read as an object, a list or a date is never null or of another form', async (t) => {
  const ct = await Ciphertrust.open(t)
  await ct.user('ann', ['Key Users'], { expires_at: '2099-12-31T23:59:59Z' })
  await ct.post('/usermgmt/groups', { name: 'plain' })
  const date = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,6})?Z$/
  const { json: users } = await ct.ask('GET', '/usermgmt/users')
  for (const user of users.resources) {
    for (const field of [
      'created_at',
      'updated_at',
      'expires_at',
      'last_login',
      'last_failed_login_at',
      'password_changed_at',
    ])
      if (user[field]) t.match(user[field], date, field)
    for (const field of [
      'allowed_auth_methods',
      'allowed_client_types',
      'user_metadata',
      'app_metadata',
      'login_flags',
    ])
      t.type(user[field], 'object', field)
  }
  const { json: groups } = await ct.ask('GET', '/usermgmt/groups?limit=100')
  for (const group of groups.resources) {
    t.not(group.app_metadata, null)
    t.not(group.users_count, 0, 'no members are no number')
  }
  for (const path of [
    '/usermgmt/users?name=nobody',
    '/usermgmt/groups?name=none',
    '/auth/tokens?labels=none',
    '/audit/records?message=none',
  ])
    t.same((await ct.ask('GET', path)).json, { skip: 0, limit: 10, total: 0, resources: [] }, path)
})

t.test('Pages: defaults, limits and what is beyond the end', async (t) => {
  const ct = await Ciphertrust.open(t)
  for (let i = 0; i < 12; i++) await ct.post('/usermgmt/groups', { name: `group ${i}` })
  for (const path of ['/usermgmt/groups', '/usermgmt/users', '/auth/tokens', '/audit/records']) {
    t.match(await ct.ask('GET', path), {
      status: 200,
      json: { skip: 0, limit: 10, total: Number, resources: Array },
    })
    const beyond = await ct.ask('GET', `${path}?skip=5000&limit=2000`)
    t.match(beyond, { status: 200, json: { skip: 5000, limit: 2000, resources: [] } }, path)
    t.ok(beyond.json.total > 0, 'the total is of all pages')
    for (const query of [
      'skip=-50',
      'limit=2001',
      'limit=0',
      'limit=-1',
      'skip=x',
      'limit=1e3',
      'skip=1&skip=2',
    ])
      t.match(await ct.ask('GET', `${path}?${query}`), { status: 400, json: { code: 9 } }, `${path} ${query}`)
  }
  t.equal((await ct.ask('GET', '/usermgmt/groups')).json.resources.length, 10)
})
