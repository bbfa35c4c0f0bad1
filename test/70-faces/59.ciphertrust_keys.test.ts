/** Keys and cryptography by CipherTrust's API, over the same keys and grants as every other face. */
import { createDecipheriv, createHmac, createPublicKey, randomBytes, verify } from 'node:crypto'
import t from 'tap'
import { Ciphertrust, PythonClient, withPython } from './ciphertrust.js'

const keys = '/vault/keys2'
const text = Buffer.from('attack at dawn')
const plaintext = text.toString('base64')
const octets = { headers: { 'content-type': 'application/octet-stream' } }

t.test('A key is made, seen, changed, rotated and destroyed', async (t) => {
  const ct = await Ciphertrust.open(t)
  await ct.user('ann', ['Key Users'])
  const token = await ct.logIn('ann')
  const as = { token }
  const made = await ct.post(
    `${keys}/`,
    {
      ...{ name: 'Invoices', algorithm: 'aes', size: 256, usageMask: 12, assignSelfAsOwner: true },
      ...{ labels: { team: 'billing' }, aliases: [{ alias: 'inv', type: 'string' }], unexportable: 'True' },
    },
    as,
  )
  t.match(made, {
    status: 201,
    json: {
      ...{ name: 'Invoices', version: 0, algorithm: 'AES', size: 256, usageMask: 12, state: 'Active' },
      ...{ objectType: 'Symmetric Key', unexportable: true, undeletable: false, labels: { team: 'billing' } },
      aliases: [{ alias: 'inv', type: 'string', index: 0 }],
      createdAt: /^\d{4}-\d\d-\d\dT[\d:]+\.\d{3}Z$/,
      meta: { ownerId: /^local\|/ },
      account: 'kylo:kylo:admin:accounts:kylo',
    },
  })
  t.notMatch(made.text, /null|material|codeDesc/)
  const { id, uri } = made.json
  for (const [path, called] of [
    [id, ''],
    ['Invoices', '?type=name'],
    ['inv', '?type=alias'],
    [encodeURIComponent(uri), '?type=uri'],
    ['Invoices', '?version=0'],
    ['Invoices/', '?version=-1'],
  ])
    t.match(
      await ct.ask('GET', `${keys}/${path}${called}`, as),
      { status: 200, json: { id } },
      `${path}${called}`,
    )
  for (const path of ['nobody', 'nobody?type=alias', 'Invoices?version=7', 'kylo:kylo:vault:keys:x-v0'])
    t.match(await ct.ask('GET', `${keys}/${path}`, as), {
      status: 404,
      json: { codeDesc: /^NCERRResourceNotFound/ },
    })
  t.match(await ct.post(keys, { name: 'Invoices' }, as), {
    status: 409,
    json: { codeDesc: /NCERRConflict.*NCERRKeyAlreadyExists/ },
  })

  const patched = await ct.ask('PATCH', `${keys}/Invoices`, {
    ...as,
    body: {
      ...{ labels: { team: null, tier: 'gold' }, description: 'of customers' },
      ...{ aliases: [{ alias: 'urn:inv', type: 'uri' }], deactivationDate: '2040-01-01T00:00:00.000000Z' },
    },
  })
  t.match(patched, {
    status: 200,
    json: { description: 'of customers', deactivationDate: '2040-01-01T00:00:00.000Z' },
  })
  t.strictSame(patched.json.labels, { tier: 'gold' })
  t.strictSame(patched.json.aliases, [{ alias: 'urn:inv', type: 'uri', index: 0 }])
  t.match(await ct.ask('PATCH', `${keys}/${id}`, { ...as, body: { unexportable: false } }), { status: 400 })

  const rotated = await ct.post(`${keys}/Invoices/versions/`, undefined, as)
  t.match(rotated, { status: 201, json: { name: 'Invoices', version: 1, muid: made.json.muid } })
  t.match(await ct.ask('GET', `${keys}/Invoices/versions?skip=1&limit=1`, as), {
    json: { skip: 1, limit: 1, total: 2, resources: [{ id: rotated.json.id }] },
  })
  t.match(await ct.ask('GET', `${keys}/Invoices?version=0`, as), { json: { id } })
  t.match(await ct.ask('GET', `${keys}/?name=Invoices`, as), {
    json: { total: 1, resources: [{ version: 1 }] },
  })

  t.match(await ct.post(`${keys}/Invoices/archive`, undefined, as), {
    status: 200,
    json: { archiveDate: /^\d/ },
  })
  t.match(await ct.post(`${keys}/Invoices/recover`, undefined, as), { status: 200 })
  t.match(await ct.post(`${keys}/Invoices/destroy`, undefined, as), { status: 409 }, 'it is Active')
  const revoked = await ct.post(`${keys}/Invoices/revoke`, { reason: 'Superseded', message: 'old' }, as)
  t.match(revoked, { status: 200, json: { state: 'Deactivated', revocationReason: 'Superseded' } })
  t.match(await ct.post(`${keys}/${rotated.json.id}/destroy`, undefined, as), {
    status: 200,
    json: { state: 'Destroyed' },
  })
  t.match(await ct.ask('DELETE', `${keys}/${id}`, as), { status: 204, text: '' }, 'an Active one')
  t.match(await ct.ask('DELETE', `${keys}/${id}`, as), { status: 404 })
  t.match(await ct.ask('GET', `${keys}/?skip=0&limit=50`, as), {
    status: 200,
    json: { total: 0, resources: [] },
  })
  for (const body of [
    { algorithm: 'seed' },
    { usageMask: 1 << 30 },
    { undeletable: true },
    { meta: { ownerId: 'local|somebody' } },
    { curveid: 'x', algorithm: 'ec' },
    { material: 'zz' },
    { colour: 'red' },
    { size: 77 },
  ])
    t.match(await ct.post(keys, body, as), { status: 400, json: { code: 9 } }, JSON.stringify(body))
})

t.test('Lists tell how many there are, page by page, and find what is asked for', async (t) => {
  const ct = await Ciphertrust.open(t)
  await ct.user('ann', ['Key Users'])
  const as = { token: await ct.logIn('ann') }
  for (let i = 0; i < 7; i++)
    await ct.post(
      keys,
      { name: `k${i}`, ...(i > 4 && { algorithm: 'hmac-sha256', state: 'Pre-Active' }) },
      as,
    )
  const names = async (query: string) => {
    const { json } = await ct.ask('GET', `${keys}?${query}`, as)
    return [json.total, ...json.resources.map(({ name }: { name: string }) => name)]
  }
  t.strictSame(await names('skip=2&limit=2'), [7, 'k2', 'k3'])
  t.strictSame(await names('skip=6&limit=2000'), [7, 'k6'])
  t.strictSame(await names('skip=70&limit=5'), [7])
  t.strictSame(await names('algorithm=HMAC-SHA256&limit=1'), [2, 'k5'])
  t.strictSame(await names('state=Pre-Active'), [2, 'k5', 'k6'])
  t.strictSame(await names('size=256&objectType=Symmetric%20Key&name=k1'), [1, 'k1'])
  t.strictSame(await names('id=nobody'), [0])
  t.match(await ct.ask('GET', `${keys}?skip=-50&limit=50`, as), { status: 400 })
  await ct.user('eve', ['Key Users'])
  const other = await ct.ask('GET', keys, { token: await ct.logIn('eve') })
  t.match(other.json, { total: 0, limit: 10 }, 'others see none of them')
})

t.test('Material comes in and goes out where it may', async (t) => {
  const ct = await Ciphertrust.open(t)
  await ct.user('ann', ['Key Users'])
  const as = { token: await ct.logIn('ann') }
  const material = randomBytes(32)
  const given = { name: 'in', material: material.toString('hex'), usageMask: 76 }
  t.match(await ct.post(keys, given, as), {
    status: 201,
    json: { unexportable: false, usageMask: 76, size: 256 },
  })
  const out = await ct.post(`${keys}/in/export`, undefined, as)
  t.match(out, { status: 200, json: { name: 'in', material: material.toString('hex') } })
  t.match(await ct.post(`${keys}/in/export`, { encoding: 'base64' }, as), {
    json: { material: material.toString('base64') },
  })
  await ct.ask('PATCH', `${keys}/in`, { ...as, body: { unexportable: true } })
  t.match(await ct.post(`${keys}/in/export`, undefined, as), { status: 403 })
  const pair = { name: 'pair', algorithm: 'ec', curveid: 'secp384r1', unexportable: false }
  t.match(await ct.post(keys, pair, as), {
    status: 201,
    json: { objectType: 'Private Key', curveid: 'secp384r1', algorithm: 'EC', size: 384, publicKey: /-/ },
  })
  const exported = await ct.post(`${keys}/pair/export`, undefined, as)
  t.match(exported.json.material, /^-----BEGIN PRIVATE KEY-----/)
  const again = { name: 'again', algorithm: 'ec', material: exported.json.material }
  t.match(await ct.post(keys, again, as), { status: 201, json: { objectType: 'Private Key' } })
  const removed = await ct.ask('DELETE', `${keys}/pair`, as)
  t.equal(removed.status, 204)
  t.match(
    await ct.ask('GET', `${keys}?objectType=Public%20Key`, as),
    { json: { total: 0 } },
    'with its public key',
  )
})

t.test('What encrypt answers decrypt takes back, and others read it', async (t) => {
  const ct = await Ciphertrust.open(t)
  await ct.user('ann', ['Key Users'])
  const as = { token: await ct.logIn('ann') }
  const material = randomBytes(32)
  await ct.post(keys, { name: 'aes', material: material.toString('base64'), encoding: 'base64' }, as)
  const aad = Buffer.from('context').toString('base64')
  const sealed = await ct.post('/crypto/encrypt', { id: 'aes', type: 'name', plaintext, aad }, as)
  t.match(sealed, { status: 200, json: { version: 0, mode: 'gcm', iv: /=$|\w$/, tag: /=$/ } })
  const opener = createDecipheriv('aes-256-gcm', material, Buffer.from(sealed.json.iv, 'base64'))
  opener.setAAD(Buffer.from('context')).setAuthTag(Buffer.from(sealed.json.tag, 'base64'))
  t.same(Buffer.concat([opener.update(sealed.json.ciphertext, 'base64'), opener.final()]), text)
  await ct.post(`${keys}/aes/versions`, undefined, as)
  t.match(await ct.post('/crypto/decrypt', { ...sealed.json, aad }, as), { status: 200, json: { plaintext } })
  const byName = { ...sealed.json, aad, id: 'aes', type: 'name' }
  t.match(await ct.post('/crypto/decrypt', byName, as), { json: { plaintext } }, 'by its name and version')
  const failed = { status: 400, json: { code: 106, codeDesc: /^NCERRCryptoOperationFailed/ } }
  t.match(await ct.post('/crypto/decrypt', sealed.json, as), failed, 'without its aad')
  t.match(await ct.post('/crypto/decrypt', { ...byName, version: 1 }, as), failed, 'by another version')
  for (const mode of ['cbc', 'CTR', 'gcm']) {
    const answer = await ct.post('/crypto/encrypt', { id: 'aes', plaintext, mode }, as)
    t.match(answer, { status: 200, json: { version: 1, mode: mode.toLowerCase() } })
    t.match(await ct.post('/crypto/decrypt', answer.json, as), { json: { plaintext } }, mode)
  }
  for (const body of [{ mode: 'xts' }, { pad: 'iso' }, { plaintext: '?' }, { tag_len: 3 }])
    t.match(await ct.post('/crypto/encrypt', { id: 'aes', plaintext, ...body }, as), { status: 400 })

  await ct.post(keys, { name: 'rsa', algorithm: 'rsa', size: 2048, usageMask: 15 }, as)
  const wrapped = await ct.post('/crypto/encrypt', { id: 'rsa', plaintext }, as)
  t.match(wrapped, { status: 200, json: { pad: 'oaep', version: 0 } })
  t.match(await ct.post('/crypto/decrypt', wrapped.json, as), { status: 200, json: { plaintext } })
  t.match(await ct.post('/crypto/encrypt', { id: 'rsa', plaintext, pad: 'pkcs1' }, as), { status: 400 })

  t.match(await ct.post('/vault/random', { length: 0 }, as), { status: 400 })
  t.match(await ct.ask('GET', '/vault/random?length=16', as), {
    status: 200,
    json: { bytes: /^[\w+/]{22}==$/ },
  })
  t.match(await ct.post('/vault/random', undefined, as), { status: 200, json: { bytes: /^[\w+/]{43}=$/ } })
})

t.test('Data that is the body is signed and verified, and MACs are made', async (t) => {
  const ct = await Ciphertrust.open(t)
  await ct.user('ann', ['Key Users'])
  const raw = { token: await ct.logIn('ann'), ...octets, body: text.toString() }
  const as = { token: raw.token }
  for (const [body, query, scheme] of [
    [{ algorithm: 'rsa', size: 2048 }, 'hashAlgo=SHA-512', { hash: 'sha512', padding: 1 }],
    [{ algorithm: 'rsa', size: 2048 }, 'signAlgo=RSASSA-PSS', { hash: 'sha256', padding: 6 }],
    [{ algorithm: 'ec' }, 'hashAlgo=sha256', { hash: 'sha256' }],
  ] as const) {
    const { json } = await ct.post(keys, body, as)
    const signed = await ct.ask('POST', `/crypto/sign?keyName=${json.id}&${query}`, raw)
    t.match(signed, { status: 200, json: { data: /^[0-9a-f]+$/ } })
    const spki = (await ct.post(`${keys}/${json.publicKey}/export`, undefined, as)).json.material
    const { hash, ...padding } = scheme
    const key = { key: createPublicKey(spki), ...padding }
    t.ok(verify(hash, text, key, Buffer.from(signed.json.data, 'hex')), 'others verify it')
    const check = `/crypto/signv?keyName=${json.id}&${query}&signature=${signed.json.data}`
    t.match(await ct.ask('POST', check, raw), { status: 200, json: { verified: true } })
    t.match(await ct.ask('POST', check, { ...raw, body: 'another' }), { json: { verified: false } })
  }
  const material = randomBytes(32)
  await ct.post(keys, { name: 'mac', algorithm: 'hmac-sha256', material: material.toString('hex') }, as)
  const mac = createHmac('sha256', material).update(text).digest('hex')
  t.match(await ct.ask('POST', '/crypto/mac?keyName=mac', raw), { status: 200, json: { data: mac } })
  t.match(await ct.ask('POST', `/crypto/macv?keyName=mac&hash=${mac}`, raw), { json: { verified: true } })
  t.match(await ct.ask('POST', `/crypto/macv?keyName=mac&hash=00`, raw), { json: { verified: false } })
  t.match(await ct.ask('POST', `/crypto/macv?keyName=mac&hash=0`, raw), { status: 400 })
})

t.test('What meta says of groups are the grants of every face', async (t) => {
  const ct = await Ciphertrust.open(t)
  await ct.user('ann', ['Key Users'])
  await ct.user('bob', ['Key Users'])
  for (const name of ['readers', 'writers']) await ct.post('/usermgmt/groups', { name })
  const bob = (await ct.ask('GET', '/usermgmt/users?username=bob')).json.resources[0].user_id
  await ct.post(`/usermgmt/groups/readers/users/${bob}`)
  const [ann, other] = [{ token: await ct.logIn('ann') }, { token: await ct.logIn('bob') }]
  const meta = {
    permissions: { UseKey: ['readers'], DecryptWithKey: ['readers'], EncryptWithKey: ['writers'] },
  }
  t.match(await ct.post(keys, { name: 'shared', meta }, ann), { status: 201, json: { meta } })
  t.match(await ct.admin('GET', '/keys/shared/grants', ann), {
    json: { items: [{ granteeKind: 'group' }, { granteeKind: 'group' }] },
  })
  const sealed = await ct.post('/crypto/encrypt', { id: 'shared', plaintext }, ann)
  t.match(await ct.post('/crypto/decrypt', sealed.json, other), { status: 200, json: { plaintext } })
  t.match(await ct.post('/crypto/encrypt', { id: 'shared', plaintext }, other), { status: 403 })
  t.match(await ct.ask('PATCH', `${keys}/shared`, { ...other, body: { description: 'x' } }), { status: 403 })
  const changed = await ct.ask('PATCH', `${keys}/shared`, {
    ...ann,
    body: { meta: { permissions: { EncryptWithKey: ['readers'] } } },
  })
  t.strictSame(changed.json.meta.permissions, { EncryptWithKey: ['readers'] })
  t.match(await ct.post('/crypto/decrypt', sealed.json, other), { status: /403|404/ })
  const nobody = { name: 'none', meta: { permissions: { ReadKey: ['strangers'] } } }
  t.match(await ct.post(keys, nobody, ann), { status: 404 })
  t.match(await ct.ask('GET', `${keys}?name=none`, ann), { json: { total: 0 } }, 'nor is there a key then')
})

t.test('The same from Python', withPython, async (t) => {
  const ct = await Ciphertrust.open(t)
  await ct.user('ann', ['Key Users'])
  const client = await PythonClient.start(t, ct)
  const request = async (method: string, path: string, more: object = {}) => {
    const { result, error } = await client.run('request', { method, path, ...more }, { username: 'ann' })
    if (error !== undefined) throw new Error(error)
    return result
  }
  const labels = { created_by: 'a script' }
  const body = { name: 'db', usageMask: 15, algorithm: 'aes', size: 256, assignSelfAsOwner: true, labels }
  t.match(await request('POST', `${keys}/`, { body }), { name: 'db', labels })
  t.match(await request('GET', `${keys}/db`), { state: 'Active', labels })
  t.match(await request('GET', keys, { params: { name: 'db' } }), { total: 1, resources: [{ name: 'db' }] })
  const sealed = await request('POST', '/crypto/encrypt', { body: { type: 'name', id: 'db', plaintext } })
  t.match(await request('POST', '/crypto/decrypt', { body: sealed }), { plaintext })
  t.match(await request('POST', `${keys}/db/versions`), { version: 1 })
  await request('POST', keys, { body: { name: 'mac', algorithm: 'hmac-sha256' } })
  const { data } = await request('POST', '/crypto/mac', { params: { keyName: 'mac' }, data: 'text' })
  const check = { params: { keyName: 'mac', hash: data }, data: 'text' }
  t.match(await request('POST', '/crypto/macv', check), { verified: true })
  t.equal(await request('DELETE', `${keys}/db`), null)
  t.match(await client.run('request', { method: 'GET', path: `${keys}/db` }, { username: 'ann' }), {
    error: /\[404\].*NCERRResourceNotFound/s,
  })
})
