import t from 'tap'
import { certificateBlocks, parseCertificate } from '../../lib/x509/index.js'
import { authority, certificateDer, extension, make, makeAuthority, oids } from './authority.js'
import {
  bits,
  commonName,
  constructed,
  der,
  integer,
  name,
  oid,
  primitive,
  sequence,
  tags,
  text,
} from './der.js'

const invalid = { code: 'MORTISE_X509_INVALID' }

const directory = der(constructed(4), commonName('d'))
const user = der(constructed(0), oid('1.3.6.1.4.1.311.20.2.3'), der(constructed(0), text('jo@example.com')))

t.test('what a certificate says', async (t) => {
  const root = makeAuthority('root')
  const names = sequence(
    text('a@example.com', primitive(1)),
    text('example.com', primitive(2)),
    directory,
    text('https://example.com/', primitive(6)),
    der(primitive(7), Buffer.of(192, 0, 2, 1)),
    user,
    der(primitive(8), Buffer.of(0x2a)),
  )
  const { certificate, der: bytes } = make({
    issuer: root,
    extensions: [
      extension(oids.basicConstraints, sequence(), true),
      extension(oids.keyUsage, bits(Buffer.of(0x80, 0x80), 7), true),
      extension(oids.extKeyUsage, sequence(oid('1.3.6.1.5.5.7.3.2'))),
      extension(oids.subjectAltName, names),
      extension(oids.subjectKeyIdentifier, der(tags.octetString, Buffer.of(1, 2))),
      extension(oids.authorityKeyIdentifier, sequence(der(primitive(0), Buffer.of(3)))),
      extension(
        '1.3.6.1.5.5.7.1.1',
        sequence(sequence(oid('1.3.6.1.5.5.7.48.1'), text('http://o', primitive(6)))),
      ),
      extension(
        '2.5.29.31',
        sequence(sequence(der(constructed(0), der(constructed(0), text('http://c', primitive(6)))))),
      ),
      extension('1.2.3', Buffer.of(0), false),
      extension('1.2.4', Buffer.of(0), true),
    ],
  })
  t.same(certificate.der, bytes)
  t.equal(certificate.version, 3)
  t.equal(certificate.serialNumber, '2a')
  t.equal(certificate.issuer.text, 'CN=root')
  t.equal(certificate.subject.text, 'CN=leaf')
  t.same(certificate.notBefore, new Date('2024-12-31T12:00:00Z'))
  t.same(certificate.notAfter, new Date('2025-01-01T12:00:00Z'))
  t.match(certificate.publicKey.kind, { algorithm: 'EC', length: 256, curve: 'P-256' })
  t.equal(certificate.signatureAlgorithm.algorithm, '1.2.840.10045.4.3.2')
  t.same(certificate.extensions.basicConstraints, { cA: false, pathLength: undefined })
  t.same(certificate.extensions.keyUsage, ['digitalSignature', 'decipherOnly'])
  t.same(certificate.extensions.extKeyUsage, ['1.3.6.1.5.5.7.3.2'])
  t.same(certificate.extensions.subjectKeyIdentifier, Buffer.of(1, 2))
  t.match(certificate.extensions.authorityKeyIdentifier, { keyIdentifier: Buffer.of(3) })
  t.same(certificate.extensions.authorityInfoAccess, [
    {
      method: '1.3.6.1.5.5.7.48.1',
      location: { form: 'uniformResourceIdentifier', value: 'http://o' },
    },
  ])
  t.same(certificate.extensions.cRLDistributionPoints, [
    {
      distributionPoint: { fullName: [{ form: 'uniformResourceIdentifier', value: 'http://c' }] },
      reasons: undefined,
      cRLIssuer: undefined,
    },
  ])
  t.match(certificate.extensions.subjectAltName, [
    { form: 'rfc822Name', value: 'a@example.com' },
    { form: 'dNSName', value: 'example.com' },
    { form: 'directoryName', value: { text: 'CN=d' } },
    { form: 'uniformResourceIdentifier', value: 'https://example.com/' },
    { form: 'iPAddress', value: Buffer.of(192, 0, 2, 1) },
    { form: 'otherName', userPrincipalName: 'jo@example.com' },
    { form: 'unsupported' },
  ])
  t.same([...certificate.extensions.critical], ['basicConstraints', 'keyUsage'])
  t.same(certificate.extensions.unknownCritical, ['1.2.4'])
})

t.test('it is read from a copy', async (t) => {
  const { der: bytes } = certificateDer()
  const certificate = parseCertificate(bytes)
  bytes.fill(0)
  t.equal(certificate.der[0], tags.sequence)
})

t.test('PEM', async (t) => {
  const { der: bytes } = certificateDer()
  const block = (label: string, body: string) => `-----BEGIN ${label}-----\n${body}\n-----END ${label}-----\n`
  const pem = block('CERTIFICATE', bytes.toString('base64'))
  t.same(parseCertificate(pem).der, bytes)
  t.same(parseCertificate(Buffer.from(pem)).der, bytes)
  for (const broken of [
    '',
    'x',
    pem + pem,
    block('PUBLIC KEY', ''),
    pem.replace('END', 'BEGIN'),
    pem.slice(0, 80),
  ]) {
    t.throws(() => parseCertificate(broken), invalid)
  }
})

t.test('several certificates in one text', async (t) => {
  const one = '-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----'
  const key = one.replaceAll('CERTIFICATE', 'PRIVATE KEY')
  const blocks = (text: string, most = 3) => certificateBlocks('the file', text, most)
  t.strictSame(blocks(`subject=CN=a - b\n${one}\r\n\r\nnotes\n${one}`), [one, one])
  const invalid = 'MORTISE_INPUT_INVALID'
  for (const [text, message] of [
    ['', /^the file must be 1 to 3 certificates as PEM$/],
    [one.repeat(4), /1 to 3/],
    [one + key, /^the file has a PRIVATE KEY in it/],
    [one + one.slice(0, 40), /1 to 3/],
    [one.replace('AAAA', 'AA-AA'), /1 to 3/],
  ] as const)
    t.throws(() => blocks(text), { code: invalid, message })
  t.throws(() => blocks(one + one, 1), { code: invalid, message: /one certificate as PEM/ })
  t.throws(() => blocks('x'.repeat(1_000_001)), { code: 'MORTISE_INPUT_TOO_LARGE' })
  // Beginnings without an end are looked at once each.
  t.throws(() => blocks('-----BEGIN CERTIFICATE-----'.repeat(37_000)), { code: invalid })
})

t.test('limits come before anything is read', async (t) => {
  t.throws(() => parseCertificate(Buffer.alloc(65_537)), { code: 'MORTISE_INPUT_TOO_LARGE' })
  t.throws(() => parseCertificate('-'.repeat(131_073)), { code: 'MORTISE_INPUT_TOO_LARGE' })
  t.throws(() => parseCertificate(Buffer.alloc(65_536, 0x30)), invalid)
})

t.test('what is not as RFC 5280 has it is refused', async (t) => {
  const refused = (bytes: Uint8Array, what: string) => t.throws(() => parseCertificate(bytes), invalid, what)
  const { der: sound } = certificateDer({ extensions: [authority] })
  refused(Buffer.concat([sound, Buffer.of(0)]), 'bytes behind it')
  refused(Buffer.alloc(0), 'nothing')
  refused(certificateDer({ version: 2, extensions: [authority] }).der, 'extensions in version 2')
  refused(certificateDer({ version: 1, extensions: [authority] }).der, 'extensions in version 1')
  refused(certificateDer({ version: 4 }).der, 'version 4')
  refused(certificateDer({ extensions: [authority, authority] }).der, 'an extension twice')
  refused(certificateDer({ notBefore: '2412311200Z' }).der, 'a time without seconds')
  refused(certificateDer({ subject: integer(1) }).der, 'a subject that is no name')
  // The object identifier of the outer algorithm ends 01 2.. 04 03 02 before the signature.
  const outer = sound.lastIndexOf(Buffer.from('06082a8648ce3d040302', 'hex'))
  const changed = Buffer.from(sound)
  changed[outer + 9] = 3
  refused(changed, 'two signature algorithms')
  t.ok(parseCertificate(sound))
  t.equal(parseCertificate(certificateDer({ version: 1 }).der).version, 1)
  t.equal(parseCertificate(certificateDer({ version: 2 }).der).version, 2)
})

const policy = (type: string) => sequence(oid(type))
const broken: Readonly<Record<string, readonly [type: string, value: Uint8Array]>> = {
  'basic constraints with a default spelt out': [
    oids.basicConstraints,
    sequence(der(tags.boolean, Buffer.of(0))),
  ],
  'a negative path length': [oids.basicConstraints, sequence(der(tags.integer, Buffer.of(0xff)))],
  'key usage that is no BIT STRING': [oids.keyUsage, integer(1)],
  'no extended key usage': [oids.extKeyUsage, sequence()],
  'no alternative name': [oids.subjectAltName, sequence()],
  'an alternative name of no form': [oids.subjectAltName, sequence(der(primitive(9)))],
  'a DNS name that is not ASCII': [oids.subjectAltName, sequence(text('ä.example', primitive(2)))],
  'an address of 5 bytes': [oids.subjectAltName, sequence(der(primitive(7), Buffer.alloc(5)))],
  'a user principal name that is no UTF8String': [
    oids.subjectAltName,
    sequence(der(constructed(0), oid('1.3.6.1.4.1.311.20.2.3'), der(constructed(0), integer(1)))),
  ],
  'name constraints that constrain nothing': [oids.nameConstraints, sequence()],
  'empty subtrees': [oids.nameConstraints, sequence(der(constructed(0)))],
  'a subtree with a minimum': [
    oids.nameConstraints,
    sequence(der(constructed(0), sequence(text('a', primitive(2)), der(primitive(0), Buffer.of(0))))),
  ],
  'an address without a mask': [
    oids.nameConstraints,
    sequence(der(constructed(0), sequence(der(primitive(7), Buffer.alloc(4))))),
  ],
  'a policy twice': [oids.certificatePolicies, sequence(policy('1.2.3'), policy('1.2.3'))],
  'no policy mapping': ['2.5.29.33', sequence()],
  'policy constraints that constrain nothing': ['2.5.29.36', sequence()],
  'an issuer without a serial number': [
    oids.authorityKeyIdentifier,
    sequence(der(constructed(1), directory)),
  ],
  'a distribution point that names nothing': ['2.5.29.31', sequence(sequence())],
  'bytes behind the value': [oids.keyUsage, Buffer.concat([bits(Buffer.of(0x80), 7), Buffer.of(0)])],
}

for (const [what, [type, value]] of Object.entries(broken)) {
  t.test(`refused: ${what}`, async (t) => {
    t.throws(() => make({ extensions: [extension(type, value)] }), invalid)
  })
}

t.test('a name with a long text is no reason to fail', async (t) => {
  const { certificate } = make({ subject: name(['2.5.4.3', text('a'.repeat(20_000))]) })
  t.equal(certificate.subject.text.length, 20_003)
})
