import t from 'tap'
import {
  accessMethods,
  buildCertificate,
  type CertificateExtensionValues,
  type CertificateTemplate,
  type GeneralName,
  type KeyUsage,
  keyIdentifier,
  keyPurposes,
  lintCertificate,
  nameOf,
  nameOfText,
  parseCertificate,
  randomSerialNumber,
  type Signer,
} from '../../lib/x509/index.js'
import { authority, certificateDer, ecdsaSha256, extension, oids } from './authority.js'
import { constructed, der, integer, name, oid, sequence, tags, text, time } from './der.js'
import { makeKeys } from './signers.js'

const keys = makeKeys()
const identified = {
  subjectKeyIdentifier: keyIdentifier(keys.publicKey),
  authorityKeyIdentifier: { keyIdentifier: keyIdentifier(keys.publicKey) },
}
const serverExtensions: CertificateExtensionValues = {
  keyUsage: ['digitalSignature'],
  extKeyUsage: [keyPurposes.serverAuth],
  subjectAltName: [{ form: 'dNSName', value: 'example.com' }],
  ...identified,
}
const authorityExtensions: CertificateExtensionValues = {
  basicConstraints: { cA: true },
  keyUsage: ['keyCertSign', 'cRLSign'],
  ...identified,
}

interface Change extends Partial<Omit<CertificateTemplate, 'extensions'>> {
  readonly extensions?: CertificateExtensionValues
  readonly keys?: typeof keys
}

/** What is found, by name, in a certificate that differs so from a sound one. */
async function found(extensions: CertificateExtensionValues, change: Change): Promise<readonly string[]> {
  const certificate = await buildCertificate(
    {
      serialNumber: randomSerialNumber(),
      issuer: nameOfText('CN=root'),
      notBefore: new Date('2026-04-01T00:00:00Z'),
      notAfter: new Date('2026-10-01T00:00:00Z'),
      subject: nameOfText('CN=example.com,O=Example,C=DE'),
      publicKey: (change.keys ?? keys).publicKey,
      ...change,
      extensions: { ...extensions, ...change.extensions },
    },
    (change.keys ?? keys).signer,
  )
  return lintCertificate(certificate).map(({ name }) => name)
}

const ofServer = (change: Change = {}) => found(serverExtensions, change)
const ofAuthority = (change: Change = {}) => found(authorityExtensions, change)
const uncritical = (type: string, value: Uint8Array) => ({ other: [{ type, isCritical: false, value }] })
const ca = Buffer.from('30030101ff', 'hex')

t.test('sound certificates', async (t) => {
  t.same(await ofServer(), [])
  t.same(await ofAuthority(), [])
  t.same(await ofAuthority({ extensions: { basicConstraints: { cA: true, pathLength: 0 } } }), [])
})

type Cases = Readonly<Record<string, () => Promise<readonly string[]>>>

/** Found by the lint of this name, and by no other. */
const only: Cases = {
  'serial-entropy': () => ofServer({ serialNumber: '7f'.repeat(7) }),
  'validity-order': () => ofServer({ notAfter: new Date('2026-03-01T00:00:00Z') }),
  'validity-period': () => ofServer({ notAfter: new Date('2026-10-18T00:00:00Z') }),
  'issuer-name': () => ofServer({ issuer: nameOf([]) }),
  'authority-name': () =>
    ofAuthority({
      subject: nameOf([]),
      extensions: { subjectAltName: [{ form: 'directoryName', value: nameOfText('CN=a') }] },
    }),
  'name-lengths': () => ofServer({ subject: nameOfText(`O=${'é'.repeat(65)}`) }),
  country: () => ofServer({ subject: nameOfText('C=de') }),
  'alternative-name-critical': () =>
    ofServer({
      subject: nameOf([]),
      extensions: {
        extKeyUsage: [keyPurposes.clientAuth],
        subjectAltName: undefined,
        ...uncritical(oids.subjectAltName, Buffer.from('3003820161', 'hex')),
      },
    }),
  'alternative-name-uncritical': () => ofServer({ extensions: { critical: ['subjectAltName'] } }),
  'dns-names': () =>
    ofServer({
      subject: nameOfText('O=Example'),
      extensions: { subjectAltName: [{ form: 'dNSName', value: 'a_b.example' }] },
    }),
  mailboxes: () =>
    ofServer({
      subject: nameOfText('O=Example'),
      extensions: { subjectAltName: [{ form: 'rfc822Name', value: 'a' }] },
    }),
  uris: () =>
    ofServer({
      subject: nameOfText('O=Example'),
      extensions: { subjectAltName: [{ form: 'uniformResourceIdentifier', value: '/a' }] },
    }),
  'common-name-of-server': () => ofServer({ subject: nameOfText('CN=example.org') }),
  'server-names': () =>
    ofServer({ subject: nameOfText('O=Example'), extensions: { subjectAltName: undefined } }),
  'authority-key-identifier': () => ofServer({ extensions: { authorityKeyIdentifier: undefined } }),
  'authority-key-issuer': () =>
    ofServer({
      extensions: {
        authorityKeyIdentifier: {
          keyIdentifier: Buffer.of(1),
          authorityCertIssuer: [{ form: 'directoryName', value: nameOfText('CN=a') }],
          authorityCertSerialNumber: Buffer.of(1),
        },
      },
    }),
  'authority-subject-key': () => ofAuthority({ extensions: { subjectKeyIdentifier: undefined } }),
  'subject-key-identifier': () => ofServer({ extensions: { subjectKeyIdentifier: undefined } }),
  'certifies-as-authority': () => ofServer({ extensions: { keyUsage: ['digitalSignature', 'keyCertSign'] } }),
  'authority-certifies': () => ofAuthority({ extensions: { keyUsage: ['cRLSign'] } }),
  'key-usage-critical': () =>
    ofServer({
      extensions: { keyUsage: undefined, ...uncritical(oids.keyUsage, Buffer.from('03020780', 'hex')) },
    }),
  'key-usage-of-key': () => ofServer({ extensions: { keyUsage: ['digitalSignature', 'keyEncipherment'] } }),
  'basic-constraints-critical': () =>
    ofAuthority({ extensions: { basicConstraints: undefined, ...uncritical(oids.basicConstraints, ca) } }),
  'path-length': () => ofServer({ extensions: { basicConstraints: { cA: false, pathLength: 1 } } }),
  'name-constraints-of-authority': () =>
    ofServer({
      extensions: { nameConstraints: { permitted: [{ form: 'dNSName', value: 'a' }], excluded: [] } },
    }),
  'name-constraints-critical': () =>
    ofAuthority({
      extensions: uncritical(
        oids.nameConstraints,
        Buffer.from('3007a00530038201 61'.replace(' ', ''), 'hex'),
      ),
    }),
  'policy-constraints-critical': () =>
    ofAuthority({ extensions: uncritical('2.5.29.54', Buffer.of(2, 1, 0)) }),
  'extended-key-usage': () =>
    ofServer({
      extensions: {
        keyUsage: ['nonRepudiation'],
        extKeyUsage: [keyPurposes.OCSPSigning, keyPurposes.clientAuth],
      },
    }),
  'any-purpose': () =>
    ofServer({ extensions: { extKeyUsage: [keyPurposes.clientAuth, keyPurposes.anyExtendedKeyUsage] } }),
  'key-strength': () => ofServer({ publicKey: offCurve() }),
  'no-check': () => ofServer({ extensions: { ocspNoCheck: true } }),
  'status-locations': () =>
    ofServer({
      extensions: {
        authorityInfoAccess: [
          {
            method: accessMethods.ocsp,
            location: { form: 'uniformResourceIdentifier', value: 'https://a/' },
          },
        ],
      },
    }),
}

function offCurve(): Buffer {
  const bytes = Buffer.from(keys.publicKey)
  bytes[bytes.length - 1] = bytes.readUInt8(bytes.length - 1) ^ 1
  return bytes
}

for (const [name, find] of Object.entries(only)) {
  t.test(name, async (t) => t.same(await find(), [name]))
}

/** Found by the lint of this name, perhaps among others: certificates that the builder does not make. */
const among: Readonly<Record<string, () => readonly string[]>> = {
  version: () => ofDer(certificateDer({ version: 2 }).der),
  'serial-number': () => ofDer(patched('02012a', '0201ff')),
  'validity-encoding': () => ofDer(certificateDer({ notBefore: '20241231120000Z' }).der),
  'key-usage-empty': () =>
    ofDer(certificateDer({ extensions: [extension(oids.keyUsage, Buffer.from('030100', 'hex'), true)] }).der),
  'name-characters': () => ofDer(certificateDer({ subject: name(['2.5.4.3', text('a.example\0.b')]) }).der),
  'signature-hash': () =>
    ofDer(
      certificateDer({
        extensions: [authority],
        signing: {
          identifier: sequence(oid('1.2.840.113549.1.1.5'), der(tags.null)),
          sign: ecdsaSha256.sign,
        },
      }).der,
    ),
}

function ofDer(bytes: Uint8Array): readonly string[] {
  return lintCertificate(parseCertificate(bytes)).map(({ name }) => name)
}

function patched(from: string, to: string): Buffer {
  return Buffer.from(certificateDer().der.toString('hex').replace(from, to), 'hex')
}

for (const [name, find] of Object.entries(among)) {
  t.test(name, async (t) => t.ok(find().includes(name)))
}

t.test('more that they find, and what they leave alone', async (t) => {
  const withName = (name: GeneralName) =>
    ofServer({ subject: nameOfText('O=a'), extensions: { subjectAltName: [name] } })
  const named = (value: string) => withName({ form: 'dNSName', value })
  for (const value of [
    '',
    '*',
    'a b',
    '192.0.2.1',
    '-a.example',
    'a.*.example',
    'a.example.',
    `${'a'.repeat(64)}.example`,
  ]) {
    t.same(await named(value), ['dns-names'], value)
  }
  t.same(await named('*.example.com'), [])
  const nul = sequence(der(0x82, Buffer.from('a.example\0.b')))
  t.ok(ofDer(certificateDer({ extensions: [extension(oids.subjectAltName, nul)] }).der).includes('dns-names'))
  t.same(await ofServer({ serialNumber: `00${'ff'.repeat(8)}` }), [])
  t.same(await ofServer({ notAfter: new Date('2026-10-17T23:59:59Z') }), [], '200 days to the second')
  t.same(
    await ofServer({
      extensions: { extKeyUsage: [keyPurposes.anyExtendedKeyUsage], critical: ['extKeyUsage'] },
    }),
    ['any-purpose'],
  )
  t.same(await ofServer({ extensions: { keyUsage: ['keyAgreement'] } }), [], 'keys of EC agree')
  const impossible: readonly (readonly [Signer['scheme'], KeyUsage])[] = [
    ['EdDSA', 'keyAgreement'],
    ['RS256', 'keyAgreement'],
    ['ES256', 'dataEncipherment'],
  ]
  for (const [scheme, usage] of impossible) {
    const wrong = await ofServer({
      keys: makeKeys(scheme),
      extensions: { keyUsage: ['digitalSignature', usage] },
    })
    t.same(wrong, ['key-usage-of-key'], scheme)
  }
  const sha1 = sequence(oid('1.2.840.113549.1.1.5'), der(tags.null))
  const md5 = sequence(oid('1.2.840.113549.1.1.4'), der(tags.null))
  for (const [identifier, text] of [
    [sha1, /SHA-1/],
    [md5, /1\.2\.840\.113549\.1\.1\.4/],
  ] as const) {
    const { der } = certificateDer({ signing: { identifier, sign: ecdsaSha256.sign } })
    t.match(
      lintCertificate(parseCertificate(der)).find(({ name }) => name === 'signature-hash'),
      { text },
    )
  }
})

t.test('each finding has a severity, a citation and a text, and each lint a test', async (t) => {
  const bad = sequence(
    sequence(
      der(constructed(0), integer(1)),
      der(tags.integer, Buffer.of(0)),
      ecdsaSha256.identifier,
      sequence(),
      sequence(time('20250101000000Z'), time('20240101000000Z')),
      sequence(),
      keys.publicKey,
    ),
    ecdsaSha256.identifier,
    der(tags.bitString, Buffer.of(0)),
  )
  const all = lintCertificate(parseCertificate(bad))
  t.ok(all.length > 5)
  for (const finding of all) {
    t.match(finding, { severity: /^(error|warning|notice)$/, citation: /(RFC|CA\/B)/, text: /\w/ })
  }
  const { lints } = await import('../../lib/x509/lints/all.js')
  const names = lints.map(({ name }) => name)
  t.same(names.toSorted(), [...Object.keys(only), ...Object.keys(among)].toSorted())
})
