import fc from 'fast-check'
import t from 'tap'
import { toPem } from '../../lib/crypto/index.js'
import { isMortiseError } from '../../lib/errors/index.js'
import {
  accessMethods,
  buildCertificate,
  buildCrl,
  buildRequest,
  type Certificate,
  type CertificateTemplate,
  ipBytes,
  keyIdentifier,
  keyPurposes,
  type Name,
  nameOf,
  nameOfText,
  parseTbsCertificate,
  practiceStatement,
  randomSerialNumber,
  validatePath,
} from '../../lib/x509/index.js'
import { openssl } from './openssl.js'
import { type Keys, makeKeys, schemes } from './signers.js'

const invalid = { code: 'MORTISE_X509_INVALID' }
const at = new Date('2025-01-01T00:00:00Z')
const root = nameOfText('CN=root,O=Example')

function template(keys: Keys, more: Partial<CertificateTemplate> = {}): CertificateTemplate {
  return {
    serialNumber: randomSerialNumber(),
    issuer: root,
    notBefore: new Date('2024-01-01T00:00:00Z'),
    notAfter: new Date('2050-01-01T00:00:00Z'),
    subject: nameOfText('CN=leaf'),
    publicKey: keys.publicKey,
    extensions: {},
    ...more,
  }
}

function selfSigned(keys: Keys): Promise<Certificate> {
  const identifier = keyIdentifier(keys.publicKey)
  const extensions = {
    basicConstraints: { cA: true },
    keyUsage: ['keyCertSign', 'cRLSign'],
    subjectKeyIdentifier: identifier,
    authorityKeyIdentifier: { keyIdentifier: identifier },
  } as const
  return buildCertificate(template(keys, { subject: root, extensions }), keys.signer)
}

t.test('a certificate by every scheme is valid, and openssl says so', async (t) => {
  for (const scheme of schemes) {
    const keys = makeKeys(scheme)
    const anchor = await selfSigned(keys)
    const leaf = await buildCertificate(
      template(makeKeys(), {
        extensions: { authorityKeyIdentifier: { keyIdentifier: keyIdentifier(keys.publicKey) } },
      }),
      keys.signer,
    )
    const { path } = validatePath({ leaf, intermediates: [], anchors: [anchor], at, policy: 'compatible' })
    t.equal(path.length, 2, scheme)
    const files = { root: toPem('x509', anchor.der), leaf: toPem('x509', leaf.der) }
    const { ok, text } = openssl(['verify', '-x509_strict', '-CAfile', 'root', 'leaf'], files)
    t.ok(ok, `${scheme}: ${text}`)
  }
})

t.test('every extension is written as it is read', async (t) => {
  const keys = makeKeys()
  const uri = (value: string) => ({ form: 'uniformResourceIdentifier', value }) as const
  const extensions = {
    basicConstraints: { cA: true, pathLength: 300 },
    keyUsage: ['digitalSignature', 'keyCertSign', 'decipherOnly'],
    extKeyUsage: [keyPurposes.serverAuth, keyPurposes.clientAuth],
    subjectAltName: [
      { form: 'dNSName', value: 'example.com' },
      { form: 'rfc822Name', value: 'a@example.com' },
      uri('https://example.com/'),
      { form: 'iPAddress', value: ipBytes('192.0.2.1')! },
      { form: 'iPAddress', value: ipBytes('2001:db8::1')! },
      { form: 'directoryName', value: nameOfText('CN=d,C=DE') },
      { form: 'otherName', type: '1.2.3', value: Buffer.of(5, 0) },
    ],
    subjectKeyIdentifier: Buffer.of(1),
    authorityKeyIdentifier: {
      keyIdentifier: Buffer.of(2),
      authorityCertIssuer: [{ form: 'directoryName', value: root }],
      authorityCertSerialNumber: Buffer.of(3),
    },
    nameConstraints: {
      permitted: [
        { form: 'dNSName', value: 'example.com' },
        { form: 'iPAddress', value: Buffer.from('c0000200ffffff00', 'hex') },
      ],
      excluded: [{ form: 'rfc822Name', value: '.example.org' }],
    },
    certificatePolicies: [
      { policy: '2.23.140.1.2.1', qualifiers: [] },
      { policy: '1.3.6.1.4.1.1.1', qualifiers: [practiceStatement('https://example.com/cps')] },
    ],
    policyMappings: [{ issuerDomainPolicy: '1.2.3', subjectDomainPolicy: '1.2.4' }],
    policyConstraints: { requireExplicitPolicy: 0, inhibitPolicyMapping: 200 },
    inhibitAnyPolicy: 1,
    cRLDistributionPoints: [
      {
        distributionPoint: { fullName: [uri('http://example.com/crl')] },
        reasons: ['keyCompromise', 'aACompromise'],
        cRLIssuer: [{ form: 'directoryName', value: root }],
      },
      { distributionPoint: { nameRelativeToCRLIssuer: nameOfText('CN=a+OU=b').relativeNames[0]! } },
    ],
    freshestCRL: [{ distributionPoint: { fullName: [uri('http://example.com/delta')] } }],
    authorityInfoAccess: [
      { method: accessMethods.ocsp, location: uri('http://example.com/ocsp') },
      { method: accessMethods.caIssuers, location: uri('http://example.com/ca') },
    ],
    ocspNoCheck: true,
    other: [{ type: '1.2.3.4', isCritical: true, value: Buffer.of(5, 0) }],
    critical: ['extKeyUsage'],
  } as const
  const certificate = await buildCertificate(template(keys, { extensions }), keys.signer)
  const { critical, other, ...known } = extensions
  for (const [name, value] of Object.entries(known)) {
    t.match(certificate.extensions[name as keyof typeof known], value, name)
  }
  t.same(certificate.extensions.unknownCritical, ['1.2.3.4'])
  t.same(certificate.extensions.all.at(-1), other[0])
  t.same([...certificate.extensions.critical].toSorted(), [
    'basicConstraints',
    'extKeyUsage',
    'inhibitAnyPolicy',
    'keyUsage',
    'nameConstraints',
    'policyConstraints',
    'policyMappings',
  ])
  const { ok, text } = openssl(['x509', '-in', 'leaf', '-noout', '-text'], {
    leaf: toPem('x509', certificate.der),
  })
  t.ok(ok)
  const said = [
    'X509v3 Basic Constraints: critical\n                CA:TRUE, pathlen:300',
    'Digital Signature, Certificate Sign, Decipher Only',
    'DNS:example.com, email:a@example.com, URI:https://example.com/, IP Address:192.0.2.1, IP Address:2001:DB8:0:0:0:0:0:1, DirName:',
    'TLS Web Server Authentication, TLS Web Client Authentication',
    'DirName:/O=Example/CN=root',
    'IP:192.0.2.0/255.255.255.0',
    'email:.example.org',
    'CPS: https://example.com/cps',
    'Key Compromise, AA Compromise',
    'OCSP - URI:http://example.com/ocsp',
    'CA Issuers - URI:http://example.com/ca',
    'Require Explicit Policy:0, Inhibit Policy Mapping:200',
    'X509v3 Freshest CRL',
    '1.2.3.4: critical',
  ]
  for (const line of said) t.ok(text.includes(line), line)
})

t.test(
  'the subject is left out where alternative names say who it is, which are critical then',
  async (t) => {
    const keys = makeKeys()
    const subjectAltName = [{ form: 'dNSName', value: 'example.com' }] as const
    const nameless = { subject: nameOf([]), extensions: { subjectAltName } }
    const certificate = await buildCertificate(template(keys, nameless), keys.signer)
    t.same([...certificate.extensions.critical], ['subjectAltName'])
    const named = await buildCertificate(template(keys, { extensions: { subjectAltName } }), keys.signer)
    t.same([...named.extensions.critical], [])
  },
)

t.test('times', async (t) => {
  const keys = makeKeys()
  const notBefore = new Date('2049-12-31T23:59:59.900Z')
  const notAfter = new Date('2050-01-01T00:00:00Z')
  const certificate = await buildCertificate(template(keys, { notBefore, notAfter }), keys.signer)
  t.same(certificate.notBefore, new Date('2049-12-31T23:59:59Z'))
  t.same(certificate.notAfter, notAfter)
  const { text } = openssl(['asn1parse', '-inform', 'DER', '-in', 'leaf'], { leaf: certificate.der })
  t.match(text, /UTCTIME +:491231235959Z/)
  t.match(text, /GENERALIZEDTIME +:20500101000000Z/)
  for (const date of [new Date(Number.NaN), new Date('+010000-01-01T00:00:00Z')]) {
    await t.rejects(buildCertificate(template(keys, { notAfter: date }), keys.signer), invalid)
  }
})

t.test('serial numbers', async (t) => {
  const keys = makeKeys()
  const numbers = Array.from({ length: 100 }, randomSerialNumber)
  t.equal(new Set(numbers).size, 100)
  t.ok(numbers.every((number) => /^[4-7][0-9a-f]{39}$/.test(number)))
  for (const serialNumber of ['01', '0080', '7f'.repeat(20)]) {
    const certificate = await buildCertificate(template(keys, { serialNumber }), keys.signer)
    t.equal(certificate.serialNumber, serialNumber)
  }
  for (const serialNumber of ['', '00', '80', '0001', '1', '7F', 'xx', '7f'.repeat(21)]) {
    await t.rejects(buildCertificate(template(keys, { serialNumber }), keys.signer), invalid, serialNumber)
  }
})

t.test('a signer sees what it signs, and may refuse', async (t) => {
  const keys = makeKeys()
  const refusing = {
    scheme: keys.signer.scheme,
    sign: (message: Buffer) => {
      throw new Error(`not ${parseTbsCertificate(message).subject.text}`)
    },
  }
  await t.rejects(buildCertificate(template(keys), refusing), { message: 'not CN=leaf' })
})

t.test('what cannot be said is refused', async (t) => {
  const keys = makeKeys()
  const refused = (more: Partial<CertificateTemplate>, what: string) =>
    t.rejects(buildCertificate(template(keys, more), keys.signer), invalid, what)
  const name = (value: string) => ({ extensions: { subjectAltName: [{ form: 'dNSName', value } as const] } })
  await refused(name('a\0.example.com'), 'a NUL')
  await refused(name('ä.example.com'), 'not ASCII')
  await refused({ extensions: { subjectAltName: [] } }, 'no alternative name')
  await refused({ extensions: { subjectAltName: [{ form: 'unsupported' }] } }, 'a form that is not known')
  await refused(
    { extensions: { subjectAltName: [{ form: 'iPAddress', value: Buffer.alloc(5) }] } },
    'address',
  )
  await refused({ extensions: { basicConstraints: { cA: true, pathLength: -1 } } }, 'a negative path length')
  await refused({ extensions: { extKeyUsage: ['serverAuth'] } }, 'no object identifier')
  await refused({ publicKey: Buffer.of(0x30, 0) }, 'no key')
  const twice = { type: '2.5.29.15', isCritical: false, value: Buffer.of(3, 1, 0) }
  await refused({ extensions: { keyUsage: ['cRLSign'], other: [twice] } }, 'an extension twice')
  for (const text of ['CN', 'CN=a,', 'X=a', 'C=Ä', 'emailAddress=ä@b', 'CN=a\\00b', '3.1=a', '1.40=a']) {
    t.throws(() => nameOfText(text), invalid, text)
  }
  t.throws(() => nameOf([{ type: 'CN', value: '' }]), invalid)
})

t.test('names', async (t) => {
  const one = nameOf([
    { type: 'c', value: 'DE' },
    { type: 'DC', value: 'example' },
    { type: '2.5.4.10', value: 'Sue, Grabbit and Runn' },
    { type: 'CN', value: ' Lučić ' },
  ])
  t.equal(one.text, 'CN=\\ Lučić\\ ,O=Sue\\, Grabbit and Runn,DC=example,C=DE')
  for (const text of [one.text, 'OU=a+CN=b,O=c', '', '1.2.3=#040141,CN=x'])
    t.equal(nameOfText(nameOfText(text).text).text, nameOfText(text).text)
  t.same(nameOfText(one.text).der, one.der)
  t.ok(nameOfText('').isEmpty)
  const keys = makeKeys()
  const { der } = await buildCertificate(template(keys, { subject: one }), keys.signer)
  const { text } = openssl(
    ['x509', '-inform', 'DER', '-in', 'leaf', '-noout', '-subject', '-nameopt', 'RFC2253,show_type'],
    {
      leaf: der,
    },
  )
  t.match(
    text,
    'CN=UTF8STRING:\\ Lu\\C4\\8Di\\C4\\87\\ ,O=UTF8STRING:Sue\\, Grabbit and Runn,DC=IA5STRING:example,C=PRINTABLESTRING:DE',
  )
})

t.test('a name is its text, whatever stands in it', async (t) => {
  const property = fc.property(fc.string({ unit: 'grapheme', minLength: 1 }), (value) => {
    let name: Name
    try {
      name = nameOf([
        { type: 'O', value },
        { type: 'CN', value: 'a' },
      ])
    } catch (error) {
      return isMortiseError(error, 'MORTISE_X509_INVALID') && /[\p{Cc}\p{Cs}]/u.test(value)
    }
    return nameOfText(name.text).equals(name)
  })
  t.doesNotThrow(() => fc.assert(property, { numRuns: 2_000 }))
})

t.test('a request by every scheme, verified by openssl', async (t) => {
  for (const scheme of schemes) {
    const keys = makeKeys(scheme)
    const subject = nameOfText('CN=billing,O=Example')
    const extensions = { subjectAltName: [{ form: 'dNSName', value: 'example.com' }] } as const
    const request = await buildRequest({ subject, publicKey: keys.publicKey, extensions }, keys.signer)
    t.same(request.subject.der, subject.der)
    const files = { request: toPem('pkcs10', request.der) }
    const { ok, text } = openssl(['req', '-in', 'request', '-verify', '-noout', '-text'], files)
    t.ok(ok && text.includes('self-signature verify OK') && text.includes('DNS:example.com'), scheme)
  }
  const { publicKey, signer } = makeKeys()
  const bare = await buildRequest({ subject: root, publicKey }, signer)
  t.same(bare.attributes, [])
  t.ok(openssl(['req', '-inform', 'DER', '-in', 'request', '-verify', '-noout'], { request: bare.der }).ok)
  await t.rejects(buildRequest({ subject: root, publicKey }, makeKeys().signer), invalid, 'another key')
})

t.test('a CRL by every scheme, verified by openssl', async (t) => {
  const revoked = [
    { serialNumber: '0102', revocationDate: at, reason: 'unspecified' },
    { serialNumber: '7f', revocationDate: at, reason: 'keyCompromise', invalidityDate: new Date(0) },
  ] as const
  for (const scheme of schemes) {
    const keys = makeKeys(scheme)
    const anchor = await selfSigned(keys)
    const crl = await buildCrl(
      {
        issuer: root,
        thisUpdate: at,
        nextUpdate: new Date('2051-01-01T00:00:00Z'),
        revoked,
        extensions: {
          cRLNumber: 128n,
          authorityKeyIdentifier: { keyIdentifier: keyIdentifier(keys.publicKey) },
          issuingDistributionPoint: { onlyContainsUserCerts: true },
        },
      },
      keys.signer,
    )
    const files = { crl: toPem('crl', crl), root: toPem('x509', anchor.der) }
    const { ok, text } = openssl(['crl', '-in', 'crl', '-CAfile', 'root', '-noout', '-text'], files)
    t.ok(ok && text.includes('verify OK'), scheme)
    const said = [
      'Serial Number: 0102',
      'Key Compromise',
      'Invalidity Date: \n                Jan  1 00:00:00 1970 GMT',
      'Only User Certificates',
      'X509v3 CRL Number: \n                128',
      'Next Update: Jan  1 00:00:00 2051 GMT',
    ]
    for (const line of said) t.ok(text.includes(line), `${scheme}: ${line}`)
    t.notOk(text.includes('Unspecified'))
  }
})

t.test('an empty CRL, a delta, an indirect one, and one that is too large', async (t) => {
  const keys = makeKeys()
  const base = { issuer: root, thisUpdate: at, nextUpdate: at, revoked: [], extensions: {} }
  const text = async (more: Partial<Parameters<typeof buildCrl>[0]>) =>
    openssl(['crl', '-inform', 'DER', '-in', 'crl', '-noout', '-text'], {
      crl: await buildCrl({ ...base, ...more }, keys.signer),
    }).text
  t.match(await text({}), 'No Revoked Certificates')
  t.match(
    await text({ extensions: { cRLNumber: 3n, deltaCRLIndicator: 2n } }),
    'Delta CRL Indicator: critical',
  )
  const issuer = [{ form: 'directoryName', value: nameOfText('CN=other') } as const]
  const entry = { serialNumber: '01', revocationDate: at, certificateIssuer: issuer }
  const indirect = await text({
    revoked: [entry],
    extensions: { issuingDistributionPoint: { indirectCRL: true } },
  })
  t.match(indirect, 'Certificate Issuer: critical')
  t.match(indirect, 'Indirect CRL')
  const long = [{ form: 'directoryName', value: nameOfText(`CN=${'a'.repeat(60_000)}`) } as const]
  function* endless() {
    for (;;) yield { serialNumber: '01', revocationDate: at, certificateIssuer: long }
  }
  await t.rejects(buildCrl({ ...base, revoked: endless() }, keys.signer), { code: 'MORTISE_INPUT_TOO_LARGE' })
  for (const number of [-1n, 1n << 159n]) {
    await t.rejects(buildCrl({ ...base, extensions: { cRLNumber: number } }, keys.signer), invalid)
  }
})
