import t from 'tap'
import { base64, Face } from './face.js'

/** Routes that answer without a token: everything else must not. */
const open = [
  'GET /health',
  'GET /version',
  'GET /metrics',
  'GET /openapi.json',
  'POST /admin/v1/login',
  'POST /admin/v1/login/certificate',
  'POST /admin/v1/login/factor',
  'POST /admin/v1/login/jwt',
  'POST /admin/v1/login/passkey',
  'POST /admin/v1/login/refresh',
]

/** What everybody may ask about itself, and lists that show only what the asker may see. */
const own: Record<string, object | undefined> = {
  'GET /admin/v1/me': undefined,
  'PUT /admin/v1/me/password': { current: 'is not needed here', password: 'a password of its own' },
  'GET /admin/v1/me/account': undefined,
  'PATCH /admin/v1/me/account': { fullName: 'Nobody' },
  'GET /admin/v1/sessions': undefined,
  'DELETE /admin/v1/sessions/:id': undefined,
  'GET /admin/v1/keys': undefined,
  'POST /admin/v1/keys/locate': {},
  'GET /admin/v1/jobs': undefined,
  'GET /admin/v1/tokens': undefined,
  'POST /admin/v1/tokens': {},
  'DELETE /admin/v1/tokens/:id': undefined,
  'POST /admin/v1/hash': { data: base64('x') },
  'POST /admin/v1/logout': undefined,
  'GET /admin/v1/me/factors': undefined,
  'POST /admin/v1/me/factors/totp': undefined,
  'POST /admin/v1/me/factors/totp/:factor/confirm': { code: '000000' },
  'POST /admin/v1/me/factors/passkey': undefined,
  'POST /admin/v1/me/factors/passkey/finish': { challenge: 'x', registration: {} },
  'DELETE /admin/v1/me/factors/:factor': undefined,
  'POST /admin/v1/me/recovery-codes': undefined,
  'POST /admin/v1/me/step-up/challenge': undefined,
  'POST /admin/v1/me/step-up': { challenge: 'x', totp: '000000' },
  'GET /admin/v1/quorum/requests': undefined,
  'GET /admin/v1/ca/authorities': undefined,
  'GET /admin/v1/ca/certificates?serial=1': undefined,
  'GET /admin/v1/ca/profiles': undefined,
  'POST /admin/v1/quorum/requests/:request/approve': undefined,
  'POST /admin/v1/quorum/requests/:request/reject': undefined,
}

/** A proper request to every other route, on a key of somebody else's. */
const governed: Record<string, object | undefined> = {
  'POST /admin/v1/keys': { algorithm: 'AES' },
  'POST /admin/v1/key-pairs': { algorithm: 'EC' },
  'POST /admin/v1/keys/import': { format: 'raw', algorithm: 'AES', material: base64('k'.repeat(32)) },
  'POST /admin/v1/keys/derive': { base: 'not yours', algorithm: 'AES' },
  'POST /admin/v1/keys/split': { object: 'not yours', parts: 2 },
  'POST /admin/v1/keys/join': { shares: ['one', 'other'] },
  'POST /admin/v1/keys/register-share': {
    material: base64('k'.repeat(32)),
    algorithm: 'AES',
    splitKey: {
      split: '00000000-0000-4000-8000-000000000000',
      method: 'XOR',
      parts: 2,
      identifier: 1,
      threshold: 2,
      of: 'SymmetricKey',
    },
  },
  'POST /admin/v1/keys/register': { type: 'OpaqueObject', material: base64('x') },
  'GET /admin/v1/keys/:id': undefined,
  'POST /admin/v1/keys/:id/export': undefined,
  'POST /admin/v1/keys/:id/activate': undefined,
  'POST /admin/v1/keys/:id/revoke': { reason: 'Unspecified' },
  'POST /admin/v1/keys/:id/destroy': undefined,
  'POST /admin/v1/keys/:id/cancel-destroy': undefined,
  'POST /admin/v1/keys/:id/archive': undefined,
  'POST /admin/v1/keys/:id/recover': undefined,
  'POST /admin/v1/keys/:id/rekey': undefined,
  'GET /admin/v1/keys/:id/rotation': undefined,
  'PUT /admin/v1/keys/:id/rotation': { interval: 'P30D' },
  'DELETE /admin/v1/keys/:id/rotation': undefined,
  'GET /admin/v1/keys/:id/attributes': undefined,
  'GET /admin/v1/keys/:id/attributes/names': undefined,
  'POST /admin/v1/keys/:id/attributes/add': { name: 'ObjectGroup', value: 'ours' },
  'POST /admin/v1/keys/:id/attributes/modify': { name: 'Comment', value: 'ours' },
  'POST /admin/v1/keys/:id/attributes/set': { name: 'Comment', value: 'ours' },
  'POST /admin/v1/keys/:id/attributes/delete': { name: 'Comment' },
  'POST /admin/v1/keys/:id/usage-allocation': { count: 1 },
  'POST /admin/v1/keys/:id/encrypt': { plaintext: base64('x') },
  'POST /admin/v1/keys/:id/decrypt': { ciphertext: base64('x') },
  'POST /admin/v1/keys/:id/sign': { data: base64('x') },
  'POST /admin/v1/keys/:id/verify': { data: base64('x'), signature: base64('x') },
  'POST /admin/v1/keys/:id/mac': { data: base64('x') },
  'POST /admin/v1/keys/:id/mac-verify': { data: base64('x'), mac: base64('x') },
  'POST /admin/v1/keys/:id/data-keys': undefined,
  'POST /admin/v1/keys/:id/data-keys/decrypt': { wrapped: base64('x') },
  'POST /admin/v1/keys/:id/data-keys/rewrap': { wrapped: base64('x') },
  'POST /admin/v1/random': { bytes: 1 },
  'GET /admin/v1/keys/:id/grants': undefined,
  'POST /admin/v1/keys/:id/grants': { grantee: { everyone: true }, permissions: ['Get'] },
  'POST /admin/v1/keys/:id/grants/withdraw': { grantee: { everyone: true } },
  'POST /admin/v1/principals': { name: 'another' },
  'GET /admin/v1/principals': undefined,
  'GET /admin/v1/principals/:id': undefined,
  'PATCH /admin/v1/principals/:id': { enabled: false },
  'DELETE /admin/v1/principals/:id': undefined,
  'GET /admin/v1/users': undefined,
  'GET /admin/v1/users/:id': undefined,
  'GET /admin/v1/principals/:id/identities': undefined,
  'POST /admin/v1/principals/:id/identities': { connection: 'corp', subject: 'nobody' },
  'POST /admin/v1/identities/unlink': { connection: 'corp', subject: 'admin' },
  'GET /admin/v1/connections': undefined,
  'POST /admin/v1/connections': { name: 'mine', kind: 'certificate', settings: { authorities: 'mine' } },
  'GET /admin/v1/connections/:connection': undefined,
  'POST /admin/v1/connections/:connection/test': {},
  'PATCH /admin/v1/connections/:connection': { enabled: false },
  'DELETE /admin/v1/connections/:connection': undefined,
  'GET /admin/v1/clients': undefined,
  'POST /admin/v1/clients': { name: 'mine' },
  'GET /admin/v1/clients/:client': undefined,
  'GET /admin/v1/clients/:client/sessions': undefined,
  'POST /admin/v1/clients/:client/rotate-secret': {},
  'POST /admin/v1/token-keys/renew': undefined,
  'GET /admin/v1/password-policies': undefined,
  'POST /admin/v1/password-policies': { name: 'mine' },
  'GET /admin/v1/password-policies/:policy': undefined,
  'PATCH /admin/v1/password-policies/:policy': { minimumLength: 1 },
  'DELETE /admin/v1/password-policies/:policy': undefined,
  'PUT /admin/v1/principals/:id/password': { password: 'a password of mine' },
  'GET /admin/v1/audit': undefined,
  'GET /admin/v1/audit/heads': undefined,
  'GET /admin/v1/audit/export?chain=00000000-0000-4000-8000-000000000000': undefined,
  'POST /admin/v1/audit/verify': undefined,
  'POST /admin/v1/audit/checkpoint': undefined,
  'POST /admin/v1/audit/prune': { checkpoint: 'text' },
  'GET /admin/v1/hsm/status': undefined,
  'GET /admin/v1/hsm/tokens/:token/keys': undefined,
  'POST /admin/v1/hsm/adopt': { key: 'pkcs11:token=one;id=%01' },
  'POST /admin/v1/keyservice/services': { keyId: 'mine', namespaces: ['mine'], allowFrom: ['::1'] },
  'POST /admin/v1/keyservice/restore': { namespace: 'mine', userId: 'not me' },
  'POST /admin/v1/keyservice/forget': { namespace: 'mine', userId: 'not me' },
  'GET /admin/v1/barrier': undefined,
  'POST /admin/v1/barrier/root/rotate': { inPlace: true },
  'POST /admin/v1/barrier/keyring/rotate': undefined,
  'POST /admin/v1/barrier/keyring/reseal': {},
  'POST /admin/v1/barrier/keyring/retire': undefined,
  'GET /admin/v1/scoped-grants': undefined,
  'POST /admin/v1/scoped-grants': {
    scope: { namePrefix: 'not' },
    grantee: { everyone: true },
    permissions: ['Get'],
  },
  'POST /admin/v1/scoped-grants/withdraw': { scope: { namePrefix: 'not' }, grantee: { everyone: true } },
  'POST /admin/v1/access/explain': { principal: 'admin', operation: 'Get', object: 'not yours' },
  'POST /admin/v1/groups': { name: 'ours' },
  'GET /admin/v1/groups': undefined,
  'GET /admin/v1/groups/:group': undefined,
  'PATCH /admin/v1/groups/:group': { name: 'ours' },
  'DELETE /admin/v1/groups/:group': undefined,
  'GET /admin/v1/groups/:group/members': undefined,
  'PUT /admin/v1/groups/:group/members/:principal': undefined,
  'DELETE /admin/v1/groups/:group/members/:principal': undefined,
  'GET /admin/v1/principals/:id/groups': undefined,
  'POST /admin/v1/roles': { name: 'ours' },
  'GET /admin/v1/roles': undefined,
  'GET /admin/v1/roles/:role': undefined,
  'PATCH /admin/v1/roles/:role': { objects: ['Grant'] },
  'DELETE /admin/v1/roles/:role': undefined,
  'GET /admin/v1/principals/:id/factors': undefined,
  'DELETE /admin/v1/principals/:id/factors/:factor': undefined,
  'GET /admin/v1/factor-policies': undefined,
  'PUT /admin/v1/factor-policies/:name': { roles: ['auditor'] },
  'DELETE /admin/v1/factor-policies/:name': undefined,
  'GET /admin/v1/quorum/policies': undefined,
  'POST /admin/v1/quorum/policies': { act: 'Export', group: 'admin' },
  'POST /admin/v1/quorum/policies/remove': { act: 'Export' },
  'POST /admin/v1/ca/authorities': { subject: 'CN=mine' },
  'POST /admin/v1/ca/authorities/register': { certificate: 'mine' },
  'GET /admin/v1/ca/authorities/:authority': undefined,
  'PATCH /admin/v1/ca/authorities/:authority': { enabled: false },
  'DELETE /admin/v1/ca/authorities/:authority': undefined,
  'POST /admin/v1/ca/authorities/:authority/self-sign': undefined,
  'POST /admin/v1/ca/authorities/:authority/renew': undefined,
  'POST /admin/v1/ca/authorities/:authority/install': { certificate: 'mine' },
  'GET /admin/v1/ca/authorities/:authority/crl': undefined,
  'POST /admin/v1/ca/authorities/:authority/crl': undefined,
  'POST /admin/v1/ca/authorities/:authority/certificates/prepare': { profile: 'server', request: 'mine' },
  'POST /admin/v1/ca/authorities/:authority/certificates/pair': {
    profile: 'server',
    subject: 'CN=mine',
    key: { algorithm: 'EC', curve: 'P-256', format: 'pkcs8', password: 'correct horse battery' },
  },
  'POST /admin/v1/ca/authorities/:authority/certificates': { token: 'mine' },
  'GET /admin/v1/ca/authorities/:authority/certificates': undefined,
  'GET /admin/v1/ca/authorities/:authority/certificates/:certificate': undefined,
  'DELETE /admin/v1/ca/authorities/:authority/certificates/:certificate': undefined,
  'POST /admin/v1/ca/authorities/:authority/certificates/:certificate/revoke': { reason: 'superseded' },
  'POST /admin/v1/ca/authorities/:authority/certificates/:certificate/resume': undefined,
  'POST /admin/v1/ca/requests': { subject: 'CN=mine' },
  'PUT /admin/v1/ca/profiles/:name': { days: 9 },
  'DELETE /admin/v1/ca/profiles/:name': undefined,
  'POST /admin/v1/backup': { passphrase: 'a passphrase of mine' },
}

t.test('Every route is listed here, as open, as one’s own or as governed', async (t) => {
  const face = await Face.open(t)
  const listed = [...open, ...Object.keys(own), ...Object.keys(governed)]
  t.same([...face.routes].sort(), listed.map((route) => route.replace(/\?.*/, '')).sort())
})

t.test('Every route but the open ones refuses', async (t) => {
  // There are more routes than an address may fail to authenticate at in a minute.
  const face = await Face.open(t, { '--limits-failures': '0' })
  const { json: key } = await face.admin('POST', '/keys', { body: { algorithm: 'AES', name: 'not yours' } })
  const nobody = await face.tokenOf('nobody', [])
  const pathOf = (route: string) => {
    const [method = '', path = ''] = route.split(' ')
    const named = path
      .replace(':authority', key.id)
      .replace(':group', 'admin')
      .replace(':role', 'auditor')
      .replace(':principal', 'nobody')
      .replace(':connection', 'local_account')
      .replace(':policy', 'global')
    return { method, path: named.replace(':id', /principals|users/.test(path) ? 'admin' : key.id) }
  }

  for (const [route, body] of Object.entries({ ...own, ...governed })) {
    const { method, path } = pathOf(route)
    const asking = body ? { body } : {}
    for (const [what, token] of [
      ['no token', null],
      ['a wrong token', `mrt_${'0'.repeat(32)}_${'A'.repeat(43)}`],
      ['something that is no token', 'hello'],
    ] as const) {
      const answer = await face.ask(method, path, { ...asking, token })
      t.match(
        answer,
        { status: 401, headers: { 'www-authenticate': 'Bearer' }, json: { code: 'MORTISE_AUTH_REQUIRED' } },
        `${route}: ${what}`,
      )
    }
  }
  for (const [route, body] of Object.entries(governed)) {
    const { method, path } = pathOf(route)
    const answer = await face.ask(method, path, { token: nobody, ...(body && { body }) })
    // Who has no right at all on a key does not even hear that there is one; making a pair comes before whom it is for.
    const isOfKey = path.includes(key.id) && !path.endsWith('/pair')
    const [status, code] = isOfKey ? [404, 'MORTISE_KEY_NOT_FOUND'] : [403, 'MORTISE_ACCESS_DENIED']
    t.match(answer, { status, json: { code } }, `${route}: a token without the right`)
  }
  const { json: again } = await face.admin('GET', `/keys/${key.id}`)
  t.equal(again.state, 'Active', 'and nothing has happened to the key')
})

t.test('One’s own is one’s own only', async (t) => {
  const face = await Face.open(t)
  const ann = await face.tokenOf('ann')
  const bob = await face.tokenOf('bob')
  const { json: tokens } = await face.admin('GET', '/tokens', { token: bob })
  const [{ id }] = tokens.tokens
  t.match(await face.admin('DELETE', `/tokens/${id}`, { token: ann }), { status: 404 })
  t.match(await face.admin('DELETE', `/tokens/${id}?own=false`, { token: ann }), { status: 403 })
  t.match(await face.admin('GET', '/tokens?principal=bob', { token: ann }), { status: 403 })
  t.match(await face.admin('POST', '/tokens', { token: ann, body: { principal: 'bob' } }), { status: 403 })
  t.match(await face.admin('GET', '/me', { token: bob }), { status: 200, json: { name: 'bob' } })
  t.match(
    await face.admin('DELETE', `/tokens/${id}?own=false`),
    { status: 204 },
    'the administrator ends any',
  )
  t.match(await face.admin('GET', '/me', { token: bob }), { status: 401 })
})

t.test('A password gives a token for 12 hours, and logging out ends it', async (t) => {
  const face = await Face.open(t)
  await face.tokenOf('ann')
  await face.admin('PUT', '/principals/ann/password', { body: { password: 'correct horse battery' } })
  for (const body of [
    { name: 'ann', password: 'wrong horse battery' },
    { name: 'nobody', password: 'correct horse battery' },
  ]) {
    const refused = await face.admin('POST', '/login', { token: null, body })
    t.match(refused, { status: 401, json: { code: 'MORTISE_AUTH_REQUIRED' } })
  }
  const body = { name: 'ann', password: 'correct horse battery' }
  const { status, json } = await face.admin('POST', '/login', { token: null, body })
  t.equal(status, 200)
  t.ok(json.expires > Date.now() + 11 * 3_600_000 && json.expires <= Date.now() + 12 * 3_600_000)
  t.match(await face.admin('GET', '/me', { token: json.token }), { json: { name: 'ann' } })
  t.match(await face.admin('POST', '/logout', { token: json.token }), { status: 204 })
  t.match(await face.admin('GET', '/me', { token: json.token }), { status: 401 })
})
