import { execFile } from 'node:child_process'
import { X509Certificate } from 'node:crypto'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import t, { type Test } from 'tap'
import { temporary } from '../80-server/house.js'
import { Ciphertrust } from './ciphertrust.js'
import type { Answer } from './face.js'

const openssl = (...args: readonly string[]) => promisify(execFile)('openssl', args)
const zero = '0001-01-01T00:00:00Z'
const date = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/
const names = [{ O: 'Example', OU: 'Keys' }, { OU: 'Lab' }, { C: 'US', L: 'Austin', ST: 'TX' }]
const day = 86_400_000

/** An authority that has signed itself. */
async function rootOf(ct: Ciphertrust, name: string, body: object = {}) {
  const { status, json, text } = await ct.post('/ca/local-cas/', { cn: name, name, ...body })
  if (status !== 201) throw new Error(text)
  await ct.post(`/ca/local-cas/${json.id}/self-sign`, { duration: 3650 })
  return (await ct.ask('GET', `/ca/local-cas/${json.id}`)).json
}

async function request(ct: Ciphertrust, body: object): Promise<{ csr: string; key: string }> {
  return (await ct.post('/ca/csr', body)).json
}

/** Whether openssl verifies a chain of certificates to a root. */
async function verifies(t: Test, root: string, ...chain: readonly string[]): Promise<boolean> {
  const folder = await temporary(t)
  const files = await Promise.all(
    [root, ...chain].map(async (pem, i) => {
      await writeFile(join(folder, `${i}.pem`), pem)
      return join(folder, `${i}.pem`)
    }),
  )
  const [anchor = '', leaf = '', ...between] = files
  return openssl(
    'verify',
    '-x509_strict',
    '-CAfile',
    anchor,
    ...between.flatMap((one) => ['-untrusted', one]),
    leaf,
  ).then(
    () => true,
    () => false,
  )
}

t.test('an authority is pending, and signs itself', async (t) => {
  const ct = await Ciphertrust.open(t)
  const made = await ct.post('/ca/local-cas/', {
    cn: 'Root',
    name: 'root',
    names,
    dnsNames: ['ca.example.org'],
  })
  t.equal(made.status, 201)
  const { id } = made.json
  t.match(made.json, {
    uri: `kylo:kylo:naboo:localca:${id}`,
    account: 'kylo:kylo:admin:accounts:kylo',
    createdAt: date,
    updatedAt: date,
    name: 'root',
    state: 'pending',
    csr: /^-----BEGIN CERTIFICATE REQUEST-----\n/,
    subject: '/C=US/ST=TX/L=Austin/O=Example/OU=Keys/OU=Lab/CN=Root',
    notBefore: zero,
    notAfter: zero,
    sha1Fingerprint: /^[0-9A-F]{40}$/,
    sha512Fingerprint: /^[0-9A-F]{128}$/,
  })
  for (const field of ['serialNumber', 'issuer', 'purpose', 'cert', 'parent'])
    t.notOk(field in made.json, `${field} is not there yet`)
  const patched = await ct.ask('PATCH', `/ca/local-cas/root?allow_client_authentication=True`)
  t.match(patched, { status: 200, json: { state: 'pending' } }, 'without a body, while it is pending')

  t.match(await ct.post('/ca/local-cas/root/self-sign', {}), { status: 400, json: { code: 9 } })
  const { status, json } = await ct.post('/ca/local-cas/root/self-sign', { duration: 365 })
  t.equal(status, 200)
  t.match(json, {
    id,
    state: 'active',
    issuer: made.json.subject,
    serialNumber: /^\d{20,49}$/,
    purpose: { client_authentication: 'Enabled', user_authentication: 'Disabled' },
    notBefore: date,
  })
  t.equal(Date.parse(json.notAfter) - Date.parse(json.notBefore), 366 * day, 'it begins a day earlier')
  t.not(json.sha256Fingerprint, made.json.sha256Fingerprint)
  const certificate = new X509Certificate(json.cert)
  t.ok(certificate.ca)
  t.equal(BigInt(`0x${certificate.serialNumber}`).toString(), json.serialNumber)
  t.equal(certificate.fingerprint256.replaceAll(':', ''), json.sha256Fingerprint)
  t.match(certificate.subjectAltName, /DNS:ca\.example\.org/)
  t.ok(await verifies(t, json.cert, json.cert))
  t.match(await ct.post('/ca/local-cas/root/self-sign', { duration: 365 }), {
    status: 409,
    json: { code: 17 },
  })
  t.match(await ct.post('/ca/local-cas', { cn: 'Other', name: 'root' }), { status: 409, json: { code: 17 } })

  for (const called of [id, 'root', json.uri, encodeURIComponent(json.uri)])
    t.equal((await ct.ask('GET', `/ca/local-cas/${called}`)).json.id, id, called)
  t.match(await ct.ask('GET', '/ca/local-cas/nobody'), {
    status: 404,
    json: { codeDesc: /^NCERRResourceNotFound/ },
  })
})

t.test('authorities without a name are called by their id', async (t) => {
  const ct = await Ciphertrust.open(t)
  const { json } = await ct.post('/ca/local-cas', { cn: 'A', algorithm: 'RSA', size: 2048 })
  t.equal(json.name, `localca-${json.id}`)
  t.equal((await ct.ask('GET', `/ca/local-cas/${json.name}`)).json.id, json.id)
  const copy = await ct.post('/ca/local-cas', { cn: 'B', copy_from_ca: json.name })
  t.match(copy, { status: 201, json: { subject: '/CN=B' } })
  t.equal((await ct.admin('GET', `/ca/authorities/${copy.json.id}`)).json.key.algorithm, 'RSA')
  for (const body of [
    {},
    { cn: '' },
    { cn: 'x', algorithm: 'DSA' },
    { cn: 'x', size: 1000 },
    { cn: 'x', algorithm: 'RSA', size: 1000 },
    { cn: 'x', names: [{ X: 'y' }] },
    { cn: 'x', ipAddresses: ['300.1.1.1'] },
    { cn: 'x', dnsNames: ['bad name'] },
  ])
    t.match(await ct.post('/ca/local-cas', body), { status: 400 }, JSON.stringify(body))
  const weak = { cn: 'x', algorithm: 'RSA', size: 1024 }
  t.match(await ct.post('/ca/local-cas', weak), { status: 403 }, 'what the policy has not approved')
})

t.test('lists', async (t) => {
  const ct = await Ciphertrust.open(t)
  await ct.post('/ca/local-cas', { cn: 'pending', name: 'pending' })
  const root = await rootOf(ct, 'root', { names })
  const list = async (query: string) => {
    const { status, json } = await ct.ask('GET', `/ca/local-cas/?${query}`)
    t.equal(status, 200, query)
    return json.resources.map(({ name }: { name: string }) => name)
  }
  t.strictSame(await list('skip=0&limit=50'), ['pending', 'root'])
  t.strictSame(await list('skip=1&limit=50'), ['root'])
  t.strictSame(await list('state=pending'), ['pending'])
  t.strictSame(await list('state=active'), ['root'])
  t.strictSame(await list('state=expired'), [])
  t.strictSame(await list(`subject=${encodeURIComponent(root.subject)}`), ['root'])
  t.strictSame(await list(`subject=${encodeURIComponent('CN=pending')}`), ['pending'])
  t.strictSame(await list(`issuer=${encodeURIComponent(root.issuer)}`), ['root'])
  t.strictSame(await list(`cert=${encodeURIComponent(root.cert)}`), ['root'])
  t.match(await ct.ask('GET', '/ca/local-cas?skip=50'), {
    json: { skip: 50, limit: 10, total: 2, resources: [] },
  })
  t.match(await ct.ask('GET', '/ca/local-cas?cert=x'), { status: 400 })
})

t.test('certificates are issued, held, resumed, revoked and deleted', async (t) => {
  const ct = await Ciphertrust.open(t)
  const root = await rootOf(ct, 'root', { names })
  const certs = `/ca/local-cas/root/certs`
  const { csr } = await request(ct, { cn: 'www.example.org', algorithm: 'ECDSA', size: 256, names })
  const crlf = csr.trimEnd().replaceAll('\n', '\r\n')
  const issued = await ct.post(certs, { csr: crlf, purpose: 'server', duration: 30, name: 'www' })
  t.equal(issued.status, 201, issued.text)
  const { id, cert } = issued.json
  t.match(issued.json, {
    uri: `kylo:kylo:naboo:certs:${id}`,
    ca: root.uri,
    name: 'www',
    state: 'active',
    revoked_at: zero,
    subject: '/C=US/ST=TX/L=Austin/O=Example/OU=Keys/OU=Lab/CN=www.example.org',
    issuer: root.subject,
    serialNumber: /^\d{20,49}$/,
  })
  t.notOk('revoked_reason' in issued.json)
  t.ok(await verifies(t, root.cert, cert))
  t.match(new X509Certificate(cert).subjectAltName, /DNS:www\.example\.org/, 'its common name is its name')

  const literal = csr.replaceAll('\n', '\\n')
  const client = await ct.post(certs, { csr: literal, purpose: 'client' })
  t.match(client, { status: 201, json: { name: `cert-${client.json.id}` } })
  const long = await ct.post(certs, { csr, purpose: 'ca', notAfter: '2035-01-01T00:00:00.000000Z' })
  t.match(long, { status: 201, json: { notAfter: '2035-01-01T00:00:00.000Z' } })

  const list = async (query = '') => (await ct.ask('GET', `${certs}?${query}`)).json
  t.match(await list('skip=0&limit=50'), { total: 3, resources: { length: 3 } })
  t.match(await list(`id=${issued.json.uri}`), { total: 1, resources: [{ id }] })
  t.match(await list(`id=${id}`), { total: 1, resources: [{ id }] })
  t.match(await list(`id=00000000-0000-4000-8000-000000000000`), { total: 0, resources: [] })
  t.match(await list(`cert=${encodeURIComponent(cert)}`), { total: 1, resources: [{ id }] })
  t.match(await list(`subject=${encodeURIComponent(issued.json.subject)}`), { total: 3 })
  t.match(await list(`issuer=${encodeURIComponent(root.subject)}`), { total: 3 })
  t.match(await list(`issuer=${encodeURIComponent('/CN=other')}`), { total: 0 })

  const asked = async (message: string) =>
    (await ct.ask('GET', `/audit/records?message=${message}`)).json.total
  const before = await asked('GetAuthority')
  t.match(await ct.ask('GET', `${certs}/${id}`), { json: { id, issuer: root.subject } })
  t.equal(await asked('GetAuthority'), before, 'the authority is not asked for besides')

  const of = (path: string, body?: object): Promise<Answer> => ct.post(`${certs}/${id}/${path}`, body)
  t.match(await of('resume'), { status: 409 })
  t.match(await of('revoke', { reason: 'removeFromCRL' }), { status: 409 })
  for (const reason of ['KeyCompromise', '', null]) t.match(await of('revoke', { reason }), { status: 400 })
  t.match(await of('revoke', { reason: 'certificateHold' }), {
    status: 200,
    json: { state: 'revoked', revoked_reason: 'certificateHold', revoked_at: date },
  })
  const resumed = await of('resume')
  t.match(resumed, { status: 200, json: { state: 'active', revoked_at: zero } })
  t.notOk('revoked_reason' in resumed.json)
  t.match(await of('revoke', { reason: 'keyCompromise' }), {
    status: 200,
    json: { revoked_reason: 'keyCompromise' },
  })
  t.match(await of('revoke', { reason: 'superseded' }), { status: 409 })
  t.match(await of('resume'), { status: 409 })
  t.match(await ct.ask('DELETE', `${certs}/${id}`), { status: 204, text: '' })
  t.match(await list(), { total: 2 })

  for (const body of [
    { csr, purpose: 'other' },
    { purpose: 'server' },
    { csr: 'x', purpose: 'server' },
    { csr: csr.replace(/[A-Z]{4}/, 'AAAA'), purpose: 'server' },
  ])
    t.match(await ct.post(certs, body), { status: 400 }, JSON.stringify(body).slice(0, 60))
  await ct.post('/ca/local-cas', { cn: 'late', name: 'late' })
  t.match(await ct.post('/ca/local-cas/late/certs', { csr, purpose: 'server' }), { status: 409 })
  t.match(await ct.ask('DELETE', '/ca/local-cas/root'), { status: 204, text: '' }, 'whatever it has issued')
  t.match(await ct.ask('GET', certs), { status: 404 })
})

t.test('an authority under another one', async (t) => {
  const ct = await Ciphertrust.open(t)
  const root = await rootOf(ct, 'root')
  const { json: below } = await ct.post('/ca/local-cas', { cn: 'below', name: 'below' })
  const { json: signed } = await ct.post('/ca/local-cas/root/certs', {
    csr: below.csr,
    purpose: 'ca',
    duration: 100,
  })
  const install = (body: object) => ct.post('/ca/local-cas/below/install', body)
  t.match(await install({ cert: signed.cert }), { status: 400 })
  t.match(await install({ cert: root.cert, parentId: 'root' }), { status: 400 }, 'it is of another key')
  const installed = await install({ cert: signed.cert, parentId: root.id })
  t.match(installed, { status: 200, json: { state: 'active', parent: root.uri, issuer: root.subject } })
  t.match(await install({ cert: signed.cert, parent_id: root.id }), { status: 409 })
  const chained = (await ct.ask('GET', '/ca/local-cas/below?chained=True')).json.cert
  t.equal(chained, signed.cert + root.cert)
  t.equal((await ct.ask('GET', '/ca/local-cas/below?chained=False')).json.cert, signed.cert)
  const { csr } = await request(ct, { cn: 'ann', emailAddresses: ['ann@example.org'] })
  const { json: leaf } = await ct.post('/ca/local-cas/below/certs', { csr, purpose: 'client', duration: 365 })
  t.equal(leaf.notAfter, installed.json.notAfter, 'no longer than the authority')
  t.ok(await verifies(t, root.cert, leaf.cert, signed.cert))
  t.notOk(await verifies(t, root.cert, leaf.cert))
  t.match(await ct.ask('DELETE', '/ca/local-cas/root'), { status: 204 })
  t.match(
    (await ct.ask('GET', '/ca/local-cas/below')).json,
    { state: 'active', parent: root.uri },
    'it stays',
  )
})

t.test('external authorities', async (t) => {
  const ct = await Ciphertrust.open(t)
  const { cert } = await rootOf(ct, 'elsewhere', { algorithm: 'RSA' })
  const upload = (body: object) => ct.post('/ca/external-cas/', body)
  const one = await upload({ cert, name: 'one' })
  t.equal(one.status, 201)
  t.match(one.json, {
    uri: `kylo:kylo:naboo:external_ca:${one.json.id}`,
    name: 'one',
    subject: '/CN=elsewhere',
    purpose: { client_authentication: 'Disabled', user_authentication: 'Disabled' },
  })
  t.notOk('state' in one.json)
  const again = await upload({ cert: cert.replaceAll('\n', '\\n') })
  t.match(again, { status: 201, json: { name: `externalca-${again.json.id}` } }, 'the same once more')
  t.match(await upload({ cert, name: 'one' }), { status: 409 })
  t.match(await upload({ cert: 'x' }), { status: 400 })
  const { csr } = await request(ct, { cn: 'ann' })
  const { json: leaf } = await ct.post('/ca/local-cas/elsewhere/certs', { csr, purpose: 'client' })
  t.match(await upload({ cert: leaf.cert }), { status: 400 }, 'it is of no authority')

  const set = await ct.ask('PATCH', '/ca/external-cas/one', { body: { allow_user_authentication: true } })
  t.match(set, {
    status: 200,
    json: { purpose: { user_authentication: 'Enabled', client_authentication: 'Disabled' } },
  })
  const list = async (query: string) => (await ct.ask('GET', `/ca/external-cas/?${query}`)).json.total
  t.equal(await list('skip=0&limit=50'), 2)
  t.equal(await list(`serialNumber=${one.json.serialNumber}`), 2)
  t.equal(await list('serialNumber=1'), 0)
  t.equal(await list(`subject=${encodeURIComponent('/CN=elsewhere')}`), 2)
  t.equal(await list(`cert=${encodeURIComponent(cert)}`), 2)
  for (const called of ['one', one.json.id, one.json.uri])
    t.equal((await ct.ask('GET', `/ca/external-cas/${called}`)).json.id, one.json.id)
  t.match(await ct.ask('GET', '/ca/external-cas/elsewhere'), { status: 404 }, 'a local one is none')
  t.match(await ct.ask('GET', '/ca/local-cas/one'), { status: 404 })

  const { json: below } = await ct.post('/ca/local-cas', { cn: 'below', name: 'below' })
  const { json: signed } = await ct.post('/ca/local-cas/elsewhere/certs', { csr: below.csr, purpose: 'ca' })
  t.match(await ct.post('/ca/local-cas/below/install', { cert: signed.cert, parentId: one.json.uri }), {
    status: 200,
    json: { parent: one.json.uri },
  })
  t.match(await ct.ask('DELETE', '/ca/external-cas/one'), { status: 204, text: '' })
  t.equal(await list(''), 1)
})

t.test('requests are made and kept nowhere', async (t) => {
  const ct = await Ciphertrust.open(t)
  const folder = await temporary(t)
  const own = await request(ct, {
    ...{ cn: 'www.example.org', algorithm: 'RSA', size: 2048, names, password: 'secret words' },
    ...{ dnsNames: ['www.example.org'], ipAddresses: ['192.0.2.1'], encryptionAlgo: 'AES128' },
  })
  await writeFile(join(folder, 'csr.pem'), own.csr)
  await writeFile(join(folder, 'key.pem'), own.key)
  const { stdout } = await openssl('req', '-in', join(folder, 'csr.pem'), '-noout', '-verify', '-text')
  t.match(stdout, /DNS:www\.example\.org, IP Address:192\.0\.2\.1/)
  t.match(own.key, /^-----BEGIN ENCRYPTED PRIVATE KEY-----/)
  const clear = join(folder, 'clear.pem')
  await openssl('pkey', '-in', join(folder, 'key.pem'), '-passin', 'pass:secret words', '-out', clear)
  const { stdout: pem } = await openssl('pkey', '-in', clear)
  const same = await request(ct, { cn: 'again', privateKeyBytes: pem })
  t.equal(same.key.replaceAll(/\s/g, ''), pem.replaceAll(/\s/g, ''), 'the key that was given')
  t.match(await ct.post('/ca/csr', { cn: 'x', privateKeyBytes: 'y' }), { status: 400 })
  t.match(await ct.admin('GET', '/keys'), { json: { items: [] } })
})

t.test('who may do it', async (t) => {
  const ct = await Ciphertrust.open(t)
  await rootOf(ct, 'root')
  await ct.user('ann')
  await ct.user('carl', ['CA Admins'])
  const [ann, carl] = [await ct.logIn('ann'), await ct.logIn('carl')]
  const { csr } = await request(ct, { cn: 'ann' })
  t.match(await ct.post('/ca/local-cas', { cn: 'x' }, { token: ann }), { status: 403 })
  t.match(await ct.post('/ca/local-cas/root/certs', { csr, purpose: 'client' }, { token: ann }), {
    status: 404,
  })
  t.match(await ct.ask('GET', '/ca/local-cas', { token: ann }), { json: { total: 0 } })
  const { json } = await ct.post('/ca/local-cas/root/certs', { csr, purpose: 'client' }, { token: carl })
  t.match(json, { state: 'active' })
  t.match(
    await ct.post(`/ca/local-cas/root/certs/${json.id}/revoke`, { reason: 'superseded' }, { token: carl }),
    {
      status: 200,
    },
  )
  t.match(await ct.ask('GET', '/ca/local-cas', { token: null }), { status: 401 })
  for (const flag of ['allow_client_authentication', 'allow_user_authentication']) {
    const allow = (value: string) => ct.ask('PATCH', `/ca/local-cas/root?${flag}=${value}`, { token: carl })
    t.match(await allow('True'), { status: 403, json: { code: 5 } }, 'it could issue itself anybody')
    t.match(await allow('False'), { status: 200 })
  }
})

t.test('the list of what is revoked', async (t) => {
  const ct = await Ciphertrust.open(t)
  const root = await rootOf(ct, 'root')
  const { csr } = await request(ct, { cn: 'ann' })
  const { json } = await ct.post('/ca/local-cas/root/certs', { csr, purpose: 'client' })
  await ct.post(`/ca/local-cas/root/certs/${json.id}/revoke`, { reason: 'keyCompromise' })
  await ct.admin('POST', `/ca/authorities/${root.id}/crl`)
  const folder = await temporary(t)
  const response = await ct.face.app.inject({
    url: '/api/v1/ca/local-cas/root/crl',
    headers: { authorization: `Bearer ${await ct.logIn('admin')}` },
  })
  t.equal(response.headers['content-type'], 'application/pkix-crl')
  await writeFile(join(folder, 'crl.der'), response.rawPayload)
  await writeFile(join(folder, 'root.pem'), root.cert)
  const { stdout, stderr } = await openssl(
    ...['crl', '-inform', 'der', '-in', join(folder, 'crl.der'), '-noout', '-text'],
    ...['-CAfile', join(folder, 'root.pem')],
  )
  t.match(stderr, /verify OK/)
  t.match(stdout.replaceAll(/\s+/g, ' '), /Key Compromise/)
})
