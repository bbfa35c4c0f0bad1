/** Whom the authorities that are here let in over TLS, by their flags and by what they have revoked. */
import { once } from 'node:events'
import { connect, type TLSSocket } from 'node:tls'
import t, { type Test } from 'tap'
import type { AuthorityInfo, CertificateInfo, Session } from '../../lib/index.js'
import { KeyHouse } from '../support/key_house.js'
import { TlsServer } from '../support/tls_clients.js'

interface Party {
  readonly info: CertificateInfo
  readonly cert: string
  readonly key: string
}

async function rootOf(admin: Session, name: string): Promise<AuthorityInfo> {
  const { id } = await admin.createAuthority({ name, subject: `CN=${name},O=Example` })
  return admin.selfSign(id)
}

/** A certificate for a client, and its key. */
async function issue(admin: Session, authority: AuthorityInfo, cn: string): Promise<Party> {
  const subject = `CN=${cn},O=Example`
  const { request, privateKey } = await admin.createCertificateRequest({ subject })
  const info = await admin.certify(authority.id, { profile: 'client', request })
  return { info, cert: [info.certificate, authority.certificate].join(''), key: privateKey }
}

async function inhabited(t: Test) {
  const house = await KeyHouse.build(t, { scheduler: false })
  const admin = await house.administrator()
  const { id } = await admin.createPrincipal({ name: 'ann', certificateSubject: 'CN=ann,O=Example' })
  const root = await rootOf(admin, 'root')
  const ann = await issue(admin, root, 'ann')
  const server = await TlsServer.start(t, house.km)
  const trust = (clients: boolean, users = false) =>
    admin.setAuthority(root.id, { trust: { clients, users } })
  return { house, admin, id, root, ann, server, trust, as: (party: Party) => server.client(t, party) }
}

t.test('nobody, until a flag says so, and nobody when it is taken back', async (t) => {
  const { as, ann, trust, admin, id } = await inhabited(t)
  const one = as(ann)
  t.equal(await one.who(), 401)
  await trust(true)
  t.equal(await one.who(), 'ann', 'over the same connection')
  t.match((await admin.audit({ operation: 'Authenticate', outcome: 'success', limit: 1 })).records, [
    { principal: id, detail: { identity: 'authorities|CN=ann,O=example' } },
  ])
  await trust(false, true)
  // A connection whose certificate is good for nothing any more is closed before long.
  t.equal(await as(ann).who(), 401, 'to log in is something else')
  t.match(await as(ann).ask('POST', '/login/certificate', { body: {} }), { status: 200 })
  await trust(true)
  t.equal(await as(ann).who(), 'ann')
  await admin.deleteAuthority('root')
  t.equal(await as(ann).who(), 401)
})

t.test('a certificate that is held or revoked is refused at once', async (t) => {
  const { as, ann, root, trust, admin } = await inhabited(t)
  await trust(true)
  t.equal(await as(ann).who(), 'ann')
  await admin.revokeCertificate(root.id, ann.info.id, 'certificateHold')
  t.equal(await as(ann).who(), 401)
  t.match((await admin.audit({ operation: 'Authenticate', outcome: 'denied', limit: 1 })).records, [
    { detail: { reasons: ['authorities: revoked, CN=ann,O=Example'] } },
  ])
  await admin.resumeCertificate(root.id, ann.info.id)
  t.equal(await as(ann).who(), 'ann')
  await admin.revokeCertificate(root.id, ann.info.id, 'keyCompromise')
  t.equal(await as(ann).who(), 401)
  t.equal(await as(await issue(admin, root, 'ann')).who(), 'ann', 'another certificate of hers is good')
})

t.test('what is revoked here is revoked for every connection, whoever names its authority', async (t) => {
  const { as, ann, root, admin } = await inhabited(t)
  const settings = { authorities: root.certificate as string }
  await admin.createConnection({ name: 'clients', kind: 'certificate', settings })
  t.equal(await as(ann).who(), 'ann')
  await admin.revokeCertificate(root.id, ann.info.id)
  t.equal(await as(ann).who(), 401)
})

t.test('a session that rests on a certificate ends with it', async (t) => {
  const { as, ann, root, trust, admin } = await inhabited(t)
  await trust(false, true)
  const { json } = await as(ann).ask('POST', '/login/certificate', { body: {} })
  const { token } = json
  const me = () => as(ann).ask('GET', '/me', { token })
  t.match(await me(), { status: 200, json: { name: 'ann' } })
  await admin.revokeCertificate(root.id, ann.info.id, 'certificateHold')
  t.match(await me(), { status: 401 })
  await admin.resumeCertificate(root.id, ann.info.id)
  t.match(await me(), { status: 200 }, 'it was on hold')
})

t.test('the certificate of an authority below counts, and that it is revoked', async (t) => {
  const { as, root, trust, admin } = await inhabited(t)
  const { id, request } = await admin.createAuthority({ name: 'below', subject: 'CN=below,O=Example' })
  const signed = await admin.certify(root.id, { profile: 'ca', request: request as string })
  const below = await admin.installCertificate(id, { certificate: signed.certificate as string })
  const ann = await issue(admin, below, 'ann')
  await admin.setAuthority(id, { trust: { clients: true } })
  t.equal(await as(ann).who(), 'ann', 'below an authority that is trusted itself')
  await admin.setAuthority(id, { trust: { clients: false } })
  await trust(true)
  t.equal(await as(ann).who(), 'ann', 'below one whose authority is')
  await admin.setAuthority(id, { trust: { clients: true } })
  await admin.revokeCertificate(root.id, signed.id, 'cACompromise')
  t.equal(await as(ann).who(), 401)
})

t.test('another process hears of it, and the connection is closed', async (t) => {
  const { house, ann, root, trust, server, admin } = await inhabited(t)
  await trust(true)
  const other = await house.administrator(await house.open())
  const { hostname: host, port } = new URL(server.url)
  const socket: TLSSocket = connect({
    host,
    port: Number(port),
    cert: ann.cert,
    key: ann.key,
    rejectUnauthorized: false,
  })
  await once(socket, 'secureConnect')
  socket.write('GET /admin/v1/me HTTP/1.1\r\nHost: localhost\r\n\r\n')
  const [answer] = await once(socket, 'data')
  t.match(String(answer), /^HTTP\/1\.1 200/)
  await admin.createKey({ algorithm: 'AES' })
  const closed = once(socket, 'close')
  socket.on('error', () => undefined)
  await other.revokeCertificate(root.id, ann.info.id)
  await closed
  t.pass('nobody has asked for anything')
})
