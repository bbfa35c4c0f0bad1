import fc from 'fast-check'
import t from 'tap'
import { isMortiseError } from '../../lib/errors/index.js'
import { buildRequest, nameOfText, parseRequest } from '../../lib/x509/index.js'
import { extension, oids } from './authority.js'
import { bits, commonName, constructed, der, integer, oid, primitive, sequence, tags, text } from './der.js'
import { openssl } from './openssl.js'
import { type Keys, makeKeys } from './signers.js'

const invalid = { code: 'MORTISE_X509_INVALID' }
const keys = makeKeys()
const ecdsaSha256 = sequence(oid('1.2.840.10045.4.3.2'))
const extensionRequest = '1.2.840.113549.1.9.14'
const attribute = (type: string, ...values: readonly Uint8Array[]) =>
  sequence(oid(type), der(tags.set, ...values))
const sanOf = (...names: readonly Uint8Array[]) => extension(oids.subjectAltName, sequence(...names))
const dns = (value: string) => text(value, primitive(2))

/** A request of these attributes, signed by the key that stands in it. */
async function signed(
  attributes: readonly Uint8Array[],
  { publicKey, signer }: Keys = keys,
  version = 0,
  identifier = ecdsaSha256,
): Promise<Buffer> {
  const info = sequence(integer(version), commonName('leaf'), publicKey, der(constructed(0), ...attributes))
  return sequence(info, identifier, bits(await signer.sign(info)))
}

t.test('a request of openssl', async (t) => {
  const key = keys.privateKey.export({ format: 'pem', type: 'pkcs8' }).toString()
  const { text: pem } = openssl(
    ['req', '-new', '-key', 'key', '-subj', '/O=Example/CN=a', '-addext', 'subjectAltName=DNS:a.example'],
    { key },
  )
  for (const input of [pem, pem.replaceAll('CERTIFICATE REQUEST', 'NEW CERTIFICATE REQUEST')]) {
    const request = parseRequest(input)
    t.equal(request.subject.text, 'CN=a,O=Example')
    t.same(request.publicKey.der, keys.publicKey)
    t.same(request.extensions.subjectAltName, [{ form: 'dNSName', value: 'a.example' }])
    t.same(request.attributes, [extensionRequest])
  }
})

t.test('attributes', async (t) => {
  const challenge = attribute('1.2.840.113549.1.9.7', text('secret'))
  const wanted = attribute(extensionRequest, sequence(sanOf(dns('a.example'))))
  const request = parseRequest(await signed([challenge, wanted]))
  t.same(request.attributes, ['1.2.840.113549.1.9.7', extensionRequest])
  t.same(request.extensions.subjectAltName, [{ form: 'dNSName', value: 'a.example' }])
  const refused: Readonly<Record<string, readonly Uint8Array[]>> = {
    'an attribute twice': [challenge, challenge],
    'extensions in two attributes': [wanted, wanted],
    'an extension twice': [attribute(extensionRequest, sequence(sanOf(dns('a')), sanOf(dns('b'))))],
    'two lists of extensions': [
      attribute(extensionRequest, sequence(sanOf(dns('a'))), sequence(sanOf(dns('b')))),
    ],
    'no list of extensions': [attribute(extensionRequest)],
    'an empty list of extensions': [attribute(extensionRequest, sequence())],
    'no attribute': [integer(1)],
    'too many attributes': Array.from({ length: 21 }, (_, i) => attribute(`1.2.3.${i}`, integer(1))),
    'too many extensions': [
      attribute(
        extensionRequest,
        sequence(...Array.from({ length: 101 }, (_, i) => extension(`1.2.3.${i}`, integer(1)))),
      ),
    ],
    'a broken extension': [attribute(extensionRequest, sequence(extension(oids.keyUsage, integer(1))))],
  }
  for (const [what, attributes] of Object.entries(refused)) {
    const bytes = await signed(attributes)
    t.throws(() => parseRequest(bytes), invalid, what)
  }
})

t.test('names are taken as they are, for lints and the authority to judge', async (t) => {
  const wanted = attribute(extensionRequest, sequence(sanOf(dns('a\0.example'))))
  t.same(parseRequest(await signed([wanted])).extensions.subjectAltName, [
    { form: 'dNSName', value: 'a\0.example' },
  ])
})

t.test('the signature, its algorithm and the key', async (t) => {
  const other = makeKeys()
  const foreign = await signed([], { ...keys, signer: other.signer })
  t.throws(() => parseRequest(foreign), { ...invalid, message: /is not signed by the key/ })
  const version = await signed([], keys, 1)
  t.throws(() => parseRequest(version), invalid)
  const md5 = await signed([], keys, 0, sequence(oid('1.2.840.113549.1.1.4'), der(tags.null)))
  t.throws(() => parseRequest(md5), { ...invalid, message: /1\.2\.840\.113549\.1\.1\.4/ })
  const offCurve = Buffer.from(keys.publicKey)
  offCurve[offCurve.length - 1] = offCurve.at(-1)! ^ 1
  const unsound = await signed([], { ...keys, publicKey: offCurve })
  t.throws(() => parseRequest(unsound), { ...invalid, message: /not a point of its curve|not valid/ })
  const secp256k1 = makeKeys('ES256K')
  const compatible = await signed([], secp256k1)
  t.throws(() => parseRequest(compatible), { ...invalid, message: /the policy approved refuses/ })
  t.ok(parseRequest(compatible, { policy: 'compatible' }))
  const { text: short } = openssl([
    'req',
    '-new',
    '-newkey',
    'rsa:1024',
    '-nodes',
    '-keyout',
    'key',
    '-subj',
    '/CN=a',
  ])
  const pem = /-----BEGIN.*REQUEST-----/s.exec(short)?.[0] ?? ''
  t.throws(() => parseRequest(pem), { ...invalid, message: /only 1024 bits/ })
})

t.test('limits come before anything is read', async (t) => {
  t.throws(() => parseRequest(Buffer.alloc(65_537)), { code: 'MORTISE_INPUT_TOO_LARGE' })
  t.throws(() => parseRequest('-'.repeat(131_073)), { code: 'MORTISE_INPUT_TOO_LARGE' })
  const names = Array.from({ length: 20_000 }, () => dns('a'))
  const many = await signed([attribute(extensionRequest, sequence(sanOf(...names)))])
  t.throws(() => parseRequest(many), invalid, 'more names than anybody has')
})

t.test(
  'no byte of a request can be changed, and whatever is done to it, it is refused by a typed error',
  async (t) => {
    const extensions = { subjectAltName: [{ form: 'dNSName', value: 'a.example' }] } as const
    const { der } = await buildRequest(
      { subject: nameOfText('CN=a'), publicKey: keys.publicKey, extensions },
      keys.signer,
    )
    const isRefused = (bytes: Uint8Array) => {
      try {
        parseRequest(bytes)
        return false
      } catch (error) {
        return isMortiseError(error, 'MORTISE_X509_INVALID')
      }
    }
    t.notOk(isRefused(der))
    const accepted = [...der.keys()].filter((i) => {
      const bytes = Buffer.from(der)
      bytes[i] = bytes.readUInt8(i) ^ (1 << (i % 8))
      return !isRefused(bytes)
    })
    t.same(accepted, [])
    const edit = fc.record({
      at: fc.nat(der.length),
      remove: fc.nat(20),
      insert: fc.uint8Array({ maxLength: 20 }),
    })
    const property = fc.property(fc.array(edit, { minLength: 1, maxLength: 4 }), (edits) => {
      let bytes = Buffer.from(der)
      for (const { at, remove, insert } of edits) {
        bytes = Buffer.concat([bytes.subarray(0, at), insert, bytes.subarray(at + remove)])
      }
      return isRefused(bytes) !== bytes.equals(der)
    })
    t.doesNotThrow(() => fc.assert(property, { numRuns: 2_000 }))
  },
)
