import { createSecureContext } from 'node:tls'
import t from 'tap'
import { Face } from './face.js'

const ca = '/ca/authorities'

t.test('An authority is made, issues, revokes and makes a CRL over HTTP', async (t) => {
  const face = await Face.open(t)
  const made = await face.admin('POST', ca, { body: { name: 'root', subject: 'CN=Root,O=Example' } })
  t.match(made, { status: 201, json: { state: 'pending', request: /BEGIN CERTIFICATE REQUEST/ } })
  t.match(await face.admin('POST', ca, { body: { name: 'root', subject: 'CN=x' } }), { status: 409 })
  t.match(await face.admin('POST', ca, { body: { subject: 'CN=x', purpose: 'x' } }), { status: 400 })
  const root = await face.admin('POST', `${ca}/root/self-sign`)
  t.match(root, { status: 200, json: { state: 'active', certificate: /BEGIN CERTIFICATE/, chain: [] } })
  t.match(await face.admin('POST', `${ca}/root/self-sign`), { status: 409 })
  t.match(await face.admin('PATCH', `${ca}/root`, { body: { settings: { crlDays: 3 } } }), {
    json: { settings: { crlDays: 3, crlUrls: [] } },
  })

  const names = { dns: ['www.example.org'] }
  const subject = 'CN=www.example.org'
  const asked = await face.admin('POST', '/ca/requests', { body: { subject, names, password: 'a password' } })
  t.match(asked, { status: 201, json: { privateKey: /BEGIN ENCRYPTED PRIVATE KEY/ } })
  const prepare = { profile: 'server', request: asked.json.request, name: 'www' }
  await face.admin('POST', '/principals', { body: { name: 'olga', roles: ['ca-officer'] } })
  const { json: login } = await face.admin('POST', '/tokens', { body: { principal: 'olga' } })
  const as = { token: login.text as string }
  const path = `/admin/v1${ca}/root/certificates`
  const prepared = await face.ask('POST', `${path}/prepare`, { ...as, body: prepare })
  t.match(prepared, { status: 200, json: { subject, warnings: [], ignored: [] } })
  const issued = await face.ask('POST', path, { ...as, body: { token: prepared.json.token } })
  t.match(issued, { status: 201, json: { id: prepared.json.id, state: 'active', name: 'www', reason: null } })
  t.match(await face.ask('POST', path, { ...as, body: { token: prepared.json.token } }), {
    status: 403,
    json: { code: 'MORTISE_CERTIFICATE_TOKEN' },
  })
  const atOnce = await face.ask('POST', path, { ...as, body: { ...prepare, name: 'at once' } })
  t.match(atOnce, { status: 201, json: { subject, state: 'active', name: 'at once' } })
  t.match(await face.ask('POST', path, { ...as, body: { ...prepare, token: prepared.json.token } }), {
    status: 400,
  })
  t.match(await face.admin('DELETE', `${ca}/root/certificates/${atOnce.json.id}`), { status: 204 })
  const wanted = { profile: 'server', subject, names, key: { password: 'a password' } }
  const pair = await face.ask('POST', `${path}/pair`, { ...as, body: wanted })
  t.match(pair, {
    status: 201,
    json: { certificate: { subject, state: 'active' }, chain: [root.json.certificate] },
  })
  t.ok(
    createSecureContext({ pfx: Buffer.from(pair.json.key as string, 'base64'), passphrase: 'a password' }),
    'PKCS#12 that Node reads',
  )
  t.match(await face.ask('POST', `${path}/pair`, { ...as, body: { ...wanted, key: {} } }), { status: 400 })
  t.match(
    await face.ask('POST', `${path}/${pair.json.certificate.id}/revoke`, {
      ...as,
      body: { reason: 'superseded' },
    }),
    { status: 200 },
  )
  const { id, serial } = issued.json
  t.match(await face.admin('GET', `${ca}/root/certificates?state=active&limit=5`), {
    json: { total: 1, certificates: [{ id, fingerprints: { sha256: /^[0-9a-f]{64}$/ } }] },
  })
  t.match(await face.admin('GET', `/ca/certificates?serial=${serial}`), { json: { total: 1 } })
  t.match(await face.admin('GET', '/ca/certificates'), { status: 400 })
  const one = `${ca}/root/certificates/${id}`
  t.match(await face.admin('POST', `${one}/revoke`, { body: { reason: 'nonsense' } }), { status: 400 })
  t.match(await face.admin('POST', `${one}/revoke`, { body: { reason: 'certificateHold' } }), {
    status: 200,
    json: { state: 'held', reason: 'certificateHold', revoked: /^\d{4}-/ },
  })
  t.match(await face.admin('POST', `${one}/resume`), { status: 200, json: { state: 'active', reason: null } })
  t.match(await face.admin('POST', `${one}/resume`), { status: 409 })
  t.match(await face.admin('POST', `${one}/revoke`, { body: { reason: 'superseded' } }), { status: 200 })
  const crl = await face.admin('POST', `${ca}/root/crl`)
  t.match(crl, { status: 201, json: { entries: 2 } })
  const { number } = crl.json
  t.same((await face.admin('GET', `${ca}/root/crl?number=${number}`)).json, crl.json)
  t.match(await face.admin('GET', `${ca}/root/crl?number=99`), { status: 409 })
  t.match(await face.admin('DELETE', one), { status: 204 })
  t.match(await face.admin('GET', one), { status: 404, json: { code: 'MORTISE_CERTIFICATE_NOT_FOUND' } })

  const registered = { name: 'elsewhere', certificate: root.json.certificate, parent: 'root' }
  t.match(await face.admin('POST', `${ca}/register`, { body: registered }), {
    status: 201,
    json: { kind: 'external', parent: root.json.id },
  })
  t.match(await face.admin('GET', `${ca}?kind=external`), { json: { total: 1 } })
  const profile = { keyUsage: ['digitalSignature'], days: 3, maximumDays: 9 }
  t.match(await face.admin('PUT', '/ca/profiles/mine', { body: profile }), {
    status: 200,
    json: { ...profile, origin: 'store', dnsSuffixes: null },
  })
  t.match(await face.admin('PUT', '/ca/profiles/mine', { body: { lifetime: 3 } }), { status: 400 })
  t.equal((await face.admin('GET', '/ca/profiles')).json.profiles.length, 6)
  t.match(await face.admin('DELETE', '/ca/profiles/mine'), { status: 204 })
  t.match(await face.admin('DELETE', `${ca}/root`), { status: 204 })
  t.match(await face.admin('GET', `${ca}/root`), { status: 404 })
})
