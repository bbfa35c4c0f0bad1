/** The commands of a client on Python's requests library: each of its requests, and what it reads of the answers. */
import t from 'tap'
import { Ciphertrust, PythonClient, password, withPython } from './ciphertrust.js'

t.test('The test button lists groups without any query', withPython, async (t) => {
  const client = await PythonClient.start(t, await Ciphertrust.open(t))
  t.match(await client.run('test_module'), { result: { skip: 0, limit: 10, resources: Array } })
  t.match(
    await client.run('test_module', {}, { slash: '/' }),
    { result: { total: Number } },
    'a Server URL with a slash',
  )
  t.match(await client.run('test_module', {}, { username: 'nobody' }), { error: /\[401\]/ })
})

t.test('Groups: list, create, update, delete', withPython, async (t) => {
  const ct = await Ciphertrust.open(t)
  const client = await PythonClient.start(t, ct)
  const system = await client.run('group_list')
  t.match(system, { result: { raw: { skip: 0, limit: 50 } } })
  t.ok(system.result.rows.every((row: { system: boolean }) => row.system))

  const name = 'Clerks of the north & south'
  t.match(await client.run('group_create', { name, description: 'They file' }), {
    result: { name, description: 'They file', created_at: /Z$/, updated_at: /Z$/ },
  })
  t.match(await client.run('group_create', { name }), { error: /\[409\].*NCERRConflict/s })
  t.match(await client.run('group_create', { name: 'a/b' }), { error: /\[400\].*"code": 9/s })
  t.match(await client.run('group_list', { group_name: name }), {
    result: {
      title: '1 to 1 of 1 Groups',
      rows: [{ name, system: false, count: null, description: 'They file' }],
    },
  })
  t.match(await client.run('group_update', { group_name: name, description: 'They read' }), {
    result: { name, description: 'They read' },
  })
  t.match(await client.run('group_update', { group_name: name, new_group_name: 'Readers' }), {
    result: { name: 'Readers', description: 'They read' },
  })
  t.match(await client.run('group_update', { group_name: name }), {
    error: /\[404\].*NCERRResourceNotFound/s,
  })
  t.match(await client.run('group_delete', { group_name: 'Readers', force: true }), { result: null })
  t.match(await client.run('group_delete', { group_name: 'Readers' }), { error: /\[404\]/ })
  t.match(await client.run('group_list', { group_name: 'Readers' }), {
    result: { raw: { total: 0, resources: [] }, title: '1 to 0 of 0 Groups' },
  })
})

t.test('Pages of groups are in the order of names, and count them all', withPython, async (t) => {
  const ct = await Ciphertrust.open(t)
  const client = await PythonClient.start(t, ct)
  for (const name of ['delta', 'Alpha', 'charlie', 'Bravo']) await client.run('group_create', { name })
  const all = await client.run('group_list', { page_size: 2000 })
  const names = all.result.rows.map(({ name }: { name: string }) => name)
  t.same(
    names,
    [...names].sort((a, b) => (a.toLowerCase() < b.toLowerCase() ? -1 : 1)),
  )
  const total = names.length
  const paged: string[] = []
  for (let page = 1; page <= Math.ceil(total / 3); page++) {
    const { result } = await client.run('group_list', { page, page_size: 3 })
    t.match(result.raw, { skip: (page - 1) * 3, limit: 3, total })
    paged.push(...result.rows.map(({ name }: { name: string }) => name))
  }
  t.same(paged, names)
  t.match(await client.run('group_list', { page: 100, page_size: 3 }), {
    result: { raw: { total, resources: [] } },
  })
  t.match(await client.run('group_list', { page: 0 }), { error: /\[400\]/ }, 'a negative skip')
  t.match(await client.run('group_list', { page_size: 2001 }), { error: /\[400\]/ })
})

t.test('Memberships: add, list by them, remove', withPython, async (t) => {
  const ct = await Ciphertrust.open(t)
  const client = await PythonClient.start(t, ct)
  const user_id = await ct.user('ann')
  t.match(user_id, /^local\|[0-9a-f-]{36}$/)
  await client.run('group_create', { name: 'Clerks 1' })
  t.match(await client.run('user_to_group_add', { user_id }), {
    result: { name: 'Key Users', app_metadata: { system: true }, users_count: 1 },
  })
  for (const _ of [1, 2]) {
    t.match(await client.run('user_to_group_add', { group_name: 'Clerks 1', user_id }), {
      result: { name: 'Clerks 1', users_count: 1 },
    })
  }
  const names = async (args: object) =>
    (await client.run('group_list', args)).result.rows.map(({ name }: { name: string }) => name)
  t.same(await names({ user_id }), ['Clerks 1', 'Key Users'])
  t.notOk((await names({ user_id: `-${user_id}` })).includes('Clerks 1'), 'not in')
  t.ok((await names({ user_id: `-${user_id}` })).includes('User Admins'))
  t.notOk((await names({ user_id: 'nil' })).includes('Key Users'), 'without members')
  t.same(
    await names({ client_id: user_id.replace('local|', '') }),
    ['Clerks 1', 'Key Users'],
    'a client of the id',
  )
  t.match(await client.run('user_to_group_remove', { group_name: 'Clerks 1', user_id }), { result: null })
  t.match(
    await client.run('user_to_group_remove', { group_name: 'Clerks 1', user_id }),
    { result: null },
    'twice',
  )
  t.same(await names({ user_id }), ['Key Users'])
  const stranger = 'local|00000000-0000-4000-8000-000000000099'
  t.match(await client.run('user_to_group_add', { user_id: stranger }), { error: /\[404\]/ })
  t.match(await client.run('user_to_group_add', { group_name: 'None', user_id }), { error: /\[404\]/ })
})

t.test('Users: create, list, get, update, delete', withPython, async (t) => {
  const ct = await Ciphertrust.open(t)
  const client = await PythonClient.start(t, ct)
  const created = await client.run('user_create', {
    name: 'Ann Example',
    username: 'ann',
    password,
    email: 'ann@example.org',
    allowed_auth_methods: ['password', 'user_certificate'],
    allowed_client_types: ['unregistered'],
    certificate_subject_dn: 'OU=Filing,O=Example,L=Austin,ST=TX,C=US',
    connection: 'local_account',
    expires_at: '2099-12-31T23:59:59.123456Z',
    is_domain_user: false,
    prevent_ui_login: true,
    password_change_required: false,
  })
  const shown = {
    username: 'ann',
    name: 'Ann Example',
    nickname: 'ann',
    email: 'ann@example.org',
    allowed_auth_methods: ['password', 'user_certificate'],
    allowed_client_types: ['unregistered'],
    certificate_subject_dn: 'C=US,ST=TX,L=Austin,O=Example,OU=Filing',
    enable_cert_auth: true,
    expires_at: '2099-12-31T23:59:59.123Z',
    login_flags: { prevent_ui_login: true },
    password_change_required: false,
    logins_count: 0,
    last_login: null,
    failed_logins_count: 0,
    failed_logins_initial_attempt_at: null,
    last_failed_login_at: null,
    account_lockout_at: null,
    auth_domain: '00000000-0000-0000-0000-000000000000',
    user_metadata: {},
    app_metadata: {},
  }
  t.match(created, { result: { ...shown, user_id: /^local\|/, created_at: /Z$/, updated_at: /Z$/ } })
  t.notOk(
    'password' in created.result || 'connection' in created.result || 'password_policy' in created.result,
  )
  const { user_id } = created.result
  t.match(await client.run('users_list', { user_id }), {
    result: { raw: { ...shown, auth_domain_name: 'root' } },
  })
  t.match(await client.run('users_list', { user_id: 'self' }), { result: { raw: { username: 'admin' } } })

  const { result: plain } = await client.run('user_create', { username: 'bob', password })
  t.match(plain, {
    name: 'bob',
    nickname: 'bob',
    email: 'bob@local',
    allowed_auth_methods: ['password'],
    allowed_client_types: ['unregistered', 'public', 'confidential'],
    certificate_subject_dn: '',
    enable_cert_auth: false,
  })
  t.notOk('expires_at' in plain)
  for (const [args, error] of [
    [{ username: 'bob', password }, /\[409\]/],
    [{ username: 'self', password }, /\[400\]/],
    [{ password }, /\[400\]/],
    [{ username: 'carol' }, /\[400\].*password/s],
    [{ username: 'carol', password: 'short' }, /\[400\].*NCERRInvalidParamValue.*12 to 1024/s],
    [{ username: 'carol', password, user_id }, /\[400\]/],
    [{ username: 'carol', password, connection: 'corp' }, /\[400\]/],
    [{ username: 'carol', password, expires_at: 'tomorrow' }, /\[400\]/],
    [
      { username: 'carol', password, allowed_auth_methods: ['password', 'password_with_user_certificate'] },
      /\[400\]/,
    ],
    [{ username: 'carol', password, password_policy: 'none' }, /\[404\]/],
  ] as const)
    t.match(await client.run('user_create', args), { error }, JSON.stringify(args))
  t.match(
    await client.run('user_create', {
      username: 'device',
      certificate_subject_dn: 'CN=device',
      allowed_auth_methods: ['user_certificate'],
    }),
    { result: { username: 'device', allowed_auth_methods: ['user_certificate'] } },
    'who logs in by certificate needs no password',
  )

  const update = (args: object) => client.run('user_update', { user_id, ...args })
  t.match(await update({}), { result: shown }, 'an empty change')
  t.match(await update({ name: 'Ann Other', expires_at: '', allowed_client_types: [] }), {
    result: { name: 'Ann Other', allowed_client_types: [] },
  })
  t.notOk(
    'expires_at' in (await client.run('users_list', { user_id })).result.raw,
    'it does not expire any more',
  )
  t.match(await update({ username: 'anna', prevent_ui_login: false }), {
    result: { username: 'anna', login_flags: { prevent_ui_login: false } },
  })
  t.match(await update({ username: 'bob' }), { error: /\[409\]/ })
  t.match(await update({ failed_logins_count: 3 }), { error: /\[400\]/ })

  t.match(await client.run('user_delete', { user_id }), { result: null })
  t.match(await client.run('users_list', { user_id }), { error: /\[404\].*NCERRResourceNotFound/s })
  t.match(await client.run('user_delete', { user_id }), { error: /\[404\]/ })
})

t.test('Users are listed by what is known of them', withPython, async (t) => {
  const ct = await Ciphertrust.open(t)
  const client = await PythonClient.start(t, ct)
  await ct.post('/usermgmt/groups', { name: 'north' })
  await ct.post('/usermgmt/groups', { name: 'south' })
  await ct.user('ann', ['north', 'south'], { name: 'Ann', email: 'ann@example.org' })
  await ct.user('bob', ['north'], { allowed_auth_methods: ['password', 'user_certificate'] })
  await ct.user('carol', [], { allowed_auth_methods: [], expires_at: '2000-01-01T00:00:00.000000Z' })
  const names = async (args: object) =>
    (await client.run('users_list', args)).result.rows.map(({ username }: { username: string }) => username)
  t.same(await names({}), ['admin', 'ann', 'bob', 'carol'])
  t.same(await names({ name: 'ANN' }), ['ann'])
  t.same(await names({ name: 'bob' }), ['bob'], 'the name that it has by default')
  t.same(await names({ username: 'bob' }), ['bob'])
  t.same(await names({ email: 'ann@example.org' }), ['ann'])
  t.same(await names({ groups: 'north' }), ['ann', 'bob'])
  t.same(await names({ groups: 'north,south' }), ['ann'])
  t.same(await names({ groups: 'nil' }), ['carol'])
  t.same(await names({ groups: 'nowhere' }), [])
  t.same(await names({ exclude_groups: 'south,admin' }), ['bob', 'carol'])
  t.same(await names({ auth_domain_name: 'root' }), ['admin', 'ann', 'bob', 'carol'])
  t.same(await names({ auth_domain_name: 'other' }), [])
  t.same(await names({ account_expired: true }), ['carol'])
  t.same(await names({ account_expired: false }), ['admin', 'ann', 'bob'])
  t.same(await names({ allowed_auth_methods: 'password,user_certificate' }), ['admin', 'bob'])
  t.same(await names({ allowed_auth_methods: 'empty' }), ['carol'])
  t.same(await names({ allowed_auth_methods: '[]' }), ['carol'])
  t.same(await names({ allowed_client_types: 'public' }), ['admin', 'ann', 'bob', 'carol'])
  t.same(await names({ password_policy: 'none' }), [])
  const { result } = await client.run('users_list', { page_size: 1, page: 2, return_groups: true })
  t.match(result.raw, {
    skip: 1,
    limit: 1,
    total: 4,
    resources: [{ username: 'ann', groups: ['north', 'south'] }],
  })
  t.notOk('groups' in (await client.run('users_list', {})).result.raw.resources[0])
})

t.test('A password is changed by whoever knows the present one', withPython, async (t) => {
  const ct = await Ciphertrust.open(t)
  const client = await PythonClient.start(t, ct)
  await ct.user('ann', [], { password_change_required: true })
  const old = await ct.logIn('ann')
  const fresh = 'another long password'
  const change = (args: object) =>
    client.run('user_password_change', { username: 'ann', password, new_password: fresh, ...args })
  t.match(
    await ct.ask('GET', '/usermgmt/groups', { token: old }),
    { status: 403 },
    'nothing before it is changed',
  )
  t.match(await change({ password: 'wrong' }), { error: /\[401\].*"code": 5/s })
  t.match(await change({ username: 'nobody' }), { error: /\[401\].*"code": 5/s })
  t.match(await change({ new_password: 'short' }), { error: /\[400\].*"code": 9/s })
  t.match(await change({ new_password: password }), { error: /\[400\]/ }, 'the same')
  t.match(await change({ auth_domain: 'elsewhere' }), { error: /\[400\]/ })
  t.match(await change({}), { result: null }, 'while the client itself is somebody else')
  t.match(await ct.ask('GET', '/auth/self/user', { token: old }), { status: 401 }, 'its tokens end')
  t.match(await ct.ask('GET', '/auth/self/user', { token: await ct.logIn('ann', fresh) }), {
    json: { username: 'ann', password_change_required: false },
  })
  const body = { username: 'ann', password: fresh, new_password: 'a third long password' }
  t.match(
    await ct.ask('PATCH', '/auth/changepw', { token: null, body }),
    { status: 204, text: '' },
    'without a bearer',
  )
})
