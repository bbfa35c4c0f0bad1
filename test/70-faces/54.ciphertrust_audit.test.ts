/** The audit trail and the server itself over the CipherTrust face. */
import t from 'tap'
import { Ciphertrust, password } from './ciphertrust.js'

t.test('Records are listed, filtered and found again', async (t) => {
  const ct = await Ciphertrust.open(t)
  await ct.user('ann')
  const token = await ct.logIn('ann')
  await ct.ask('GET', '/usermgmt/users', { token })
  await ct.grant({ username: 'ann', password: 'wrong' })
  const list = async (query: string) => (await ct.ask('GET', `/audit/records/?limit=2000&${query}`)).json

  const all = await list('')
  t.ok(all.total >= all.resources.length && all.total > 5)
  const [newest] = all.resources
  t.match(newest, {
    id: /^[0-9a-f-]{36}:\d+$/,
    createdAt: /Z$/,
    service: String,
    message: String,
    severity: 'warning',
    success: false,
    source: 'mortise',
  })
  t.same((await ct.ask('GET', `/audit/records/${newest.id}`)).json, newest)

  const denied = await list('success=False')
  t.ok(denied.resources.length > 0 && denied.resources.every(({ success }: { success: boolean }) => !success))
  t.equal(denied.total, denied.resources.length)
  t.same(await list('severity=warning&success=true'), { skip: 0, limit: 2000, total: 0, resources: [] })
  t.match(await list('severity=warning&message=ListUsers'), {
    total: 1,
    resources: [{ username: 'ann', details: { code: 'MORTISE_ACCESS_DENIED' }, service: 'ciphertrust' }],
  })
  t.match(await list('service=ciphertrust&message=CreatePrincipal'), { total: 1 })
  t.equal((await list('source=elsewhere')).total, 0)
  t.match(await list('clientIP=127.0.0.1&message=CreatePrincipal'), {
    total: 1,
    resources: [{ clientIP: '127.0.0.1' }],
  })
  t.equal((await list('clientIP=192.0.2.1')).total, 0)
  t.ok((await list('source=mortise')).total > 0)
  t.equal((await list('createdAfter=2099-01-01T00:00:00Z')).total, 0)
  t.ok((await list('createdAfter=1%20hour%20ago')).total > 0)
  t.equal((await list('createdBefore=1%20hour%20ago')).total, 0)
  t.ok((await list('createdBefore=2099-01-01T00:00:00.000000Z&message=LogIn')).total > 0)
  for (const query of [
    'severity=bad',
    'createdAfter=yesterday',
    'createdAfter=2026-02-30T00:00:00Z',
    'skip=50001',
  ])
    t.match(await ct.ask('GET', `/audit/records?${query}`), { status: 400, json: { code: 9 } }, query)
  for (const id of ['x', `${newest.id}0`, '00000000-0000-4000-8000-000000000000:1'])
    t.match(await ct.ask('GET', `/audit/records/${id}`), { status: 404, json: { code: 16 } }, id)
})

t.test('The server says what it is to whoever has logged in', async (t) => {
  const ct = await Ciphertrust.open(t)
  await ct.user('ann')
  t.match(await ct.ask('GET', '/system/info', { token: await ct.logIn('ann') }), {
    status: 200,
    json: {
      name: 'mortise',
      vendor: 'Mortise',
      model: 'Mortise',
      version: /^\d+\.\d+\.\d+/,
      uptime: /^\d+ days, \d+ hours, \d+ minutes$/,
    },
  })
  const named = await ct.ask('PATCH', '/system/info/', { body: { name: 'vault 1' } })
  t.match(named, { status: 200, json: { name: 'vault 1', model: 'Mortise' } })
  t.match(await ct.ask('PATCH', '/system/info', { body: { name: 'vault 2' } }), { json: { name: 'vault 2' } })
  t.match(await ct.ask('GET', '/system/info'), { json: { ...named.json, name: 'vault 2', uptime: String } })
  for (const body of [{ name: '' }, { name: 'a\nb' }, { name: 'x', version: '2' }, {}])
    t.match(await ct.ask('PATCH', '/system/info', { body }), { status: 400 })
  t.match(await ct.ask('GET', '/system/info', { token: null }), { status: 401 })
})

t.test('Secrets are not in the log, the trail or an answer', async (t) => {
  const ct = await Ciphertrust.open(t)
  const { json } = await ct.grant({ username: 'admin', password })
  const id = await ct.user('ann')
  const texts = [
    (await ct.ask('GET', '/audit/records?limit=2000')).text,
    (await ct.ask('GET', `/usermgmt/users/${id}`)).text,
    (await ct.ask('GET', '/auth/tokens')).text,
    (await ct.post('/usermgmt/users', { username: 'ann', password, nonsense: password })).text,
  ]
  for (const text of texts)
    for (const secret of [password, json.jwt.split('.')[2], json.refresh_token]) t.notMatch(text, secret)
})
