import t from 'tap'
import { base64, Face } from './face.js'

t.test('Attributes are read and changed', async (t) => {
  const face = await Face.open(t)
  const made = await face.admin('POST', '/keys', {
    body: {
      algorithm: 'AES',
      name: 'invoices',
      attributes: { ObjectGroup: ['payments'], DeactivationDate: '2040-01-01T00:00:00Z' },
    },
  })
  t.match(made, { status: 201, json: { state: 'Active', deactivated: '2040-01-01T00:00:00.000Z' } })
  const at = (what: string) => `/keys/invoices/attributes${what}`
  t.match(await face.admin('POST', at('/add'), { body: { name: 'ObjectGroup', value: 'q3' } }), {
    status: 200,
    json: { id: made.json.id, attributes: { ObjectGroup: ['payments', 'q3'] } },
  })
  t.match(await face.admin('POST', at('/set'), { body: { name: 'Comment', value: 'one' } }), { status: 200 })
  const body = { name: 'ObjectGroup', value: 'q4', current: 'q3' }
  t.match(await face.admin('POST', at('/modify'), { body }), { status: 200 })
  t.match(await face.admin('POST', at('/delete'), { body: { name: 'ObjectGroup', value: 'payments' } }), {
    status: 200,
  })
  t.strictSame((await face.admin('GET', at('?names=Comment,ObjectGroup,QuantumSafe'))).json, {
    attributes: { Comment: 'one', ObjectGroup: ['q4'] },
  })
  t.match((await face.admin('GET', at(''))).json.attributes, { State: 'Active', CryptographicLength: 256 })
  t.ok((await face.admin('GET', at('/names'))).json.names.includes('ObjectGroup'))

  const refusals = [
    ['/add', { name: 'State', value: 'PreActive' }, 403, 'MORTISE_ATTRIBUTE_READ_ONLY'],
    ['/add', { name: 'Comment', value: 'two' }, 409, 'MORTISE_ATTRIBUTE_EXISTS'],
    ['/delete', { name: 'Description' }, 404, 'MORTISE_ATTRIBUTE_NOT_FOUND'],
    ['/set', { name: 'Owner', value: 'me' }, 400, 'MORTISE_INPUT_INVALID'],
    ['/set', { name: 'Comment' }, 400, 'MORTISE_INPUT_INVALID'],
  ] as const
  for (const [path, body, status, code] of refusals)
    t.match(await face.admin('POST', at(path), { body }), { status, json: { code } }, JSON.stringify(body))
})

t.test('Objects are registered, located, archived and recovered', async (t) => {
  const face = await Face.open(t)
  const body = {
    type: 'SecretData',
    material: base64('correct horse'),
    name: 'db',
    attributes: { ObjectGroup: 'ops' },
  }
  t.match(await face.admin('POST', '/keys/register', { body }), { status: 201, json: { type: 'SecretData' } })
  t.match(await face.admin('POST', '/keys/db/export'), {
    status: 200,
    json: { format: 'raw', material: base64('correct horse') },
  })
  const found = (body: object) =>
    face
      .admin('POST', '/keys/locate', { body })
      .then(({ json }) => json.items?.map((one: { name: string }) => one.name))
  t.strictSame(await found({ group: 'ops', storage: 'online' }), ['db'])
  t.strictSame(await found({ dates: { created: { to: '2001-01-01T00:00:00Z' } } }), [])
  t.match(await face.admin('POST', '/keys/db/archive'), { status: 200, json: { archived: String } })
  t.match(await face.admin('POST', '/keys/db/export'), {
    status: 409,
    json: { code: 'MORTISE_KEY_ARCHIVED' },
  })
  t.strictSame(await found({ storage: 'archived' }), ['db'])
  t.match(await face.admin('POST', '/keys/db/recover'), { status: 200, json: { archived: null } })
  t.match(await face.admin('POST', '/keys/locate', { body: { gruop: 'ops' } }), { status: 400 })

  const limits = { UsageLimits: { total: 10, unit: 'Byte' } }
  await face.admin('POST', '/keys', { body: { algorithm: 'AES', name: 'k', attributes: limits } })
  t.match(await face.admin('POST', '/keys/k/usage-allocation', { body: { count: 10 } }), { status: 200 })
  t.match(await face.admin('POST', '/keys/k/encrypt', { body: { plaintext: base64('x') } }), {
    status: 403,
    json: { code: 'MORTISE_KEY_USAGE_LIMIT' },
  })
})
