/** Who may do what over the CipherTrust face: system groups, lockout, and that nobody raises its own rights. */
import t from 'tap'
import { Ciphertrust, password } from './ciphertrust.js'
import { base64 } from './face.js'

const group = (name: string) => `/usermgmt/groups/${encodeURIComponent(name)}`

t.test('System groups are there, marked, and stay', async (t) => {
  const ct = await Ciphertrust.open(t)
  const { json } = await ct.ask('GET', '/usermgmt/groups?limit=100')
  const system = json.resources.filter(
    ({ app_metadata }: { app_metadata?: { system?: boolean } }) => app_metadata?.system,
  )
  t.same(
    system.map(({ name }: { name: string }) => name),
    ['admin', 'Audit Admins', 'Backup Admins', 'CA Admins', 'Key Admins', 'Key Users', 'User Admins'],
  )
  for (const { name } of system) {
    t.match(await ct.ask('DELETE', group(name)), { status: 409, json: { code: 17 } }, name)
    t.match(await ct.ask('PATCH', group(name), { body: { description: 'x' } }), { status: 409 }, name)
    t.match(await ct.post('/usermgmt/groups', { name }), { status: 409 }, name)
  }
  t.match(await ct.ask('GET', '/usermgmt/users?groups=admin'), {
    json: { total: 1, resources: [{ username: 'admin' }] },
  })
})

t.test('Every route but those that give a token asks for one, and each is listed here', async (t) => {
  const ct = await Ciphertrust.open(t, { '--limits-failures': '0' })
  const id = await ct.user('nobody')
  const nobody = await ct.logIn('nobody')
  const open = ['POST /auth/tokens', 'PATCH /auth/changepw']
  const own: Record<string, object | undefined> = {
    'GET /auth/tokens': undefined,
    'GET /auth/tokens/:id': undefined,
    'DELETE /auth/tokens/:id': undefined,
    'GET /auth/self/user': undefined,
    'PATCH /auth/self/user': { name: 'Nobody' },
    'GET /system/info': undefined,
    'GET /ca/local-cas': undefined,
    'GET /ca/external-cas': undefined,
    'GET /vault/keys2': undefined,
  }
  const governed: Record<string, object | undefined> = {
    'POST /usermgmt/users': { username: 'other', password },
    'GET /usermgmt/users': undefined,
    'GET /usermgmt/users/:user_id': undefined,
    'PATCH /usermgmt/users/:user_id': { name: 'Other' },
    'DELETE /usermgmt/users/:user_id': undefined,
    'POST /usermgmt/groups': { name: 'others' },
    'GET /usermgmt/groups': undefined,
    'PATCH /usermgmt/groups/:name': { description: 'x' },
    'DELETE /usermgmt/groups/:name': undefined,
    'POST /usermgmt/groups/:name/users/:user_id': undefined,
    'DELETE /usermgmt/groups/:name/users/:user_id': undefined,
    'PATCH /system/info': { name: 'x' },
    'GET /audit/records': undefined,
    'GET /audit/records/:id': undefined,
    'POST /ca/local-cas': { cn: 'x' },
    'POST /ca/external-cas': { cert: 'x' },
    'POST /ca/csr': { cn: 'x' },
    'POST /client-management/groups/:name/clients/:user_id': undefined,
    'DELETE /client-management/groups/:name/clients/:user_id': undefined,
    'GET /usermgmt/pwdpolicies': undefined,
    'POST /usermgmt/pwdpolicies': { policy_name: 'x' },
    'GET /usermgmt/pwdpolicies/:name': undefined,
    'PATCH /usermgmt/pwdpolicies/:name': {},
    'DELETE /usermgmt/pwdpolicies/:name': undefined,
    'POST /vault/keys2': { name: 'x' },
    'GET /vault/random': undefined,
    'POST /vault/random': undefined,
  }
  /** Whoever has no right on an authority or key does not hear that it is there. */
  const hidden: Record<string, object | undefined> = {
    'GET /ca/local-cas/:id': undefined,
    'PATCH /ca/local-cas/:id': {},
    'DELETE /ca/local-cas/:id': undefined,
    'POST /ca/local-cas/:id/self-sign': { duration: 1 },
    'POST /ca/local-cas/:id/install': { cert: 'x', parentId: 'x' },
    'GET /ca/local-cas/:id/crl': undefined,
    'GET /ca/local-cas/:id/certs': undefined,
    'POST /ca/local-cas/:id/certs': { csr: 'x', purpose: 'client' },
    'GET /ca/local-cas/:id/certs/:cert': undefined,
    'DELETE /ca/local-cas/:id/certs/:cert': undefined,
    'POST /ca/local-cas/:id/certs/:cert/revoke': { reason: 'superseded' },
    'POST /ca/local-cas/:id/certs/:cert/resume': undefined,
    'GET /ca/external-cas/:id': undefined,
    'PATCH /ca/external-cas/:id': {},
    'DELETE /ca/external-cas/:id': undefined,
    'GET /vault/keys2/:id': undefined,
    'PATCH /vault/keys2/:id': {},
    'DELETE /vault/keys2/:id': undefined,
    'GET /vault/keys2/:id/versions': undefined,
    'POST /vault/keys2/:id/versions': undefined,
    'POST /vault/keys2/:id/export': undefined,
    'POST /vault/keys2/:id/revoke': { reason: 'Superseded' },
    'POST /vault/keys2/:id/archive': undefined,
    'POST /vault/keys2/:id/recover': undefined,
    'POST /vault/keys2/:id/destroy': undefined,
    'POST /crypto/encrypt': { id: 'secret', plaintext: '' },
    'POST /crypto/decrypt': { id: 'secret', ciphertext: '' },
    'POST /crypto/sign': undefined,
    'POST /crypto/signv': undefined,
    'POST /crypto/mac': undefined,
    'POST /crypto/macv': undefined,
  }
  const routes = ct.face.routes.flatMap((route) => {
    const [method, path = ''] = route.split(' /api/v1')
    return path === '' ? [] : [`${method} ${path}`]
  })
  const asked = { ...own, ...governed, ...hidden }
  t.same(routes.sort(), [...open, ...Object.keys(asked)].sort())
  const { json: admin } = await ct.ask('GET', '/auth/self/user')
  const { json: trail } = await ct.ask('GET', '/audit/records?limit=1')
  await ct.post('/usermgmt/groups', { name: 'team' })
  const { json: authority } = await ct.post('/ca/local-cas', { cn: 'authority' })
  await ct.post('/vault/keys2', { name: 'secret' })
  const pathOf = (path: string) =>
    path
      .replace(/(sign|mac)(v?)$/, '$1$2?keyName=secret')
      .replace(/signv\?/, 'signv?signature=00&')
      .replace(/macv\?/, 'macv?hash=00&')
      .replace('keys2/:id', 'keys2/secret')
      .replace('pwdpolicies/:name', 'pwdpolicies/global')
      .replace(':user_id', admin.user_id)
      .replace(':name', 'team')
      .replace(':id', path.startsWith('/ca/local-cas') ? authority.id : ':id')
      .replace(':id', path.includes('audit') ? trail.resources[0].id : '00000000-0000-4000-8000-000000000001')
  for (const [route, body] of Object.entries(asked)) {
    const [method = '', path = ''] = route.split(' ')
    const asking = body ? { body } : {}
    for (const token of [null, `mrt_${'0'.repeat(32)}_${'A'.repeat(43)}`, 'hello', 'a.b.c']) {
      const answer = await ct.ask(method, pathOf(path), { ...asking, token })
      t.match(
        answer,
        { status: 401, headers: { 'www-authenticate': 'Bearer' }, json: { code: 5 } },
        `${route}: ${token}`,
      )
    }
  }
  for (const [route, body] of Object.entries(governed)) {
    const [method = '', path = ''] = route.split(' ')
    const answer = await ct.ask(method, pathOf(path), { token: nobody, ...(body && { body }) })
    t.match(answer, { status: 403, json: { code: 5 } }, `${route}: a token without the right`)
  }
  for (const [route, body] of Object.entries(hidden)) {
    const [method = '', path = ''] = route.split(' ')
    const answer = await ct.ask(method, pathOf(path), { token: nobody, ...(body && { body }) })
    t.match(answer, { status: 404, json: { code: 16 } }, `${route}: a token without the right`)
  }
  t.match(await ct.ask('GET', `/usermgmt/users/${id}`, { token: nobody }), { status: 200 }, 'but for itself')
})

t.test('Each system group gives what it is for, and no more', async (t) => {
  const ct = await Ciphertrust.open(t)
  const requests: Record<string, (token: string, who: string) => Promise<{ readonly status: number }>> = {
    'see itself': (token) => ct.ask('GET', '/usermgmt/users/self', { token }),
    'read system info': (token) => ct.ask('GET', '/system/info', { token }),
    'list users': (token) => ct.ask('GET', '/usermgmt/users', { token }),
    'make users': (token, who) => ct.post('/usermgmt/users', { username: `of ${who}`, password }, { token }),
    'list groups': (token) => ct.ask('GET', '/usermgmt/groups', { token }),
    'make groups': (token, who) => ct.post('/usermgmt/groups', { name: `of ${who}` }, { token }),
    'read audit records': (token) => ct.ask('GET', '/audit/records', { token }),
    'make keys': (token) => ct.admin('POST', '/keys', { token, body: { algorithm: 'AES' } }),
    'take backups': (token) =>
      ct.admin('POST', '/backup', { token, body: { passphrase: 'correct horse battery' } }),
    'make roles': (token, who) =>
      ct.admin('POST', '/roles', { token, body: { name: `of-${who.replaceAll(' ', '-')}` } }),
  }
  const everybody = ['see itself', 'read system info']
  const users = ['list users', 'make users', 'list groups', 'make groups']
  const expected: Record<string, readonly string[]> = {
    nobody: [],
    'key users': ['make keys'],
    'key admins': ['make keys'],
    'user admins': [...users, 'make keys'],
    'audit admins': ['list users', 'list groups', 'read audit records'],
    'backup admins': ['take backups'],
    admin: Object.keys(requests).filter((name) => !everybody.includes(name)),
  }
  const names: Record<string, string> = {
    'key users': 'Key Users',
    'key admins': 'Key Admins',
    'user admins': 'User Admins',
    'audit admins': 'Audit Admins',
    'backup admins': 'Backup Admins',
    admin: 'admin',
  }
  for (const [who, may] of Object.entries(expected)) {
    await ct.user(`one of ${who}`, names[who] ? [names[who]] : [])
    const token = await ct.logIn(`one of ${who}`)
    for (const [what, ask] of Object.entries(requests)) {
      const { status } = await ask(token, who)
      const allowed = everybody.includes(what) || may.includes(what)
      t.equal(status < 300, allowed, `${who}: ${what}: ${status}`)
      if (!allowed) t.equal(status, 403, `${who} may not ${what}`)
    }
  }
})

t.test('A user admin manages people and groups without raising its own rights or theirs', async (t) => {
  const ct = await Ciphertrust.open(t)
  const officer = await ct.user('officer', ['User Admins'])
  const clerk = await ct.user('clerk')
  const token = await ct.logIn('officer')
  const { json: admin } = await ct.ask('GET', '/usermgmt/users/self')

  // What it is there for.
  const made = await ct.post('/usermgmt/users', { username: 'made', password }, { token })
  t.match(made, { status: 201 })
  t.match(await ct.post('/usermgmt/groups', { name: 'team' }, { token }), { status: 201 })
  const member = (name: string, id: string) => `${group(name)}/users/${id}`
  t.match(await ct.post(member('team', clerk), undefined, { token }), { status: 200 }, 'a group of no rights')
  t.match(
    await ct.post(member('Key Users', clerk), undefined, { token }),
    { status: 200 },
    'one of rights that it has',
  )
  t.match(await ct.ask('DELETE', member('team', clerk), { token }), { status: 204 })
  t.match(await ct.ask('PATCH', group('team'), { token, body: { name: 'crew' } }), { status: 200 })
  t.match(await ct.ask('PATCH', `/usermgmt/users/${clerk}`, { token, body: { name: 'Clerk' } }), {
    status: 200,
  })
  t.match(await ct.ask('DELETE', group('crew'), { token }), { status: 204 })

  // What it is not.
  const { json: key } = await ct.admin('POST', '/keys', { body: { algorithm: 'AES', name: 'payroll' } })
  await ct.post('/usermgmt/groups', { name: 'payroll' })
  await ct.admin('POST', `/keys/${key.id}/grants`, {
    body: { grantee: { group: 'payroll' }, permissions: ['Encrypt'] },
  })
  for (const name of ['admin', 'Key Admins', 'Audit Admins', 'Backup Admins', 'payroll'])
    for (const id of [officer, clerk])
      t.match(await ct.post(member(name, id), undefined, { token }), { status: 403 }, `${id} into ${name}`)
  t.match(await ct.ask('DELETE', group('payroll'), { token }), { status: 403 })
  for (const [method, path, body] of [
    ['PATCH', `/usermgmt/users/${admin.user_id}`, { password: 'a password of theirs' }],
    ['PATCH', `/usermgmt/users/${admin.user_id}`, { certificate_subject_dn: 'CN=theirs' }],
    ['PATCH', `/usermgmt/users/${admin.user_id}`, { username: 'root' }],
    ['PATCH', `/usermgmt/users/${admin.user_id}`, { expires_at: '2000-01-01T00:00:00Z' }],
    ['DELETE', `/usermgmt/users/${admin.user_id}`, undefined],
    ['DELETE', member('admin', admin.user_id), undefined],
    ['GET', '/audit/records', undefined],
  ] as const)
    t.match(
      await ct.ask(method, path, { token, ...(body && { body }) }),
      { status: 403 },
      `${method} ${path}`,
    )
  t.match(await ct.admin('POST', '/keys/payroll/encrypt', { token, body: { plaintext: base64('x') } }), {
    status: 404,
  })
})

t.test('A user changes of itself what is its own, and sees nothing that is hidden', async (t) => {
  const ct = await Ciphertrust.open(t)
  const id = await ct.user('ann', [], { app_metadata: { ticket: 1 }, user_metadata: { theme: 'light' } })
  const token = await ct.logIn('ann')
  const own = await ct.ask('GET', '/auth/self/user', { token })
  t.match(own, { status: 200, json: { user_id: id, user_metadata: { theme: 'light' } } })
  for (const path of ['/auth/self/user', '/usermgmt/users/self', `/usermgmt/users/${id}`])
    t.notMatch((await ct.ask('GET', path, { token })).text, 'ticket', path)
  t.match(await ct.ask('GET', `/usermgmt/users/${id}`), { json: { app_metadata: { ticket: 1 } } })
  const body = { name: 'Ann', nickname: 'Annie', user_metadata: { theme: 'dark' } }
  t.match(await ct.ask('PATCH', '/auth/self/user', { token, body }), { status: 200, json: body })
  t.match(await ct.ask('PATCH', `/usermgmt/users/${id}`, { token, body: { name: 'Ann-Marie' } }), {
    json: { name: 'Ann-Marie' },
  })
  t.match(await ct.ask('PATCH', '/usermgmt/users/self', { token, body: { name: 'Anna' } }), {
    json: { name: 'Anna' },
  })
  for (const more of [
    { app_metadata: {} },
    { email: 'x' },
    { expires_at: '' },
    { password: 'x' },
    { username: 'x' },
  ]) {
    t.match(
      await ct.ask('PATCH', '/auth/self/user', { token, body: more }),
      { status: 400 },
      JSON.stringify(more),
    )
    t.match(
      await ct.ask('PATCH', '/usermgmt/users/self', { token, body: more }),
      { status: 403 },
      JSON.stringify(more),
    )
    t.match(
      await ct.ask('PATCH', `/usermgmt/users/${id}`, { token, body: more }),
      { status: 403 },
      JSON.stringify(more),
    )
  }
  t.match(await ct.ask('DELETE', `/usermgmt/users/${id}`, { token }), { status: 403 })
})

t.test('The last administrator stays', async (t) => {
  const ct = await Ciphertrust.open(t)
  const { json } = await ct.ask('GET', '/usermgmt/users/self')
  const path = `/usermgmt/users/${json.user_id}`
  const refused = { status: 409, json: { code: 17 } }
  t.match(await ct.ask('DELETE', path), refused)
  t.match(await ct.ask('PATCH', path, { body: { expires_at: '2099-01-01T00:00:00Z' } }), refused)
  t.match(await ct.ask('DELETE', `${group('admin')}/users/${json.user_id}`), refused)
  await ct.user('second', ['admin'])
  const token = await ct.logIn('second')
  t.match(await ct.ask('DELETE', `${group('admin')}/users/${json.user_id}`, { token }), { status: 204 })
  t.match(await ct.ask('GET', '/usermgmt/users', { token: await ct.logIn('admin') }), { status: 403 })
  t.match(await ct.ask('DELETE', path, { token }), { status: 204 })
})

t.test('Wrong passwords lock an account, and the answer does not say so', async (t) => {
  const ct = await Ciphertrust.open(t, { '--limits-failures': '0' })
  const id = await ct.user('ann')
  const guess = (given: string) => ct.grant({ username: 'ann', password: given })
  const bodies = new Set<string>()
  const note = ({
    status,
    json: { requestID: _, ...rest },
  }: {
    status: number
    json: Record<string, unknown>
  }) => bodies.add(JSON.stringify([status, rest]))
  for (let i = 0; i < 5; i++) note(await guess(`wrong ${i}`))
  note(await guess(password))
  note(await ct.grant({ username: 'nobody', password }))
  note(
    await ct.ask('PATCH', '/auth/changepw', {
      token: null,
      body: { username: 'ann', password, new_password: 'x'.repeat(20) },
    }),
  )
  t.equal(bodies.size, 1, 'one text')
  const { json: locked } = await ct.ask('GET', `/usermgmt/users/${id}`)
  t.match(locked, {
    failed_logins_count: 5,
    failed_logins_initial_attempt_at: /Z$/,
    last_failed_login_at: /Z$/,
    account_lockout_at: /Z$/,
    logins_count: 0,
  })
  const unlock = await ct.ask('PATCH', `/usermgmt/users/${id}`, { body: { failed_logins_count: 0 } })
  t.match(unlock, {
    json: { failed_logins_count: 0, account_lockout_at: null, failed_logins_initial_attempt_at: null },
  })
  t.match(await guess(password), { status: 200 })
  t.match(await ct.ask('GET', `/usermgmt/users/${id}`), { json: { logins_count: 1, last_login: /Z$/ } })
})

t.test('Password policies are those of every face, by the names of this one', async (t) => {
  const ct = await Ciphertrust.open(t)
  const path = '/usermgmt/pwdpolicies'
  const { json: everybody } = await ct.ask('GET', `${path}/global`)
  t.match(everybody, { policy_name: 'global', inclusive_min_total_length: 12, password_lifetime: 0 })
  t.same(Object.keys(everybody).length, 11)
  const strict = {
    ...{ policy_name: 'strict', inclusive_min_digits: 2, password_history_threshold: 3 },
    failed_logins_lockout_thresholds: [0, 5, 30],
  }
  t.match(await ct.post(`${path}/`, strict), {
    status: 201,
    json: { ...strict, inclusive_min_total_length: 12 },
  })
  t.match(await ct.post(path, strict), { status: 409 })
  t.match(await ct.admin('GET', '/password-policies/strict'), {
    json: { minimumDigits: 2, history: 3, lockoutThresholds: [0, 5, 30] },
  })
  const weak = { username: 'ann', password, password_policy: 'strict' }
  t.match(await ct.post('/usermgmt/users', weak), { status: 400 }, 'no digits')
  t.match(await ct.post('/usermgmt/users', { ...weak, password: `${password} 42` }), { status: 201 })
  t.match(await ct.ask('PATCH', `${path}/strict`, { body: { failed_logins_lockout_thresholds: [] } }), {
    status: 200,
    json: { failed_logins_lockout_thresholds: [], inclusive_min_digits: 2 },
  })
  t.match(await ct.ask('GET', `${path}/?skip=1&limit=50`), {
    json: { skip: 1, limit: 50, total: 2, resources: [{ policy_name: 'strict' }] },
  })
  for (const body of [{ inclusive_min_digits: -1 }, { policy_name: 'other' }, { length: 3 }])
    t.match(await ct.ask('PATCH', `${path}/strict`, { body }), { status: 400 })
  t.match(await ct.ask('DELETE', `${path}/strict`), { status: 204, text: '' })
  t.match(await ct.ask('GET', `${path}/strict`), { status: 404, json: { code: 16 } })
  t.match(await ct.ask('DELETE', `${path}/global`), { status: 409 })
})

t.test('A client is in a group as a user is', async (t) => {
  const ct = await Ciphertrust.open(t)
  await ct.post('/usermgmt/groups', { name: 'team' })
  const { json: client } = await ct.admin('POST', '/principals', { body: { name: 'backup-agent' } })
  const path = `/client-management/groups/team/clients/${client.id}`
  t.match(await ct.post(path), { status: 200, json: { name: 'team', users_count: 1 } })
  t.match(await ct.ask('GET', `/usermgmt/groups?clients=${client.id}`), { json: { total: 1 } })
  t.match(await ct.ask('DELETE', path), { status: 204 })
  t.match(await ct.ask('GET', `/usermgmt/groups?clients=${client.id}`), { json: { total: 0 } })
  t.match(await ct.post('/client-management/groups/team/clients/nobody'), { status: 404 })
})

t.test('Many guesses at once are no more than the policy allows', async (t) => {
  const ct = await Ciphertrust.open(t, { '--limits-failures': '0' })
  const id = await ct.user('ann')
  const answers = await Promise.all(
    Array.from({ length: 40 }, (_, i) =>
      ct.grant({ username: 'ann', password: i === 39 ? password : `guess ${i}` }),
    ),
  )
  t.ok(answers.every(({ status }) => status === 401 || status === 429))
  const { json } = await ct.ask('GET', `/usermgmt/users/${id}`)
  t.equal(json.failed_logins_count, 5, 'nothing was looked at while it was locked')
})

t.test('An address that keeps failing is slowed down', async (t) => {
  const ct = await Ciphertrust.open(t, { '--limits-failures': '3' })
  for (let i = 0; i < 3; i++) t.match(await ct.grant({ username: `nobody ${i}`, password }), { status: 401 })
  const slowed = await ct.grant({ username: 'admin', password })
  t.match(slowed, { status: 429, json: { code: Number, codeDesc: /wait/ } })
  t.ok(Number(slowed.headers['retry-after']) > 0)
})

t.test(
  'A grant is given once, a key is used at two doors by two logins, and the trail names one principal',
  async (t) => {
    const ct = await Ciphertrust.open(t)
    const user_id = await ct.user('ann')
    await ct.post('/usermgmt/groups', { name: 'billing' })
    await ct.post(`${group('billing')}/users/${user_id}`)
    const { json: key } = await ct.admin('POST', '/keys', { body: { algorithm: 'AES', name: 'invoices' } })
    const grant = { grantee: { group: 'billing' }, permissions: ['Encrypt', 'Decrypt'] }
    t.match(await ct.admin('POST', `/keys/${key.id}/grants`, { body: grant }), { status: 200 })

    const byName = { name: 'ann', password }
    const { json: admin } = await ct.admin('POST', '/login', { token: null, body: byName })
    const jwt = await ct.logIn('ann')
    const sealed = await ct.admin('POST', '/keys/invoices/encrypt', {
      token: admin.token,
      body: { plaintext: base64('x') },
    })
    t.match(sealed, { status: 200 })
    const opened = await ct.admin('POST', '/keys/invoices/decrypt', {
      token: jwt,
      body: { ciphertext: sealed.json.ciphertext },
    })
    t.match(opened, { status: 200, json: { plaintext: base64('x') } }, 'by the token of the other login')
    t.match(await ct.ask('GET', '/auth/self/user', { token: jwt }), { json: { user_id } })

    const { json: trail } = await ct.ask('GET', '/audit/records?limit=2000')
    const of = (message: string) =>
      trail.resources.filter((one: { message: string; username?: string }) => one.message === message)
    const acts = ['Encrypt', 'Decrypt', 'GetOwnUser', 'LogIn'].flatMap((message) =>
      of(message).filter(({ username }: { username?: string }) => username === 'ann'),
    )
    t.equal(acts.length, 5)
    t.same(
      new Set(acts.map(({ principal }: { principal: { sub: string } }) => principal.sub)),
      new Set([user_id]),
    )
    t.same(
      new Set(acts.map(({ service }: { service: string }) => service)),
      new Set(['admin', 'ciphertrust']),
    )

    await ct.ask('DELETE', `${group('billing')}/users/${user_id}`)
    const again = await ct.logIn('ann')
    t.match(
      await ct.admin('POST', '/keys/invoices/decrypt', {
        token: again,
        body: { ciphertext: sealed.json.ciphertext },
      }),
      { status: 404 },
    )
  },
)
