/** Logins by the certificate of the TLS client over the CipherTrust face. */
import t from 'tap'
import { extension, make, makeAuthority, oids } from '../15-x509/authority.js'
import { oid, sequence } from '../15-x509/der.js'
import { TestClock } from '../support/clock.js'
import { KeyHouse } from '../support/key_house.js'
import { pem, shown, subject, TlsServer } from '../support/tls_clients.js'
import { password } from './ciphertrust.js'

const [cn, o] = ['2.5.4.3', '2.5.4.10']
const clientAuth = extension(oids.extKeyUsage, sequence(oid('1.3.6.1.5.5.7.3.2')))
const root = makeAuthority('root')
const certified = (name: string) =>
  make({ subject: subject([o, 'Example'], [cn, name]), issuer: root, extensions: [clientAuth] })
const [ann, robot] = [certified('Ann'), certified('Robot')]

async function inhabited(t: Parameters<typeof KeyHouse.build>[0]) {
  const clock = new TestClock('2025-01-01T00:00:00Z')
  const house = await KeyHouse.build(t, { clock, scheduler: false })
  const { km } = house
  const admin = await house.administrator()
  await admin.createConnection({
    name: 'clients',
    kind: 'certificate',
    settings: { authorities: pem(root.der) },
  })
  const server = await TlsServer.start(t, km, { '--faces-ciphertrust': 'true' })
  const as = (party?: typeof ann) => server.client(t, party ? shown(party) : {})
  const grant = (client: ReturnType<typeof as>, body: object) =>
    client.ask('POST', '/api/v1/auth/tokens', { body })
  const self = (client: ReturnType<typeof as>, token?: string) =>
    client.ask('GET', '/api/v1/auth/self/user', token === undefined ? {} : { token })
  return { admin, as, grant, self }
}

t.test('user_certificate gives a token that is good with the certificate alone', async (t) => {
  const { admin, as, grant, self } = await inhabited(t)
  const { id } = await admin.createPrincipal({
    name: 'ann',
    methods: ['certificate'],
    certificateSubject: 'CN=Ann,O=Example',
  })
  const client = as(ann)
  const { status, json } = await grant(client, { grant_type: 'user_certificate' })
  t.match({ status, json }, { status: 200, json: { duration: 300, refresh_token: String } })
  t.match(await self(client, json.jwt), { json: { user_id: `local|${id}`, enable_cert_auth: true } })
  for (const other of [as(), as(robot)]) {
    t.match(await self(other, json.jwt), { status: 401 })
    const body = { grant_type: 'refresh_token', refresh_token: json.refresh_token }
    t.match(await grant(other, body), { status: 401, json: { code: 5 } })
  }
  const again = await grant(client, { grant_type: 'refresh_token', refresh_token: json.refresh_token })
  t.match(await self(client, again.json.jwt), { status: 200 })
  t.match(await grant(as(), { grant_type: 'user_certificate' }), { status: 401 }, 'no certificate')
  t.match(await grant(as(robot), { grant_type: 'user_certificate' }), { status: 401 }, 'nobody’s')
  t.match(await grant(client, { grant_type: 'user_certificate', connection: 'elsewhere' }), { status: 401 })
  t.match(await grant(client, { grant_type: 'user_certificate', connection: 'clients' }), { status: 200 })
  await admin.deletePrincipal('ann')
  t.match(await self(client, again.json.jwt), { status: 401 }, 'and with whoever it is of')
})

t.test('A password with a certificate needs both', async (t) => {
  const { admin, as, grant } = await inhabited(t)
  const methods = ['password_with_certificate'] as const
  await admin.createPrincipal({ name: 'ann', password, methods, certificateSubject: 'CN=Ann,O=Example' })
  const body = { username: 'ann', password }
  t.match(await grant(as(ann), body), { status: 200 })
  t.match(await grant(as(), body), { status: 401 })
  t.match(await grant(as(robot), body), { status: 401 })
  t.match(await grant(as(ann), { ...body, password: 'wrong' }), { status: 401 })
  t.match(await grant(as(ann), { grant_type: 'user_certificate' }), { status: 401 })
})

t.test('A service has its certificate for credentials', async (t) => {
  const { admin, as, grant, self } = await inhabited(t)
  const { id } = await admin.createPrincipal({
    name: 'robot',
    kind: 'service',
    certificateSubject: 'CN=Robot,O=Example',
  })
  await admin.createPrincipal({ name: 'ann', certificateSubject: 'CN=Ann,O=Example' })
  const credential = (client_id: string) => ({ grant_type: 'client_credential', client_id })
  const client = as(robot)
  for (const named of [id, 'robot']) {
    const { status, json } = await grant(client, credential(named))
    t.match({ status, json }, { status: 200, json: { client_id: id } })
    t.notOk('refresh_token' in json)
    t.match(await self(client, json.jwt), { json: { username: 'robot' } })
  }
  t.match(await grant(client, credential('ann')), { status: 401 }, 'that of somebody else')
  t.match(await grant(as(ann), credential('robot')), { status: 401 })
  const { records } = await admin.audit({ operation: 'Authenticate', outcome: 'denied', face: 'ciphertrust' })
  t.equal(records.length, 2)
})
