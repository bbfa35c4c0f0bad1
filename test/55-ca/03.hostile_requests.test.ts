import { createSign, generateKeyPairSync } from 'node:crypto'
import t from 'tap'
import { nameOfText } from '../../lib/x509/index.js'
import { oid, der as tlv } from '../15-x509/der.js'
import { outcome } from '../support/key_house.js'
import { CaHouse } from './house.js'

const pair = generateKeyPairSync('ec', { namedCurve: 'P-256' })
const spki = pair.publicKey.export({ type: 'spki', format: 'der' })
const ecdsaWithSha256 = Buffer.from('300a06082a8648ce3d040302', 'hex')

interface Parts {
  readonly subject?: Uint8Array
  readonly spki?: Buffer
  /** DER of the extensions asked for. */
  readonly extensions?: readonly Uint8Array[]
  readonly attributes?: readonly Uint8Array[]
  readonly sign?: (info: Buffer) => Buffer
}

const signed = (info: Buffer) => createSign('sha256').update(info).sign(pair.privateKey)

/** PKCS#10 as nobody's library writes it. */
function request(parts: Parts = {}): Buffer {
  const { subject = nameOfText('CN=www.example.org').der, extensions = [], sign = signed } = parts
  const asked =
    extensions.length === 0
      ? []
      : [tlv(0x30, Buffer.from('06092a864886f70d01090e', 'hex'), tlv(0x31, tlv(0x30, ...extensions)))]
  const info = tlv(
    0x30,
    Buffer.from('020100', 'hex'),
    subject,
    parts.spki ?? spki,
    tlv(0xa0, ...asked, ...(parts.attributes ?? [])),
  )
  return tlv(0x30, info, ecdsaWithSha256, tlv(0x03, Buffer.from([0]), sign(info)))
}

function extension(type: string, value: Uint8Array, critical = false): Buffer {
  const flag = critical ? [Buffer.from('0101ff', 'hex')] : []
  return tlv(0x30, oid(type), ...flag, tlv(0x04, value))
}

const alternative = (...names: readonly Uint8Array[]) => extension('2.5.29.17', tlv(0x30, ...names))
const dns = (name: string) => tlv(0x82, Buffer.from(name, 'latin1'))
const commonName = (bytes: Buffer) =>
  tlv(0x30, tlv(0x31, tlv(0x30, Buffer.from('0603550403', 'hex'), tlv(0x0c, bytes))))

const malformed = 'MORTISE_X509_INVALID'
const refused = 'MORTISE_CERTIFICATE_REFUSED'
const tooLarge = 'MORTISE_INPUT_TOO_LARGE'

/** What each is refused with, as a server's. */
const hostile: Readonly<Record<string, readonly [Uint8Array | string, string]>> = {
  empty: [Buffer.alloc(0), malformed],
  'no text of a request': ['hello', malformed],
  'a certificate in its place': ['-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n', malformed],
  'cut off': [request().subarray(0, 100), malformed],
  'with something behind it': [Buffer.concat([request(), Buffer.from([0])]), malformed],
  'nested without end': [Buffer.alloc(60_000, 0x30), malformed],
  huge: [Buffer.alloc(10_000_000, 0x30), tooLarge],
  'huge text': ['x'.repeat(10_000_000), tooLarge],
  'with thousands of names': [
    request({
      extensions: [alternative(...Array.from({ length: 20_000 }, (_, i) => dns(`a${i}.example.org`)))],
    }),
    tooLarge,
  ],
  'with hundreds of names': [
    request({
      extensions: [alternative(...Array.from({ length: 300 }, (_, i) => dns(`a${i}.example.org`)))],
    }),
    refused,
  ],
  'signed with another key': [
    request({
      sign: (info) =>
        createSign('sha256')
          .update(info)
          .sign(generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey),
    }),
    malformed,
  ],
  'signed over something else': [request({ sign: () => signed(Buffer.from('something else')) }), malformed],
  'not signed': [request({ sign: () => Buffer.alloc(0) }), malformed],
  'that asks for CA bits': [
    request({ extensions: [extension('2.5.29.19', Buffer.from('30030101ff', 'hex'), true)] }),
    refused,
  ],
  'that asks to sign certificates': [
    request({ extensions: [extension('2.5.29.15', Buffer.from('03020204', 'hex'), true)] }),
    refused,
  ],
  'with an extension twice': [
    request({ extensions: [alternative(dns('a.example.org')), alternative(dns('b.example.org'))] }),
    malformed,
  ],
  'with its extensions twice': [
    request({
      extensions: [alternative(dns('a.example.org'))],
      attributes: [
        tlv(
          0x30,
          Buffer.from('06092a864886f70d01090e', 'hex'),
          tlv(0x31, tlv(0x30, extension('2.5.29.19', Buffer.from('30030101ff', 'hex')))),
        ),
      ],
    }),
    malformed,
  ],
  'with a NUL in a DNS name': [
    request({ extensions: [alternative(dns('www.example.org\0.evil.example'))] }),
    refused,
  ],
  'with a NUL in its common name': [
    request({ subject: commonName(Buffer.from('www.example.org\0.evil.example')) }),
    refused,
  ],
  'with a line end in its common name': [
    request({ subject: commonName(Buffer.from('www\n.example.org')) }),
    refused,
  ],
  'with an address for a DNS name': [request({ extensions: [alternative(dns('10.0.0.1'))] }), refused],
  'with a directory name': [
    request({ extensions: [alternative(tlv(0xa4, nameOfText('CN=x').der))] }),
    refused,
  ],
  'with an address of five bytes': [
    request({ extensions: [alternative(tlv(0x87, Buffer.alloc(5)))] }),
    malformed,
  ],
  'with no name at all': [request({ subject: nameOfText('').der }), refused],
  'with a point that is not on the curve': [
    request({ spki: Buffer.concat([spki.subarray(0, spki.length - 1), Buffer.from([1])]) }),
    malformed,
  ],
}

t.test('Hostile requests are refused, each with its error', async (t) => {
  const ca = await CaHouse.build(t)
  await ca.root()
  t.ok(await ca.olga.certify('root', { profile: 'server', request: request() }), 'as it is meant')
  for (const [name, [bytes, code]] of Object.entries(hostile)) {
    t.equal(
      await outcome(ca.olga.prepareCertificate('root', { profile: 'server', request: bytes })),
      code,
      name,
    )
  }
  t.match(await ca.olga.certificates('root'), { total: 1 })
})

t.test('What a request asks for beside names is the profile’s to say, and is told', async (t) => {
  const ca = await CaHouse.build(t)
  await ca.root()
  const asked = request({
    extensions: [
      alternative(dns('www.example.org')),
      extension('2.5.29.37', Buffer.from('300a06082b06010505070303', 'hex')),
      extension('1.3.6.1.4.1.99999.7', Buffer.from('0500', 'hex'), true),
    ],
  })
  const prepared = await ca.olga.prepareCertificate('root', { profile: 'server', request: asked })
  t.same(prepared.ignored, ['2.5.29.37', '1.3.6.1.4.1.99999.7'])
})

t.test('Weak keys are refused', async (t) => {
  const ca = await CaHouse.build(t)
  await ca.root()
  const weak = generateKeyPairSync('rsa', { modulusLength: 1024 }).publicKey
  const dsa = generateKeyPairSync('dsa', { modulusLength: 2048, divisorLength: 256 }).publicKey
  const koblitz = generateKeyPairSync('ec', { namedCurve: 'secp256k1' }).publicKey
  const exponent = generateKeyPairSync('rsa', { modulusLength: 2048, publicExponent: 3 }).publicKey
  for (const [name, key] of Object.entries({ weak, dsa, koblitz, exponent })) {
    const publicKey = key.export({ type: 'spki', format: 'pem' }).toString()
    const input = { profile: 'client', publicKey, subject: 'CN=x' }
    t.not(await outcome(ca.olga.prepareCertificate('root', input)), 'ok', name)
  }
})

t.test('A lint that fails is named', async (t) => {
  const ca = await CaHouse.build(t)
  await ca.root()
  const asked = { profile: 'client', request: request(), subject: 'CN=x,C=Germany' }
  await t.rejects(ca.olga.prepareCertificate('root', asked), { code: refused, details: { lints: 'country' } })
  const close = generateKeyPairSync('rsa', { modulusLength: 2048, publicExponent: 3 }).publicKey
  const publicKey = close.export({ type: 'spki', format: 'pem' }).toString()
  await t.rejects(ca.olga.prepareCertificate('root', { profile: 'client', publicKey, subject: 'CN=x' }), {
    code: refused,
    details: { lints: 'key-strength' },
  })
  t.match(await ca.olga.prepareCertificate('root', { profile: 'server', request: request(), days: 300 }), {
    warnings: [/^validity-period: /],
  })
})
