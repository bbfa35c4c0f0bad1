/** Who asks by KMIP: tickets of Login and Delegated Login, what ends them, and the other kinds of credential. */
import { once } from 'node:events'
import type { TLSSocket } from 'node:tls'
import t from 'tap'
import { stepAt, totpCode } from '../../lib/access/factors/totp.js'
import { requestOfXml, xmlOfTtlv } from '../../lib/faces/kmip/index.js'
import { make, makeAuthority } from '../15-x509/authority.js'
import { commonName } from '../15-x509/der.js'
import { treeOf } from '../conformance/tree.js'
import { pem } from '../support/tls_clients.js'
import { secretOf } from '../support/totp.js'
import { Face } from './face.js'
import { decoder, writer } from './kmip.js'
import {
  credential,
  type Item,
  id,
  itemsOf,
  KmipClient,
  messageOf,
  password,
  ticket,
  value,
} from './kmip_client.js'
import { answersOf, KmipServer } from './kmip_server.js'

const secret = 'a long enough password'
const face = await Face.open(t, { '--faces-kmip': 'true', '--limits-failures': '0' })
const kmip = new KmipClient(face)
const admin = await face.keyManager.as('admin')
const now = () => Date.now()

/** Somebody with a password who may make keys. */
async function somebody(name: string): Promise<string> {
  await admin.createPrincipal({ name, password: secret, permissions: ['Create'] })
  return name
}

/** As whoever a header says. */
const as = (header: string) => ({ token: null, header })
const bearing = (text: string) => as(credential('Ticket', ticket(text)))
const query = ['Query', value('QueryFunction', 'Enumeration', 'QueryOperations')] as const

async function opened(name: string, payload = '', operation = 'Login'): Promise<string> {
  const item = await kmip.one('2.1', operation, payload, as(password(name, secret)))
  const text = item.field('TicketValue')
  if (text === undefined) throw new Error(`${item.reason}: ${item.message}`)
  return text
}

const aes = `${value('ObjectType', 'Enumeration', 'SymmetricKey')}<Attributes>${value('CryptographicAlgorithm', 'Enumeration', 'AES')}${value('CryptographicLength', 'Integer', '256')}${value('CryptographicUsageMask', 'Integer', 'Encrypt Decrypt')}${value('ActivationDate', 'DateTime', '2020-01-01T00:00:00Z')}`
async function newKey(name: string, more = ''): Promise<string> {
  const made = await kmip.one('2.1', 'Create', `${aes}${more}</Attributes>`, as(password(name, secret)))
  return made.field('UniqueIdentifier') ?? ''
}
const gcm = `<CryptographicParameters>${value('BlockCipherMode', 'Enumeration', 'GCM')}${value('RandomIV', 'Boolean', 'true')}</CryptographicParameters>`
const encrypt = (key: string, bytes = 4) =>
  `${id(key)}${gcm}${value('Data', 'ByteString', '00'.repeat(bytes))}`

t.test('a ticket stands for who logged in, until it is given back', async (t) => {
  const ann = await somebody('ann')
  const key = await newKey(ann)
  const text = await opened(ann)
  const got = await kmip.one('2.1', 'Get', id(key), bearing(text))
  t.equal(got.status, 'Success', got.message)
  const [record] = (await admin.audit({ object: key, operation: 'ExportKey', limit: 1 })).records
  t.equal(record?.principalName ?? ann, ann)
  t.equal(
    (await kmip.one('1.4', 'Get', id(key), bearing(text))).reason,
    'AuthenticationNotSuccessful',
    'in 1.x there is none',
  )
  t.equal(
    (await kmip.one('2.1', 'Login', '', bearing(text))).reason,
    'PermissionDenied',
    'a ticket gets no other',
  )

  const bearer = Buffer.from(text, 'hex').toString('latin1')
  t.equal((await face.admin('GET', '/me', { token: bearer })).status, 401, 'for KMIP alone')
  t.equal((await kmip.one(...query2(), { token: bearer })).reason, 'AuthenticationNotSuccessful')
  const { text: apiToken } = await (await face.keyManager.as(ann)).createToken()
  const wrong = await kmip.one(...query2(), bearing(Buffer.from(apiToken, 'latin1').toString('hex')))
  t.equal(wrong.reason, 'InvalidTicket', 'an API token is no ticket')

  const bob = await somebody('bob')
  t.equal((await kmip.one('2.1', 'Logout', ticket(text), as(password(bob, secret)))).reason, 'InvalidTicket')
  t.equal((await kmip.one(...query2(), bearing(text))).status, 'Success', 'of somebody else')
  t.equal((await kmip.one('2.1', 'Logout', ticket(text), bearing(text))).status, 'Success')
  const after = await kmip.one(...query2(), bearing(text))
  t.same([after.reason, after.field('Operation')], ['InvalidTicket', 'Query'])
  t.equal((await kmip.one('2.1', 'Logout', ticket(text), as(password(ann, secret)))).reason, 'InvalidTicket')
})

const query2 = () => ['2.1', ...query] as const

t.test('what a ticket allows is counted', async (t) => {
  const name = await somebody('counted')
  const two = await opened(
    name,
    `${value('LeaseTime', 'Interval', '0')}${value('RequestCount', 'Integer', '2')}`,
  )
  for (const status of ['Success', 'Success', 'OperationFailed'])
    t.equal((await kmip.one(...query2(), bearing(two))).status, status)
  t.equal((await kmip.one(...query2(), bearing(two))).reason, 'UsageLimitExceeded')

  const limits = (unit: string, total: string) =>
    `<UsageLimits>${value('UsageLimitsTotal', 'LongInteger', total)}${value('UsageLimitsUnit', 'Enumeration', unit)}</UsageLimits>`
  const three = await opened(name, limits('Object', '3'))
  const items = await kmip.ask('2.1', [query, query, query, query], bearing(three))
  t.same(
    items.map(({ reason }) => reason),
    [undefined, undefined, undefined, 'UsageLimitExceeded'],
  )
  const key = await newKey(name)
  const bytes = await opened(name, limits('Byte', '10'))
  t.equal((await kmip.one('2.1', 'Encrypt', encrypt(key, 8), bearing(bytes))).status, 'Success')
  t.equal((await kmip.one('2.1', 'Encrypt', encrypt(key, 8), bearing(bytes))).reason, 'UsageLimitExceeded')
  t.equal((await kmip.one('2.1', 'Encrypt', encrypt(key, 2), bearing(bytes))).status, 'Success')

  const hundred = await opened(name, value('RequestCount', 'Integer', '5'))
  const many = await Promise.all(Array.from({ length: 9 }, () => kmip.one(...query2(), bearing(hundred))))
  t.equal(many.filter(({ status }) => status === 'Success').length, 5, 'side by side as well')

  for (const lease of [
    value('LeaseTime', 'DateTime', new Date(now() - 60_000).toISOString()),
    value('LeaseTime', 'Interval', String(31 * 86_400)),
    value('RequestCount', 'Integer', '-1'),
  ])
    t.equal((await kmip.one('2.1', 'Login', lease, as(password(name, secret)))).reason, 'InvalidField')
  const until = Math.ceil(now() / 1000) * 1000 + 60_000
  const dated = value('LeaseTime', 'DateTime', new Date(until).toISOString())
  await opened(name, dated)
  const ends = (await (await face.keyManager.as(name)).sessions()).sessions.map((session) => session.ends)
  t.ok(ends.some((end) => Math.abs(end - until) < 10_000))
})

t.test('a delegated ticket is narrowed to its rights', async (t) => {
  const name = await somebody('owner')
  const [one, two, grouped] = [
    await newKey(name),
    await newKey(name),
    await newKey(name, value('ObjectGroup', 'TextString', 'shared')),
  ]
  const operations = (...names: string[]) =>
    `<Operations>${names.map((operation) => value('Operation', 'Enumeration', operation)).join('')}</Operations>`
  const right = (...inside: string[]) => `<Right>${inside.join('')}</Right>`
  const limit = `<UsageLimits>${value('UsageLimitsTotal', 'LongInteger', '1')}${value('UsageLimitsUnit', 'Enumeration', 'Object')}</UsageLimits>`
  const rights = `<Rights>${right(operations('Query', 'Log'))}${right(operations('GetAttributes'), `<Objects>${id(one)}</Objects>`)}${right(limit, operations('Encrypt'), `<ObjectGroups>${value('ObjectGroup', 'TextString', 'shared')}</ObjectGroups>`)}</Rights>`
  const text = await opened(name, rights, 'DelegatedLogin')
  const ask = (operation: string, payload: string) => kmip.one('2.1', operation, payload, bearing(text))
  const served = await ask('Query', query[1])
  t.same(new Set(served.fields('Operation').slice(1)), new Set(['Query', 'Log', 'GetAttributes', 'Encrypt']))
  t.equal((await ask('GetAttributes', id(one))).status, 'Success')
  t.equal((await ask('GetAttributes', id(two))).reason, 'NotAuthorised', 'another object')
  t.equal((await ask('Get', id(one))).reason, 'NotAuthorised', 'another operation')
  t.equal((await ask('Locate', '')).reason, 'NotAuthorised')
  t.equal((await ask('Logout', ticket(text))).reason, 'NotAuthorised')
  t.equal((await ask('Encrypt', encrypt(two))).reason, 'NotAuthorised', 'not of the group')
  t.equal((await ask('Encrypt', encrypt(grouped))).status, 'Success')
  t.equal((await ask('Encrypt', encrypt(grouped))).reason, 'UsageLimitExceeded', 'the right is used up')

  const all = `<Rights>${right(`<Objects>${id(one)}</Objects>`)}</Rights>`
  const within = await opened(name, all, 'DelegatedLogin')
  const wrapped = `${id(one)}<KeyWrappingSpecification>${value('WrappingMethod', 'Enumeration', 'Encrypt')}<EncryptionKeyInformation>${id(two)}</EncryptionKeyInformation>${value('EncodingOption', 'Enumeration', 'NoEncoding')}</KeyWrappingSpecification>`
  t.equal((await kmip.one('2.1', 'Get', id(one), bearing(within))).status, 'Success')
  t.equal(
    (await kmip.one('2.1', 'Get', wrapped, bearing(within))).reason,
    'PermissionDenied',
    'nor by the way',
  )
  t.equal((await kmip.one('2.1', 'Create', `${aes}</Attributes>`, bearing(within))).reason, 'NotAuthorised')
  await admin.setPrincipal(name, { permissions: [] })
  const none = await opened(name, `<Rights>${right()}</Rights>`, 'DelegatedLogin')
  t.equal(
    (await kmip.one('2.1', 'Create', `${aes}</Attributes>`, bearing(none))).reason,
    'PermissionDenied',
    'no more than whoever gave it',
  )
})

t.test('a ticket ends with what it rests on', async (t) => {
  const works = async (text: string) => (await kmip.one(...query2(), bearing(text))).status === 'Success'
  const name = await somebody('ending')
  const changed = await opened(name)
  t.ok(await works(changed))
  await admin.setPassword(name, 'another long password')
  t.notOk(await works(changed), 'with the password')
  await admin.setPassword(name, secret)

  const { text: apiToken, id: tokenId } = await (await face.keyManager.as(name)).createToken()
  const byToken = (await kmip.one('2.1', 'Login', '', { token: apiToken })).field('TicketValue') ?? ''
  t.ok(await works(byToken))
  await (await face.keyManager.as(name)).revokeToken(tokenId)
  t.notOk(await works(byToken), 'with the API token')

  const { session, token } = await (await face.keyManager.as(name)).logIn()
  const byLogin = (await kmip.one('2.1', 'Login', '', { token: token.text })).field('TicketValue') ?? ''
  t.ok(await works(byLogin))
  await (await face.keyManager.as(name)).endSession(session.id)
  t.notOk(await works(byLogin), 'with the login')

  const disabled = await opened(name)
  await admin.setPrincipal(name, { enabled: false })
  t.notOk(await works(disabled), 'with whom it is of')
})

t.test('other kinds of credential', async (t) => {
  await somebody('device-7')
  const device = (inside: string) =>
    credential('Device', value('DeviceSerialNumber', 'TextString', '42') + inside)
  const named = value('DeviceIdentifier', 'TextString', 'device-7')
  const proved = device(`${value('Password', 'TextString', secret)}${named}`)
  t.equal((await kmip.one('1.2', 'Query', '', as(proved))).status, 'Success')
  t.equal((await kmip.one('1.2', 'Query', '', as(device(named)))).reason, 'AuthenticationNotSuccessful')
  t.equal(
    (await kmip.one('1.2', 'Query', '', { header: device(named) })).status,
    'Success',
    'what proves who it is decides',
  )
  const attested = `<Nonce>${value('NonceID', 'ByteString', '00')}${value('NonceValue', 'ByteString', '00')}</Nonce>${value('AttestationType', 'Enumeration', 'TPMQuote')}`
  t.equal(
    (await kmip.one('2.1', 'Query', '', as(credential('Attestation', attested)))).reason,
    'FeatureNotSupported',
  )
  const hashed = `${value('Username', 'TextString', 'device-7')}${value('Timestamp', 'DateTimeExtended', '0x0006000000000000')}${value('HashedPassword', 'ByteString', '00')}`
  t.equal(
    (await kmip.one('2.1', 'Query', '', as(credential('HashedPassword', hashed)))).reason,
    'FeatureNotSupported',
  )

  const name = await somebody('coded')
  const code = (text: string) =>
    as(
      credential(
        'OneTimePassword',
        `${value('Username', 'TextString', name)}${value('Password', 'TextString', secret)}${value('OneTimePassword', 'TextString', text)}`,
      ),
    )
  t.equal(
    (await kmip.one('2.1', 'Query', '', code('123456'))).reason,
    'AuthenticationNotSuccessful',
    'a code that nobody asks for',
  )
  const me = await face.keyManager.as(name)
  const { id: factor, uri } = await me.enrolTotp()
  const step = stepAt(now())
  await me.confirmTotp(factor, totpCode(secretOf(uri), step))
  t.equal(
    (await kmip.one('2.1', 'Query', '', as(password(name, secret)))).reason,
    'AuthenticationNotSuccessful',
    'the password alone',
  )
  t.equal((await kmip.one('2.1', 'Query', '', code('000000'))).reason, 'AuthenticationNotSuccessful')
  const next = totpCode(secretOf(uri), step + 1)
  const text = (await kmip.one('2.1', 'Login', '', code(next))).field('TicketValue') ?? ''
  t.equal((await kmip.one('2.1', 'Query', '', code(next))).reason, 'AuthenticationNotSuccessful', 'once')
  t.equal((await kmip.one(...query2(), bearing(text))).status, 'Success', 'and then the ticket')
})

t.test('over TLS', async (t) => {
  const server = await KmipServer.start(t)
  const { keyManager } = server
  const owner = await keyManager.as('admin')
  const bytesOf = (xml: string) => requestOfXml(writer, xml).bytes
  const over = async (
    socket: TLSSocket,
    header = '',
    [operation, payload]: readonly [string, string] = query,
  ): Promise<Item> => {
    socket.write(bytesOf(messageOf('2.1', [[operation, payload]], header)))
    const [answer] = await answersOf(socket, 1)
    const [item] = answer ? itemsOf(treeOf(xmlOfTtlv(decoder.decode(answer)))) : []
    if (!item) throw new Error('there is no answer')
    return item
  }

  await t.test('a password is remembered for its connection', async (t) => {
    const logins = async () =>
      (await owner.audit({ operation: 'Authenticate', outcome: 'success', limit: 50 })).records.filter(
        ({ principalName }) => principalName === 'carl',
      ).length
    await owner.createPrincipal({ name: 'carl', password: secret })
    const [one, other] = [await server.connect(t, {}), await server.connect(t, {})]
    for (let i = 0; i < 3; i++) t.equal((await over(one, password('carl', secret))).status, 'Success')
    t.equal(await logins(), 1, 'stretched and recorded once')
    t.equal((await over(one, password('carl', 'a wrong password'))).reason, 'AuthenticationNotSuccessful')
    t.equal((await over(one, password('ann', secret))).reason, 'AuthenticationNotSuccessful')
    t.equal((await over(one)).reason, 'AuthenticationNotSuccessful', 'it has to be sent')
    await over(other, password('carl', secret))
    t.equal(await logins(), 2, 'another connection knows nothing of it')

    await owner.setPassword('carl', 'another long password')
    t.equal(
      (await over(one, password('carl', secret))).reason,
      'AuthenticationNotSuccessful',
      'it is no password any more',
    )
    t.equal((await over(one, password('carl', 'another long password'))).status, 'Success')
    const { id: factor, uri } = await (await keyManager.as('carl')).enrolTotp()
    await (await keyManager.as('carl')).confirmTotp(factor, totpCode(secretOf(uri), stepAt(now())))
    t.equal(
      (await over(one, password('carl', 'another long password'))).reason,
      'AuthenticationNotSuccessful',
      'a factor is asked for',
    )
    await owner.removeFactor(factor, 'carl')
    t.equal((await over(one, password('carl', 'another long password'))).status, 'Success')
    await owner.setPrincipal('carl', { enabled: false })
    t.equal(
      (await over(one, password('carl', 'another long password'))).reason,
      'AuthenticationNotSuccessful',
    )
  })

  await t.test('a ticket outlives its connection, and not its certificate', async (t) => {
    const socket = await server.connect(t)
    const text = (await over(socket, '', ['Login', ''])).field('TicketValue') ?? ''
    socket.end()
    await once(socket, 'close')
    const without = await server.connect(t, {})
    const header = credential('Ticket', ticket(text))
    t.equal((await over(without, header)).status, 'Success')
    const another = makeAuthority('another', { notBefore: '20200101000000Z', notAfter: '20990101000000Z' })
    make({
      subject: commonName('ann'),
      issuer: another,
      notBefore: '20200101000000Z',
      notAfter: '20990101000000Z',
    })
    await owner.setConnection('clients', { settings: { authorities: pem(another.der) } })
    t.equal((await over(without, header)).reason, 'InvalidTicket', 'nobody trusts the certificate any more')
  })
})
