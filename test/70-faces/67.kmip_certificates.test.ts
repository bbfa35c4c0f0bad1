/** Certificates over KMIP: what stands in them, how they are found, issued, renewed and validated. */
import { generateKeyPairSync, type KeyObject, sign, X509Certificate } from 'node:crypto'
import t from 'tap'
import { toPem } from '../../lib/crypto/index.js'
import { buildRequest, nameOfText } from '../../lib/x509/index.js'
import { extension, make, oids } from '../15-x509/authority.js'
import { der, integer, name, primitive, sequence, text as utf8 } from '../15-x509/der.js'
import { Face } from './face.js'
import { attributesOf, id, KmipClient, value } from './kmip_client.js'

const face = await Face.open(t, { '--faces-kmip': 'true' })
const kmip = new KmipClient(face)

const attribute = (name: string, inside: string) =>
  `<Attribute>${value('AttributeName', 'TextString', name)}${inside}</Attribute>`
const structured = (inside: string) => `<AttributeValue>${inside}</AttributeValue>`
const certificate = (bytes: Uint8Array) =>
  `<Certificate>${value('CertificateType', 'Enumeration', 'X_509')}${value('CertificateValue', 'ByteString', Buffer.from(bytes).toString('hex'))}</Certificate>`

const subject = name(
  ['2.5.4.6', utf8('CH')],
  ['2.5.4.10', utf8('Example')],
  ['2.5.4.11', utf8('one')],
  ['2.5.4.11', utf8('two')],
  ['2.5.4.3', utf8('www.example.org')],
)
const alternative = der(primitive(2), Buffer.from('www.example.org'))
const sample = make({ subject, extensions: [extension(oids.subjectAltName, sequence(alternative))] })
const hex = (bytes: Uint8Array) => Buffer.from(bytes).toString('hex').toUpperCase()
const text = 'CN=www.example.org,OU=two,OU=one,O=Example,C=CH'

async function registered(version: string): Promise<string> {
  const said = version >= '2.0' ? '<Attributes/>' : '<TemplateAttribute/>'
  const answer = await kmip.one(
    version,
    'Register',
    `${value('ObjectType', 'Enumeration', 'Certificate')}${said}${certificate(sample.der)}`,
  )
  return answer.field('UniqueIdentifier') ?? `${answer.reason}: ${answer.message}`
}

t.test('each version has the attributes of certificates that it knows', async (t) => {
  const key = await registered('1.0')
  const seen = async (version: string) => attributesOf(await kmip.one(version, 'GetAttributes', id(key)))
  const [first, second, last] = [await seen('1.0'), await seen('1.1'), await seen('1.4')]
  t.match(first, {
    'Certificate Type': ['1'],
    'Certificate Identifier': [`${text} 2a`],
    'Certificate Subject': [text],
    'Certificate Issuer': [text],
  })
  t.notOk(Object.keys(first).some((name) => /X\.509|Length of|Digital|CN$/.test(name)))
  t.match(second, {
    'Certificate Length': [String(sample.der.length)],
    'Digital Signature Algorithm': ['14'],
    'X.509 Certificate Identifier': [`${hex(subject)} 02012A`],
    'X.509 Certificate Issuer': [hex(subject)],
    'X.509 Certificate Subject': [`${hex(subject)} ${hex(alternative)}`],
  })
  t.notOk('Certificate Subject CN' in second)
  t.match(last, {
    'Certificate Subject CN': ['www.example.org'],
    'Certificate Subject OU': ['one', 'two'],
    'Certificate Issuer C': ['CH'],
  })
  const newest = await kmip.one('2.1', 'GetAttributes', id(key))
  t.same(newest.fields('CertificateSubjectOU'), ['one', 'two'])
  t.equal(newest.field('DigitalSignatureAlgorithm'), 'ECDSAWithSHA256')
  t.equal(newest.field('CertificateSubjectDistinguishedName'), undefined, 'of 1.x')
})

t.test('certificates are located by what stands in them', async (t) => {
  const key = await registered('2.1')
  const found = async (version: string, filter: string) =>
    (await kmip.one(version, 'Locate', filter)).fields('UniqueIdentifier').includes(key)
  const identifier = (serial: string) =>
    attribute(
      'Certificate Identifier',
      structured(`${value('Issuer', 'TextString', text)}${value('SerialNumber', 'TextString', serial)}`),
    )
  const encoded = `${value('IssuerDistinguishedName', 'ByteString', hex(subject))}${value('CertificateSerialNumber', 'ByteString', '02012a')}`
  const names = (dns: Uint8Array) =>
    `${value('SubjectDistinguishedName', 'ByteString', hex(subject))}${value('SubjectAlternativeName', 'ByteString', hex(dns))}`
  for (const [version, filter] of [
    ['1.0', identifier('2A')],
    ['1.2', attribute('X.509 Certificate Identifier', structured(encoded))],
    ['1.2', attribute('X.509 Certificate Subject', structured(names(alternative)))],
    ['1.4', attribute('Certificate Subject OU', value('AttributeValue', 'TextString', 'two'))],
    ['2.1', `<Attributes>${value('CertificateSubjectCN', 'TextString', 'www.example.org')}</Attributes>`],
    ['2.1', `<Attributes><X_509CertificateIdentifier>${encoded}</X_509CertificateIdentifier></Attributes>`],
    [
      '2.1',
      `<Attributes>${value('DigitalSignatureAlgorithm', 'Enumeration', 'ECDSAWithSHA256')}</Attributes>`,
    ],
  ] as const)
    t.ok(await found(version, filter), filter)
  for (const [version, filter] of [
    ['1.0', identifier('2b')],
    ['1.2', attribute('X.509 Certificate Subject', structured(names(der(primitive(2), integer(1)))))],
    ['2.1', `<Attributes>${value('CertificateSubjectCN', 'TextString', 'example.org')}</Attributes>`],
  ] as const)
    t.notOk(await found(version, filter), filter)
})

const admin = await face.keyManager.as('admin')
const authorities: Record<string, string> = {}
for (const name of ['one', 'two']) {
  const { id } = await admin.createAuthority({ name, subject: `CN=Issuer ${name},O=Example` })
  await admin.selfSign(id)
  authorities[name] = id
}
const issuedBy = (name: string) =>
  attribute(
    'Certificate Issuer',
    structured(value('CertificateIssuerDistinguishedName', 'TextString', `CN=Issuer ${name},O=Example`)),
  )
const template = (...attributes: readonly string[]) =>
  `<TemplateAttribute>${attributes.join('')}</TemplateAttribute>`
const named = (text: string) =>
  attribute(
    'Name',
    structured(
      `${value('NameValue', 'TextString', text)}${value('NameType', 'Enumeration', 'UninterpretedTextString')}`,
    ),
  )

interface Pair {
  readonly id: string
  readonly publicKey: KeyObject
  readonly privateKey: KeyObject
}

/** A key pair of a client, whose public key is here. */
async function pairOf(): Promise<Pair> {
  const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  const material = publicKey.export({ format: 'der', type: 'spki' }).toString('hex')
  const block = `<KeyBlock>${value('KeyFormatType', 'Enumeration', 'X_509')}<KeyValue>${value('KeyMaterial', 'ByteString', material)}</KeyValue></KeyBlock>`
  const answer = await kmip.one(
    '1.4',
    'Register',
    `${value('ObjectType', 'Enumeration', 'PublicKey')}${template(attribute('Cryptographic Usage Mask', value('AttributeValue', 'Integer', 'Verify')))}<PublicKey>${block}</PublicKey>`,
  )
  return { id: answer.field('UniqueIdentifier') ?? answer.message, publicKey, privateKey }
}

async function pkcs10({ publicKey, privateKey }: Pair, subject = 'CN=ann,O=Example'): Promise<Buffer> {
  const spki = publicKey.export({ format: 'der', type: 'spki' })
  const request = { subject: nameOfText(subject), publicKey: spki }
  const { der } = await buildRequest(request, {
    scheme: 'ES256',
    sign: async (message) => sign('sha256', message, privateKey),
  })
  return Buffer.from(der)
}

const request = (type: string, bytes: Uint8Array, tag = 'CertificateRequest') =>
  `${value('CertificateRequestType', 'Enumeration', type)}${value(tag, 'ByteString', hex(bytes))}`

/** With another signature. */
function spoilt(der: Uint8Array): Buffer {
  const bytes = Buffer.from(der)
  bytes[bytes.length - 1] = (bytes.at(-1) ?? 0) ^ 1
  return bytes
}

async function certificateOf(object: string): Promise<X509Certificate> {
  const got = await kmip.one('1.4', 'Get', id(object))
  return new X509Certificate(Buffer.from(got.field('CertificateValue') ?? got.message, 'hex'))
}

async function linksOf(object: string): Promise<readonly string[]> {
  const answer = await kmip.one(
    '1.4',
    'GetAttributes',
    `${id(object)}${value('AttributeName', 'TextString', 'Link')}`,
  )
  const [types, objects] = [answer.fields('LinkType'), answer.fields('LinkedObjectIdentifier')]
  return types.map((type, i) => `${type} ${objects[i]}`)
}

t.test('a request is certified, as DER and as PEM, in 1.x and 2.x', async (t) => {
  const pair = await pairOf()
  const der = await pkcs10(pair)
  const pem = Buffer.from(toPem('pkcs10', der))
  const asked = [
    ['1.0', `${request('PKCS_10', der)}${template(issuedBy('one'), named('by 1.0'))}`],
    ['1.4', `${request('PEM', pem)}${template(issuedBy('two'))}`],
    [
      '2.1',
      `${request('PKCS_10', der, 'CertificateRequestValue')}<Attributes>${value('CertificateIssuerCN', 'TextString', 'Issuer one')}${value('CertificateIssuerO', 'TextString', 'Example')}</Attributes>`,
    ],
  ] as const
  for (const [version, payload] of asked) {
    const made = await kmip.one(version, 'Certify', `${id(pair.id)}${payload}`)
    const object = made.field('UniqueIdentifier') ?? made.message
    const certificate = await certificateOf(object)
    t.equal(certificate.subject, 'O=Example\nCN=ann')
    t.ok(certificate.issuer.includes(version === '1.4' ? 'Issuer two' : 'Issuer one'))
    t.ok(certificate.checkPrivateKey(pair.privateKey))
    t.same(await linksOf(object), [`PublicKeyLink ${pair.id}`])
    t.same(await linksOf(pair.id), [`CertificateLink ${object}`], 'the newest')
  }
  const listed = await admin.certificates('one')
  t.equal(listed.total, 2, 'they are on the authority’s own list')
})

t.test('a public key is certified by what attributes say', async (t) => {
  const said = {
    text: attribute(
      'Certificate Subject',
      structured(value('CertificateSubjectDistinguishedName', 'TextString', 'CN=ann,OU=a\\,b,C=CH')),
    ),
    der: attribute(
      'X.509 Certificate Subject',
      structured(
        `${value('SubjectDistinguishedName', 'ByteString', hex(subject))}${value('SubjectAlternativeName', 'ByteString', hex(alternative))}`,
      ),
    ),
    parts: ['OU one', 'OU two', 'CN www.example.org', 'O Example', 'C CH']
      .map((part) => part.split(' '))
      .map(([type, text = '']) =>
        attribute(`Certificate Subject ${type}`, value('AttributeValue', 'TextString', text)),
      )
      .join(''),
  }
  const names = ['DNSName www.example.org', 'IPAddress 192.0.2.1', 'EmailAddress ann@example.org']
    .map((name) => name.split(' '))
    .map(([type = '', text = '']) =>
      attribute(
        'Alternative Name',
        structured(
          `${value('AlternativeNameValue', 'TextString', text)}${value('AlternativeNameType', 'Enumeration', type)}`,
        ),
      ),
    )
    .join('')
  const of = async (...attributes: readonly string[]) => {
    const { id: key } = await pairOf()
    const made = await kmip.one('1.4', 'Certify', `${id(key)}${template(issuedBy('one'), ...attributes)}`)
    return certificateOf(made.field('UniqueIdentifier') ?? made.message)
  }
  t.equal((await of(said.text)).subject, 'C=CH\nOU=a\\,b\nCN=ann')
  const whole = 'C=CH\nO=Example\nOU=one\nOU=two\nCN=www.example.org'
  const [byDer, byParts] = [await of(said.der), await of(said.parts, names)]
  t.equal(byDer.subject, whole)
  t.equal(byDer.subjectAltName, 'DNS:www.example.org')
  t.equal(byParts.subject, whole)
  t.equal(byParts.subjectAltName, 'DNS:www.example.org, IP Address:192.0.2.1, email:ann@example.org')
})

t.test('what is not certified', async (t) => {
  const [pair, other] = [await pairOf(), await pairOf()]
  const der = await pkcs10(pair)
  const forged = spoilt(der)
  const refusal = async (payload: string, version = '2.1', token?: string) => {
    const { status, reason } = await kmip.one(version, 'Certify', payload, token ? { token } : {})
    return `${status} ${reason}`
  }
  const one = `<Attributes>${value('CertificateIssuerCN', 'TextString', 'Issuer one')}${value('CertificateIssuerO', 'TextString', 'Example')}</Attributes>`
  const by = (type: string, bytes: Uint8Array) => `${request(type, bytes, 'CertificateRequestValue')}${one}`
  const total = async () => (await admin.certificates('one')).total
  const before = await total()
  t.equal(await refusal(`${id(pair.id)}${by('PKCS_10', forged)}`), 'OperationFailed InvalidCSR')
  t.equal(await refusal(`${id(pair.id)}${by('CRMF', der)}`), 'OperationFailed FeatureNotSupported')
  t.equal(
    await refusal(`${id(other.id)}${by('PKCS_10', der)}`),
    'OperationFailed InvalidField',
    'another key',
  )
  t.equal(
    await refusal(`${id(pair.id)}${request('PKCS_10', der, 'CertificateRequestValue')}`),
    'OperationFailed InvalidField',
    'there are two authorities',
  )
  t.equal(
    await refusal(`${id(pair.id)}${request('PKCS_10', der)}${template(issuedBy('three'))}`, '1.4'),
    'OperationFailed InvalidField',
  )
  t.equal(await refusal(one), 'OperationFailed MissingData')
  const taken = `${request('PKCS_10', der)}${template(issuedBy('one'), named('by 1.0'))}`
  t.equal(await refusal(`${id(pair.id)}${taken}`, '1.4'), 'OperationFailed InvalidField', 'the name is taken')
  const eve = await face.tokenOf('eve', ['Create'])
  t.equal(await refusal(by('PKCS_10', der), '2.1', eve), 'OperationFailed InvalidField', 'none that she sees')
  await admin.grant(authorities['one'] ?? '', { principal: 'eve' }, ['Get'])
  t.equal(await refusal(by('PKCS_10', der), '2.1', eve), 'OperationFailed PermissionDenied')
  t.equal(await total(), before, 'nothing was signed')
  await admin.grant(authorities['one'] ?? '', { principal: 'eve' }, ['Certify'])
  t.equal(await refusal(by('PKCS_10', der), '2.1', eve), 'Success undefined')
  t.equal(await refusal(`${id(pair.id)}${by('PKCS_10', der)}`, '2.1', eve), 'OperationFailed ObjectNotFound')
})

t.test('a certificate is renewed for its key', async (t) => {
  const pair = await pairOf()
  const { privateKey } = pair
  const made = await kmip.one(
    '1.2',
    'Certify',
    `${id(pair.id)}${request('PKCS_10', await pkcs10(pair))}${template(issuedBy('two'), named('renewed'))}`,
  )
  const first = made.field('UniqueIdentifier') ?? made.message
  const again = await kmip.one('2.1', 'ReCertify', `${id(first)}${value('Offset', 'Interval', '0')}`)
  const second = again.field('UniqueIdentifier') ?? again.message
  const [old, next] = [await certificateOf(first), await certificateOf(second)]
  t.ok(next.checkPrivateKey(privateKey))
  t.same([next.subject, next.issuer], [old.subject, old.issuer])
  t.not(next.serialNumber, old.serialNumber)
  t.same(await linksOf(first), [`PublicKeyLink ${pair.id}`, `ReplacementObjectLink ${second}`])
  t.same(await linksOf(second), [`PublicKeyLink ${pair.id}`, `ReplacedObjectLink ${first}`])
  t.same(await linksOf(pair.id), [`CertificateLink ${second}`])
  t.equal((await admin.get('renewed')).id, second, 'the name goes over')
  t.equal((await admin.get(second)).state, 'Active', 'by its offset')
  t.equal((await kmip.one('2.1', 'ReCertify', id(first))).reason, 'WrongKeyLifecycleState', 'it was replaced')
  const other = request('PKCS_10', await pkcs10(await pairOf()))
  t.equal((await kmip.one('1.4', 'ReCertify', `${id(second)}${other}`)).reason, 'InvalidField', 'another key')
})

t.test('a request that is kept is certified', async (t) => {
  const pair = await pairOf()
  const der = await pkcs10(pair)
  const kept = await kmip.one(
    '2.1',
    'Register',
    `${value('ObjectType', 'Enumeration', 'CertificateRequest')}<Attributes/><CertificateRequest>${request('PKCS_10', der, 'CertificateRequestValue')}</CertificateRequest>`,
  )
  const object = kept.field('UniqueIdentifier') ?? kept.message
  const got = await kmip.one('2.1', 'Get', id(object))
  t.same(
    [got.field('ObjectType'), got.field('CertificateRequestType'), got.field('CertificateRequestValue')],
    ['CertificateRequest', 'PKCS_10', hex(der)],
  )
  const one = `<Attributes>${value('CertificateIssuerCN', 'TextString', 'Issuer one')}${value('CertificateIssuerO', 'TextString', 'Example')}</Attributes>`
  const made = await kmip.one('2.1', 'Certify', `${id(object)}${one}`)
  const certificate = made.field('UniqueIdentifier') ?? made.message
  t.ok((await certificateOf(certificate)).checkPrivateKey(pair.privateKey))
  const reference = value('CertificateRequestUniqueIdentifier', 'TextString', object)
  const again = await kmip.one('2.1', 'ReCertify', `${id(certificate)}${reference}`)
  t.ok(
    (await certificateOf(again.field('UniqueIdentifier') ?? again.message)).checkPrivateKey(pair.privateKey),
  )
  t.equal(
    (await kmip.one('1.4', 'Query', value('QueryFunction', 'Enumeration', 'QueryObjects')))
      .fields('ObjectType')
      .includes('CertificateRequest'),
    false,
  )
})

t.test('a certificate is revoked by its authority', async (t) => {
  const issued = async () => {
    const pair = await pairOf()
    const made = await kmip.one(
      '1.4',
      'Certify',
      `${id(pair.id)}${request('PKCS_10', await pkcs10(pair))}${template(issuedBy('one'))}`,
    )
    const object = made.field('UniqueIdentifier') ?? made.message
    const { serialNumber: serial } = await certificateOf(object)
    const listed = async () => (await admin.certificates('one', { serial })).certificates[0]
    await admin.activate(object)
    return { object, listed }
  }
  const revocation = (reason: string) =>
    `<RevocationReason>${value('RevocationReasonCode', 'Enumeration', reason)}</RevocationReason>`
  const since = '2024-05-06T07:08:09.000Z'
  const first = await issued()
  const compromise = `${id(first.object)}${revocation('KeyCompromise')}${value('CompromiseOccurrenceDate', 'DateTime', since)}`
  t.equal((await kmip.one('2.1', 'Revoke', compromise)).status, 'Success')
  t.match(await first.listed(), {
    reason: 'keyCompromise',
    invalidityDate: since,
  })
  t.equal((await admin.get(first.object)).state, 'Compromised')

  const second = await issued()
  await face.keyManager.ensurePrincipal({ name: 'bob' })
  await admin.grant(second.object, { principal: 'bob' }, ['Revoke', 'GetAttributes'])
  const bob = await face.keyManager.as('bob')
  await t.rejects(
    bob.revoke(second.object, 'Superseded'),
    { code: 'MORTISE_KEY_NOT_FOUND' },
    'no right at it',
  )
  t.equal((await admin.get(second.object)).state, 'Active', 'nothing is told that is not so')
  await admin.grant(authorities['one'] ?? '', { principal: 'bob' }, ['CertificateRevoke'])
  await t.rejects(bob.revoke(second.object, 'Superseded', 'x'.repeat(1025)), {
    code: 'MORTISE_INPUT_INVALID',
  })
  t.match(await second.listed(), { reason: null }, 'both or neither')
  await bob.revoke(second.object, 'Superseded')
  t.match(await second.listed(), { reason: 'superseded' })

  const third = await issued()
  const other = await registered('1.4')
  await admin.activate(other)
  await admin.revokeCertificate('one', (await third.listed())?.id ?? '')
  for (const object of [third.object, other])
    t.equal((await admin.revoke(object)).state, 'Deactivated', 'revoked before, and of somebody else')
  const ours = await issued()
  const [revoked] = await kmip.ask(
    '1.4',
    [
      ['Revoke', `${id(ours.object)}${revocation('CessationOfOperation')}`],
      ['Revoke', `${id(ours.object)}${revocation('Superseded')}`],
    ],
    { header: value('BatchErrorContinuationOption', 'Enumeration', 'Undo') },
  )
  t.equal(revoked?.status, 'Success', 'is not taken back')
  t.match(await ours.listed(), { reason: 'cessationOfOperation' })
})

t.test('chains are validated', async (t) => {
  const pair = await pairOf()
  const made = await kmip.one(
    '1.4',
    'Certify',
    `${id(pair.id)}${request('PKCS_10', await pkcs10(pair))}${template(issuedBy('one'))}`,
  )
  const object = made.field('UniqueIdentifier') ?? made.message
  const { raw, serialNumber } = await certificateOf(object)
  const { certificate: root } = await admin.getAuthority('one')
  const { raw: rootDer } = new X509Certificate(root ?? '')
  const validity = async (payload: string, version = '1.0') => {
    const answer = await kmip.one(version, 'Validate', payload)
    return answer.field('ValidityIndicator') ?? answer.reason
  }
  const at = (date: string) => value('ValidityDate', 'DateTime', date)
  t.equal(await validity(id(object)), 'Valid')
  t.equal(await validity(certificate(raw), '2.1'), 'Valid')
  t.equal(await validity(`${certificate(rootDer)}${id(object)}`), 'Valid', 'both lists are one chain')
  t.equal(await validity(`${certificate(raw)}${at('2001-01-01T00:00:00Z')}`), 'Invalid')
  t.equal(await validity(certificate(sample.der)), 'Unknown', 'of nobody that is known here')
  t.equal(await validity(`${certificate(raw)}${certificate(sample.der)}`), 'Invalid', 'no chain')
  t.equal(await validity(certificate(Buffer.from('none'))), 'Invalid')
  t.equal(await validity(certificate(spoilt(raw))), 'Invalid', 'the signature')
  t.equal(await validity(''), 'InvalidField')
  t.equal(await validity(id(pair.id), '2.1'), 'InvalidField', 'a key')
  const { certificates } = await admin.certificates('one', { serial: serialNumber })
  await admin.revokeCertificate('one', certificates[0]?.id ?? '', 'keyCompromise')
  t.equal(await validity(id(object)), 'Invalid', 'revoked by its authority')
  t.equal(
    await validity(`${certificate(raw)}${at(new Date(Date.now() - 60_000).toISOString())}`),
    'Valid',
    'not yet then',
  )
})
