import t from 'tap'
import { base64, Face } from './face.js'

t.test('A key lives its life', async (t) => {
  const face = await Face.open(t)
  const made = await face.admin('POST', '/keys', {
    body: { algorithm: 'AES', name: 'invoices', activate: false },
  })
  t.match(made, { status: 201, json: { name: 'invoices', state: 'PreActive', length: 256, keyVersion: 1 } })
  const { id } = made.json

  t.match(await face.admin('POST', `/keys/${id}/encrypt`, { body: { plaintext: base64('x') } }), {
    status: 409,
    json: { code: 'MORTISE_KEY_STATE', details: { state: 'PreActive' } },
  })
  t.match(await face.admin('POST', `/keys/${id}/activate`), { status: 200, json: { state: 'Active' } })

  const aad = base64('context')
  const sealed = await face.admin('POST', '/keys/invoices/encrypt', {
    body: { plaintext: base64('hello'), aad },
  })
  t.match(sealed, { status: 200, json: { keyId: id, keyVersion: 1 } })
  const { ciphertext } = sealed.json
  t.match(await face.admin('POST', '/keys/invoices/decrypt', { body: { ciphertext, aad } }), {
    status: 200,
    json: { plaintext: base64('hello') },
  })
  t.match(await face.admin('POST', '/keys/invoices/decrypt', { body: { ciphertext } }), {
    status: 400,
    json: { code: 'MORTISE_CRYPTO_DECRYPTION_FAILED' },
  })

  const rekeyed = await face.admin('POST', '/keys/invoices/rekey')
  t.match(rekeyed, {
    status: 200,
    json: { replacement: { name: 'invoices', keyVersion: 2 }, replaced: { id, name: null } },
  })
  t.match(
    await face.admin('POST', '/keys/invoices/decrypt', { body: { ciphertext, aad } }),
    { status: 200 },
    'the name opens what its old version sealed',
  )
  t.match(await face.admin('POST', `/keys/${id}/destroy`), {
    status: 409,
    json: { code: 'MORTISE_KEY_STATE' },
  })
  t.match(
    await face.admin('POST', `/keys/${id}/revoke`, { body: { reason: 'KeyCompromise', message: 'lost' } }),
    {
      status: 200,
      json: { state: 'Compromised', revocationReason: 'KeyCompromise' },
    },
  )
  t.match(await face.admin('POST', `/keys/${id}/destroy`), {
    status: 200,
    json: { state: 'DestroyedCompromised' },
  })
  t.match(await face.admin('POST', '/keys/invoices/decrypt', { body: { ciphertext, aad } }), { status: 409 })
})

t.test('Pairs sign and verify', async (t) => {
  const face = await Face.open(t)
  const pair = await face.admin('POST', '/key-pairs', {
    body: { algorithm: 'EC', name: 'signer', publicName: 'signer.pub' },
  })
  t.match(pair, { status: 201, json: { privateKey: { curve: 'P-256' }, publicKey: { type: 'PublicKey' } } })
  const data = base64('a document')
  const signed = await face.admin('POST', '/keys/signer/sign', { body: { data, encoding: 'p1363' } })
  t.match(signed, { status: 200, json: { scheme: 'ES256' } })
  const { signature } = signed.json
  for (const [document, valid] of [
    [data, true],
    [base64('another'), false],
  ] as const) {
    const body = { data: document, signature, encoding: 'p1363' }
    t.match(await face.admin('POST', '/keys/signer.pub/verify', { body }), { status: 200, json: { valid } })
  }
  const exported = await face.admin('POST', '/keys/signer.pub/export')
  t.match(exported, { status: 200, json: { format: 'spki' } })
  t.match(await face.admin('POST', '/keys/signer/export'), {
    status: 403,
    json: { code: 'MORTISE_KEY_NOT_EXTRACTABLE' },
  })
})

t.test('Keys come in, make MACs, and go out when they may', async (t) => {
  const face = await Face.open(t)
  const material = base64('0123456789abcdef0123456789abcdef')
  const body = { format: 'raw', algorithm: 'HMAC-SHA-256', material, name: 'mac', extractable: true }
  t.match(await face.admin('POST', '/keys/import', { body }), {
    status: 201,
    json: { algorithm: 'HMAC-SHA-256' },
  })
  const { json } = await face.admin('POST', '/keys/mac/mac', { body: { data: base64('x') } })
  t.equal(Buffer.from(json.mac, 'base64').length, 32)
  t.match(await face.admin('POST', '/keys/mac/export'), { status: 200, json: { format: 'raw', material } })
  const random = await face.admin('POST', '/random', { body: { bytes: 33 } })
  t.equal(Buffer.from(random.json.bytes, 'base64').length, 33)
})

t.test('Names may hold anything, percent-encoded in paths', async (t) => {
  const face = await Face.open(t)
  for (const name of [
    'billing/2026 q1',
    'a%2Fb',
    'Schlüssel ✓',
    '?limit=1#x',
    'n'.repeat(255),
    '✓'.repeat(255),
  ]) {
    t.match(
      await face.admin('POST', '/keys', { body: { algorithm: 'AES', name } }),
      { status: 201 },
      name.slice(0, 20),
    )
    t.match(await face.admin('GET', `/keys/${encodeURIComponent(name)}`), { status: 200, json: { name } })
    const found = await face.admin('GET', `/keys?name=${encodeURIComponent(name)}`)
    t.match(found.json, { items: [{ name }], next: null })
  }
})

t.test('Lists come in pages', async (t) => {
  const face = await Face.open(t)
  for (let i = 0; i < 5; i++)
    await face.admin('POST', '/keys', { body: { algorithm: 'AES', name: `key ${i}` } })
  const names: string[] = []
  let after: string | null = null
  do {
    const cursor: string = after === null ? '' : `&after=${encodeURIComponent(after)}`
    const { json } = await face.admin('GET', `/keys?limit=2${cursor}`)
    names.push(...json.items.map(({ name }: { name: string }) => name))
    after = json.next
  } while (after !== null)
  t.same(names.sort(), ['key 0', 'key 1', 'key 2', 'key 3', 'key 4'])

  const first = await face.admin('GET', '/audit?limit=3')
  t.equal(first.json.records.length, 3)
  const second = await face.admin('GET', `/audit?limit=3&before=${first.json.cursor}`)
  t.ok(second.json.records[0].sequence < first.json.records[2].sequence)
})

t.test('Grants open a key to somebody, and close it again', async (t) => {
  const face = await Face.open(t)
  const bob = await face.tokenOf('bob')
  await face.admin('POST', '/keys', { body: { algorithm: 'AES', name: 'shared' } })
  const encrypt = () =>
    face.admin('POST', '/keys/shared/encrypt', { token: bob, body: { plaintext: base64('x') } })
  t.match(await encrypt(), { status: 404 })
  const body = { grantee: { principal: 'bob' }, permissions: ['Encrypt'] }
  t.match(await face.admin('POST', '/keys/shared/grants', { body }), {
    status: 200,
    json: { permissions: ['Encrypt'] },
  })
  t.match(await encrypt(), { status: 200 })
  t.match(
    await face.admin('POST', '/keys/shared/decrypt', { token: bob, body: { ciphertext: base64('x') } }),
    {
      status: 403,
      json: { details: { permission: 'Decrypt' } },
    },
  )
  t.match(await face.admin('GET', '/keys/shared/grants'), {
    json: { items: [{ name: 'bob', permissions: ['Encrypt'] }] },
  })
  t.match(
    await face.admin('POST', '/keys/shared/grants/withdraw', { body: { grantee: { principal: 'bob' } } }),
    {
      json: { permissions: [] },
    },
  )
  t.match(await encrypt(), { status: 404 })
})

t.test('Principals are registered, changed and disabled', async (t) => {
  const face = await Face.open(t)
  const body = { name: 'batch/job', kind: 'service', permissions: ['Create'] }
  t.match(await face.admin('POST', '/principals', { body }), {
    status: 201,
    json: { ...body, enabled: true, roles: [] },
  })
  t.match(await face.admin('POST', '/principals', { body }), {
    status: 409,
    json: { code: 'MORTISE_PRINCIPAL_EXISTS' },
  })
  const issued = await face.admin('POST', '/tokens', { body: { principal: 'batch/job', label: 'ci' } })
  t.match(issued, { status: 201, json: { label: 'ci', expires: null } })
  const token: string = issued.json.text
  t.match(await face.admin('GET', '/me', { token }), { json: { name: 'batch/job' } })
  t.notMatch(
    (await face.admin('GET', '/tokens?principal=batch%2Fjob')).text,
    token,
    'the text is answered once',
  )
  const path = `/principals/${encodeURIComponent('batch/job')}`
  t.match(await face.admin('PATCH', path, { body: { enabled: false } }), {
    status: 200,
    json: { enabled: false },
  })
  t.match(await face.admin('GET', '/me', { token }), { status: 401 })
  t.match(await face.admin('GET', path), { status: 200 })
  const page = await face.admin('GET', '/principals?limit=1')
  t.equal(page.json.principals.length, 1)
  t.type(page.json.next, 'string')
})

t.test('The audit trail knows who asked through which door, and verifies', async (t) => {
  const face = await Face.open(t)
  const headers = { 'x-request-id': 'order-17' }
  await face.admin('POST', '/keys', { body: { algorithm: 'AES', name: 'traced' }, headers })
  const { json } = await face.admin('GET', '/audit?operation=Create')
  t.match(json.records, [{ principalName: 'admin', face: 'admin', request: 'order-17', outcome: 'success' }])
  t.match(await face.admin('POST', '/audit/verify'), { status: 200, json: { problems: [] } })
})
