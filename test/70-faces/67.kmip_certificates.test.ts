/** Certificates over KMIP: what stands in them, and how they are found. */
import t from 'tap'
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
const made = make({ subject, extensions: [extension(oids.subjectAltName, sequence(alternative))] })
const hex = (bytes: Uint8Array) => Buffer.from(bytes).toString('hex').toUpperCase()
const text = 'CN=www.example.org,OU=two,OU=one,O=Example,C=CH'

async function registered(version: string): Promise<string> {
  const said = version >= '2.0' ? '<Attributes/>' : '<TemplateAttribute/>'
  const answer = await kmip.one(
    version,
    'Register',
    `${value('ObjectType', 'Enumeration', 'Certificate')}${said}${certificate(made.der)}`,
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
    'Certificate Length': [String(made.der.length)],
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
