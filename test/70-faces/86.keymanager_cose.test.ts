/** COSE_Sign1 and CBOR Web Tokens of MOSIP's Keymanager, against CBOR of the test's own. */
import { constants, createPublicKey, generateKeyPairSync, verify, X509Certificate } from 'node:crypto'
import t from 'tap'
import { certificateOf } from '../support/mosip.js'
import { Face } from './face.js'
import { b64, KeymanagerClient } from './keymanager.js'

// ES256K is not approved.
const face = await Face.open(
  t,
  { '--faces-keymanager': 'true', '--limits-failures': '0' },
  { policy: 'compatible' },
)
const client = await KeymanagerClient.on(face, ['ID_REPO', 'KERNEL'])
const answered = client.answered.bind(client)
const refused = client.refused.bind(client)

class Tag {
  constructor(
    readonly tag: number,
    readonly value: unknown,
  ) {}
}

/** RFC 8949 section 3, as far as it takes. */
function cbor(value: unknown): Buffer {
  const head = (major: number, argument: number) => {
    const bytes = argument < 24 ? 0 : argument < 0x100 ? 1 : argument < 0x10000 ? 2 : 4
    const out = Buffer.alloc(1 + bytes)
    out[0] = (major << 5) | (bytes === 0 ? argument : 23 + Math.log2(bytes) + 1)
    if (bytes > 0) out.writeUIntBE(argument, 1, bytes)
    return out
  }
  if (typeof value === 'number') return value < 0 ? head(1, -1 - value) : head(0, value)
  if (typeof value === 'string') return Buffer.concat([head(3, Buffer.byteLength(value)), Buffer.from(value)])
  if (value instanceof Uint8Array) return Buffer.concat([head(2, value.length), value])
  if (value instanceof Tag) return Buffer.concat([head(6, value.tag), cbor(value.value)])
  if (Array.isArray(value)) return Buffer.concat([head(4, value.length), ...value.map(cbor)])
  const entries = [...(value as Map<unknown, unknown>)].map(([key, one]) => [cbor(key), cbor(one)] as const)
  entries.sort(([a], [b]) => Buffer.compare(a, b))
  return Buffer.concat([head(5, entries.length), ...entries.flat()])
}
const map = (...entries: readonly (readonly [unknown, unknown])[]) => new Map(entries)
const message = (
  shielded: Map<unknown, unknown>,
  open: Map<unknown, unknown>,
  payload: Buffer,
  signature: Buffer,
) => new Tag(18, [cbor(shielded), open, payload, signature])
const structure = (shielded: Map<unknown, unknown>, payload: Buffer) =>
  cbor(['Signature1', cbor(shielded), Buffer.alloc(0), payload])
const pss = { padding: constants.RSA_PKCS1_PSS_PADDING, saltLength: 32 }

const payload = Buffer.from([0, 0xff, 0x61])

t.test('COSE_Sign1 by each kind of key', async (t) => {
  for (const referenceId of ['EC_SECP256R1_SIGN', 'EC_SECP256K1_SIGN', 'ED25519_SIGN'])
    await answered('/generateECSignKey/CERTIFICATE', { applicationId: 'ID_REPO', referenceId })
  for (const [referenceId, algorithm, number, size, how, hash] of [
    ['', '', -257, 256, {}, 'sha256'],
    ['', 'PS256', -37, 256, pss, 'sha256'],
    ['EC_SECP256R1_SIGN', '', -7, 64, { dsaEncoding: 'ieee-p1363' }, 'sha256'],
    ['EC_SECP256K1_SIGN', '', -47, 64, { dsaEncoding: 'ieee-p1363' }, 'sha256'],
    ['ED25519_SIGN', '', -8, 64, {}, null],
  ] as const) {
    const [key] = await client.certificatesOf('ID_REPO', referenceId)
    const name = { applicationId: 'ID_REPO', referenceId }
    const { signedData } = await answered('/coseSign1', {
      ...{ ...name, payload: b64(payload), algorithm },
      unprotectedHeader: { kid: true },
    })
    const signed = Buffer.from(signedData, 'hex')
    const signature = signed.subarray(-size)
    const shielded = map([1, number])
    const open = map([4, Buffer.from(key?.keyId ?? '')])
    t.same(signed, cbor(message(shielded, open, payload, signature)), `${number}: byte for byte`)
    const by = { key: createPublicKey(key?.certificateData ?? ''), ...how }
    t.ok(verify(hash, structure(shielded, payload), by as never, signature))
    const asked = { ...name, coseSignedData: signedData }
    t.match(await answered('/coseVerify1', asked), {
      ...{ signatureValid: true, message: 'Validation Successful', trustValid: 'TRUST_NOT_VERIFIED' },
    })
    const other = {
      ...name,
      coseSignedData: cbor(message(shielded, open, Buffer.from('x'), signature)).toString('hex'),
    }
    t.match(await answered('/coseVerify1', other), { signatureValid: false })
  }
})

t.test('headers', async (t) => {
  const [key] = await client.certificatesOf('ID_REPO')
  const x509 = new X509Certificate(key?.certificateData ?? '')
  const [root] = await client.certificatesOf('ROOT')
  const name = { applicationId: 'ID_REPO', referenceId: '' }
  const { signedData } = await answered('/coseSign1', {
    ...{ ...name, payload: b64(payload) },
    protectedHeader: {
      ...{ kid: '', 'content-type': 'application/cbor', includeCertificateHash: true, crit: 'ours', ours: 1 },
      includeCertificate: true,
    },
    unprotectedHeader: {
      ...{
        kid: '',
        includeCertificateChain: true,
        iv: 'x',
        certificateUrl: 'https://x.example',
        theirs: 'y',
      },
      includeCertificateHash: true,
    },
  })
  const digest = Buffer.from(x509.fingerprint256.replaceAll(':', ''), 'hex')
  const shielded = map(
    ...([
      [1, -257],
      [2, ['ours']],
      [3, 'application/cbor'],
      [4, Buffer.from(key?.keyId ?? '')],
    ] as const),
    ...([
      [33, x509.raw],
      [34, [-16, digest]],
      ['ours', 1],
    ] as const),
  )
  const open = map([5, Buffer.from('x')], [35, new Tag(32, 'https://x.example')], ['theirs', 'y'])
  const signed = Buffer.from(signedData, 'hex')
  t.same(
    signed,
    cbor(message(shielded, open, payload, signed.subarray(-256))),
    'a label stands in one of the two',
  )
  t.match(
    await answered('/coseVerify1', { ...name, coseSignedData: signedData }),
    { signatureValid: false },
    'what is critical is not understood',
  )
  const chained = await answered('/coseSign1', {
    ...{ ...name, payload: b64(payload) },
    protectedHeader: { includeCertificateChain: true },
  })
  const whole = Buffer.from(chained.signedData, 'hex')
  const both = map([1, -257], [33, [x509.raw, new X509Certificate(root?.certificateData ?? '').raw]])
  t.same(whole, cbor(message(both, map(), payload, whole.subarray(-256))))
  t.match(await answered('/coseVerify1', { ...name, coseSignedData: chained.signedData }), {
    signatureValid: true,
  })
  for (const protectedHeader of [{ crit: 'absent' }, { iv: 1 }])
    t.same(await refused('/coseSign1', { ...name, payload: 'AA', protectedHeader }), [
      200,
      null,
      'KER-KMS-005',
    ])
  const unprotectedHeader = { crit: 'ours', ours: 1 }
  t.same(await refused('/coseSign1', { ...name, payload: 'AA', unprotectedHeader }), [
    200,
    null,
    'KER-KMS-005',
  ])
})

t.test('CBOR Web Tokens', async (t) => {
  const name = { applicationId: 'ID_REPO', referenceId: 'ED25519_SIGN' }
  const sign = async (request: object) =>
    Buffer.from((await answered('/cwtSign', { ...name, ...request })).signedData, 'hex')
  const check = (token: Buffer, more: object = {}) => ({
    ...name,
    coseSignedData: token.toString('hex'),
    ...more,
  })
  const token = await sign({
    ...{
      payload: b64('{"name":"Ram","age":7,"169":"no","iss":"x","200":"0123"}'),
      claim169Payload: 'a10101',
    },
    ...{ issuer: 'us', subject: 'Ram', audience: 'all', CWTId: 'one', expireDays: 2, notBeforeDays: 0 },
  })
  const claimed = (iat: number) =>
    cbor(
      map(
        ...([
          [1, 'us'],
          [2, 'Ram'],
          [3, 'all'],
          [4, iat + 172_800],
          [5, iat],
          [6, iat],
        ] as const),
        ...([
          [7, Buffer.from('one')],
          [169, 'no'],
          [200, '0123'],
          ['name', 'Ram'],
          ['age', 7],
        ] as const),
      ),
    )
  const size = claimed(2 ** 30).length
  // A payload of less than 256 bytes, the head of a signature of 64, the signature.
  const payload = token.subarray(-66 - size, -66)
  const iat = payload.readUInt32BE(payload.indexOf(Buffer.from([0x06, 0x1a])) + 2)
  t.same(payload, claimed(iat), 'texts of digits stay texts')
  t.same(token, cbor(new Tag(61, message(map([1, -8]), map(), payload, token.subarray(-64)))))
  t.match(await answered('/cwtVerify', check(token, { issuer: 'us', subject: 'Ram' })), {
    signatureValid: true,
  })
  t.same(await refused('/cwtVerify', check(token, { issuer: 'them' })), [200, null, 'KER-SIG-119'])
  const bare = await sign({ claim169Payload: 'a10101' })
  t.ok(bare.includes(cbor(map([169, Buffer.from('a10101', 'hex')])).subarray(1)))
  t.match(await answered('/cwtVerify', check(bare)), { signatureValid: true })
  t.same(await refused('/cwtVerify', check(bare, { subject: 'Ram' })), [200, null, 'KER-SIG-118'])
  t.same(await refused('/cwtVerify', check(await sign({ payload: 'e30', notBeforeDays: 1 }))), [
    200,
    null,
    'KER-SIG-115',
  ])
  t.same(await refused('/cwtVerify', check(await sign({ payload: 'e30', expireDays: 0 }))), [
    200,
    null,
    'KER-SIG-116',
  ])
  for (const [request, code] of [
    [{}, 'KER-KMS-005'],
    [{ payload: b64('[]') }, 'KER-JWS-103'],
    [{ payload: b64('{') }, 'KER-JWS-103'],
    [{ payload: 'e30', expireDays: -1 }, 'KER-SIG-117'],
    [{ claim169Payload: 'x' }, 'KER-SIG-114'],
  ] as const)
    t.same(await refused('/cwtSign', { ...name, ...request }), [200, null, code])
  const inner = Buffer.from((await answered('/coseSign1', { ...name, payload: 'AA' })).signedData, 'hex')
  for (const [path, bytes, code] of [
    ['/cwtVerify', inner, 'KER-CWS-111'],
    ['/cwtVerify', cbor(new Tag(61, 1)), 'KER-CWS-112'],
    ['/cwtVerify', cbor(new Tag(61, message(map([1, -8]), map(), cbor(1), Buffer.alloc(64)))), 'KER-SIG-114'],
    ['/coseVerify1', token, 'KER-CWS-112'],
    ['/coseVerify1', Buffer.from('00', 'hex'), 'KER-CWS-112'],
    ['/coseVerify1', cbor(new Tag(18, [])), 'KER-CWS-112'],
    ['/coseVerify1', inner.subarray(1, -1), 'KER-SIG-114'],
    ['/coseVerify1', Buffer.concat([inner, inner]), 'KER-SIG-114'],
    ['/coseVerify1', Buffer.from('d284a0a201000100', 'hex'), 'KER-SIG-114'],
    ['/coseVerify1', Buffer.alloc(100_000, 0x81), 'KER-SIG-114'],
  ] as const)
    t.same(await refused(path, check(bytes)), [200, null, code], `${path} ${code}`)
})

t.test('Whose it is', async (t) => {
  // RFC 9052 appendix C.2.1, by the key 11 of appendix C.7.1.
  const key11 = createPublicKey({
    format: 'jwk',
    key: {
      ...{ kty: 'EC', crv: 'P-256', x: 'usWxHK2PmfnHKwXPS54m0kTcGJ90UiglWiGahtagnv8' },
      y: 'IBOL-C3BttVivg-lSreASjpkttcsz-1rb7btKLv8EX4',
    },
  })
  const example =
    'd28443a10126a10442313154546869732069732074686520636f6e74656e742e58408eb33e4ca31d1c465ab05aac34cc6b23d58fef5c083106c4d25a91aef0b0117e2af9a291aa32e14ab834dc56ed2a223444547e01f11d3b0916e5a4c345cacb36'
  const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 })
  const der = certificateOf('11', key11, new Date('2026-01-01'), new Date('2046-01-01'), {
    ...{ name: '11', key: privateKey },
  })
  const name = { applicationId: 'ID_REPO', referenceId: 'EC_SECP256R1_SIGN', coseSignedData: example }
  const certificateData = new X509Certificate(der).toString()
  t.match(await answered('/coseVerify1', { ...name, certificateData }), { signatureValid: true })
  t.match(await answered('/coseVerify1', name), { signatureValid: false }, 'it is of no key of here')
  const brought = Buffer.from(example.replace('a104423131', 'a11821'), 'hex')
  const at = brought.indexOf(Buffer.from([0x18, 0x21])) + 2
  const stranger = Buffer.concat([brought.subarray(0, at), cbor(der), brought.subarray(at)]).toString('hex')
  t.match(
    await answered('/coseVerify1', { ...name, coseSignedData: stranger }),
    { signatureValid: false },
    'a certificate in the header makes nobody known',
  )
  const other = await face.tokenOf('stranger')
  t.match(await client.ask('POST', '/coseSign1', { applicationId: 'ID_REPO', payload: 'AA' }, other), {
    status: 403,
  })
})
