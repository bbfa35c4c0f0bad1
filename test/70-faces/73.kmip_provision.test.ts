/** A client that replaces its own certificate over KMIP (2.1 section 6.1.44). */
import { generateKeyPairSync, sign, X509Certificate } from 'node:crypto'
import t from 'tap'
import { requestOfXml, xmlOfTtlv } from '../../lib/faces/kmip/index.js'
import { buildRequest, nameOfText } from '../../lib/x509/index.js'
import { treeOf } from '../conformance/tree.js'
import { decoder, writer } from './kmip.js'
import { type Item, id, itemsOf, messageOf, value } from './kmip_client.js'
import { KmipServer } from './kmip_server.js'

const server = await KmipServer.start(t)
const admin = await server.keyManager.as('admin')
const { id: authority } = await admin.createAuthority({ name: 'clients', subject: 'CN=Clients' })
await admin.selfSign(authority)
await admin.setAuthority(authority, { trust: { clients: true, users: false } })
const bob = await admin.createPrincipal({
  name: 'bob',
  permissions: ['Create', 'Import'],
  certificateSubject: 'CN=bob',
})
await admin.grant(authority, { principal: 'bob' }, ['Get', 'Certify'])

interface Client {
  readonly cert: string
  readonly key: string
}

async function issued(subject = 'CN=bob'): Promise<Client> {
  const { certificate, key } = await admin.certifyPair(
    authority,
    { profile: 'client', subject },
    { format: 'pkcs8' },
  )
  return { cert: certificate.certificate ?? '', key: key.toString() }
}

async function one(client: Client, operation: string, payload: string): Promise<Item> {
  const { bytes } = requestOfXml(writer, messageOf('2.1', [[operation, payload]]))
  const [answer] = await server.ask(t, bytes, 1, client)
  const [item] = answer ? itemsOf(treeOf(xmlOfTtlv(decoder.decode(answer)))) : []
  return item ?? ({ status: 'none', field: () => undefined } as unknown as Item)
}

const hex = (bytes: Uint8Array) => Buffer.from(bytes).toString('hex')
const isIn = async (client: Client) => (await one(client, 'Query', '')).status === 'Success'
const pem = (der: string | undefined) => new X509Certificate(Buffer.from(der ?? '', 'hex')).toString()

t.test('by a request', async (t) => {
  const client = await issued()
  const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  const spki = publicKey.export({ format: 'der', type: 'spki' })
  const { der } = await buildRequest(
    { subject: nameOfText('CN=admin'), publicKey: spki },
    { scheme: 'ES256', sign: async (message) => sign('sha256', message, privateKey) },
  )
  const asked = `<CertificateRequest>${value('CertificateRequestType', 'Enumeration', 'PKCS_10')}${value('CertificateRequestValue', 'ByteString', hex(der))}</CertificateRequest>`
  const made = await one(client, 'ReProvision', asked)
  t.equal(made.status, 'Success', made.message)
  t.notOk(await isIn(client), 'the old certificate lets nobody in any more')
  const object = made.field('UniqueIdentifier') ?? ''
  const { material } = await admin.exportObject(object).catch(() => ({ material: Buffer.alloc(0) }))
  const mine = await server.keyManager.as('bob')
  const own = material.length > 0 ? material : (await mine.exportObject(object)).material
  const next = {
    cert: new X509Certificate(own).toString(),
    key: privateKey.export({ format: 'pem', type: 'pkcs8' }).toString(),
  }
  t.ok(await isIn(next))
  t.equal((await one(next, 'Get', id(object))).status, 'Success', 'it is still the same client')
  t.equal(new X509Certificate(own).subject, 'CN=bob', 'whatever subject the request has')
})

t.test('without one, and then by a certificate', async (t) => {
  const client = await issued()
  const made = await one(client, 'ReProvision', '')
  t.equal(made.status, 'Success', made.message)
  t.notOk(await isIn(client))
  const key = await (await server.keyManager.as('bob')).exportObject(made.field('UniqueIdentifier') ?? '')
  const links = await admin.locate({ type: 'Certificate', owner: bob.id })
  const certificates = await Promise.all(
    links.items.map(async (one) => (await (await server.keyManager.as('bob')).exportObject(one.id)).material),
  )
  const pemKey = `-----BEGIN PRIVATE KEY-----\n${key.material.toString('base64')}\n-----END PRIVATE KEY-----\n`
  const cert = certificates.map((der) => new X509Certificate(der)).at(-1)
  const second = { cert: cert?.toString() ?? '', key: pemKey }
  t.ok(await isIn(second), 'with the key that was made')

  const third = await issued()
  const given = (client: Client) =>
    `<Certificate>${value('CertificateType', 'Enumeration', 'X_509')}${value('CertificateValue', 'ByteString', hex(new X509Certificate(client.cert).raw))}</Certificate>`
  t.equal((await one(second, 'ReProvision', given(await issued('CN=ann')))).reason, 'InvalidField')
  t.equal((await one(second, 'ReProvision', given(second))).reason, 'InvalidField', 'the same')
  t.ok(await isIn(second), 'nothing has changed')
  const named = await one(second, 'ReProvision', given(third))
  t.equal(named.status, 'Success', named.message)
  t.same([await isIn(second), await isIn(third)], [false, true])
  t.equal(
    pem((await one(third, 'Get', id(named.field('UniqueIdentifier') ?? ''))).field('CertificateValue')),
    third.cert,
  )
})

t.test('not of what nobody here has issued, nor without the right', async (t) => {
  t.equal((await one(server.client, 'ReProvision', '')).status, 'OperationFailed', 'of another authority')
  await admin.withdraw(authority, { principal: 'bob' })
  const client = await issued()
  t.equal((await one(client, 'ReProvision', '')).status, 'OperationFailed')
  t.ok(await isIn(client))
})
