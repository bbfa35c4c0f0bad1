/** Cosmian's REST: who may do what, by the grants of the core, so that every face sees what was granted here. */
import t from 'tap'
import { base64, Face } from './face.js'

const face = await Face.open(t, { '--faces-cosmian': 'true', '--limits-failures': '0' })
const ann = await face.tokenOf('ann', ['Create'])
const bob = await face.tokenOf('bob', [])
const { json: key } = await face.admin('POST', '/keys', {
  token: ann,
  body: { algorithm: 'AES', name: 'invoices' },
})

const grant = (body: object, token = ann) => face.ask('POST', '/access/grant', { body, token })
const revoke = (body: object, token = ann) => face.ask('POST', '/access/revoke', { body, token })
const list = async () => (await face.ask('GET', `/access/list/${key.id}`, { token: ann })).json
const obtained = async (token = bob) => (await face.ask('GET', '/access/obtained', { token })).json
const encrypt = async (token = bob) =>
  (await face.admin('POST', '/keys/invoices/encrypt', { token, body: { plaintext: base64('x') } })).status

t.test('what is granted is seen by all faces, and ends', async (t) => {
  const asked = { unique_identifier: key.id, user_id: 'bob', operation_types: ['encrypt', 'mac'] }
  t.equal(await encrypt(), 404)
  t.match(await grant(asked), { status: 200, json: { success: 'Access for bob successfully added' } })
  t.equal(await encrypt(), 200, 'through the admin face')
  t.same(await list(), [{ user_id: 'bob', operations: ['encrypt', 'get_attributes', 'locate', 'mac'] }])
  const its = { object_id: key.id, owner_id: key.owner, state: 'Active' }
  t.same(await obtained(), [{ ...its, operations: ['encrypt', 'get_attributes', 'locate', 'mac'] }])
  await revoke({ ...asked, operation_types: ['get_attributes'] })
  t.equal(await encrypt(), 200, 'what is implied goes only with the last of the others')
  t.match(await revoke({ ...asked, operation_types: ['encrypt'] }), {
    json: { success: 'Access for bob successfully deleted' },
  })
  t.equal(await encrypt(), 403)
  await revoke({ ...asked, operation_types: ['mac'] })
  t.equal(await encrypt(), 404, 'nothing is left')
  t.same([await list(), await obtained()], [[], []])
})

t.test('everyone, and what one owns', async (t) => {
  const asked = { unique_identifier: 'invoices', user_id: '*', operation_types: ['get', 'get_attributes'] }
  await grant(asked)
  t.same(await list(), [{ user_id: '*', operations: ['export', 'get', 'get_attributes', 'locate'] }])
  t.equal((await obtained()).length, 1)
  t.same(await obtained(ann), [], 'one’s own are not obtained')
  const { json: owned } = await face.ask('GET', '/access/owned', { token: ann })
  t.match(owned, [
    {
      object_id: key.id,
      state: 'Active',
      attributes: { ObjectType: 'SymmetricKey', CryptographicLength: 256 },
    },
  ])
  t.same((await face.ask('GET', '/access/owned', { token: bob })).json, [])
  t.match(await revoke({ ...asked, operation_types: ['get_attributes'] }), { status: 200 })
  t.equal((await list()).length, 1)
  await revoke({ ...asked, operation_types: ['get'] })
  t.same(await obtained(), [])
})

t.test('what a group has, and what is granted on scopes', async (t) => {
  const admin = await face.keyManager.as('admin')
  await admin.createGroup({ name: 'clerks' })
  await admin.addMember('clerks', 'bob')
  const owner = await face.keyManager.as('ann')
  await owner.grant(key.id, { group: 'clerks' }, ['Get', 'GetAttributes', 'Locate', 'Sign'])
  t.same((await obtained())[0].operations, ['get_attributes', 'locate', 'sign'])
  t.same(await list(), [{ user_id: 'clerks', operations: ['get_attributes', 'locate', 'sign'] }])
  await owner.withdraw(key.id, { group: 'clerks' })
  t.same(await obtained(), [])
  const scope = { namePrefix: 'invo' }
  await admin.grantOnScope(scope, { principal: 'bob' }, ['Get', 'GetAttributes', 'Locate', 'Revoke'])
  t.match(await obtained(), [{ object_id: key.id, operations: ['get_attributes', 'locate', 'revoke'] }])
  await admin.withdrawOnScope(scope, { principal: 'bob' })
  t.same(await obtained(), [])
})

t.test('making objects is granted on none', async (t) => {
  const may = async (token: string) => (await face.ask('GET', '/access/create', { token })).json
  t.same(await may(bob), { has_create_permission: false })
  const asked = { user_id: 'bob', operation_types: ['create'] }
  t.equal((await grant(asked)).status, 403, 'not by everybody')
  t.equal(
    (await face.ask('POST', '/access/grant', { body: { ...asked, unique_identifier: '*' } })).status,
    200,
  )
  t.same(await may(bob), { has_create_permission: true })
  t.equal((await face.admin('POST', '/keys', { token: bob, body: { algorithm: 'AES' } })).status, 201)
  await face.ask('POST', '/access/revoke', { body: asked })
  t.same(await may(bob), { has_create_permission: false })
  const privileged = async (token?: string) =>
    (await face.ask('GET', '/access/privileged', token === undefined ? {} : { token })).json
  t.same(await privileged(bob), { has_privileged_access: false })
  t.same(await privileged(), { has_privileged_access: true })
})

t.test('who it is, and whom one asks', async (t) => {
  t.same((await face.ask('GET', '/me', { token: bob })).json, { user: 'bob' })
  const { json } = await face.ask('GET', '/server-info', { token: bob })
  t.match(json, { version: /^\d+\.\d+\.\d+ \(OpenSSL /, fips_mode: false, hsm_instances: [] })
  t.match(await face.ask('GET', '/version', { token: null }), { status: 200, json: /OpenSSL/ })
  t.match(await face.ask('GET', '/health', { token: null }), { json: { status: 'UP' } })
})

t.test('what is refused is a text', async (t) => {
  const asked = { unique_identifier: key.id, user_id: 'bob', operation_types: ['encrypt'] }
  for (const [what, answer, status, text] of [
    ['of no owner', await grant(asked, bob), 404, /no such object/],
    [
      'a list of no owner',
      await face.ask('GET', `/access/list/${key.id}`, { token: bob }),
      404,
      /no such object/,
    ],
    ['to nobody', await grant({ ...asked, user_id: 'nobody' }), 404, /principal/],
    [
      'an operation of nobody',
      await grant({ ...asked, operation_types: ['fly'] }),
      400,
      /"fly" cannot be granted/,
    ],
    ['create on an object', await grant({ ...asked, operation_types: ['create'] }), 400, /on no object/],
    ['encrypt on none', await grant({ user_id: 'bob', operation_types: ['encrypt'] }), 400, /on no object/],
    ['no body', await grant({}), 400, /user_id/],
  ] as const) {
    t.match(answer, { status, text, headers: { 'content-type': /^text\/plain/ } }, what)
  }
})

t.test('nobody comes in without a token', async (t) => {
  const routes = face.routes.filter((route) => / \/(access|me$|server-info)/.test(route))
  t.equal(routes.length, 9)
  for (const route of routes) {
    const [method = '', path = ''] = route.split(' ')
    t.equal((await face.ask(method, path, { token: null, body: {} })).status, 401, route)
  }
})
