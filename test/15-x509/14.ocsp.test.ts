import { randomBytes } from 'node:crypto'
import fc from 'fast-check'
import t from 'tap'
import { toPem } from '../../lib/crypto/index.js'
import { isMortiseError } from '../../lib/errors/index.js'
import {
  buildOcspError,
  buildOcspRequest,
  buildOcspResponse,
  type CertificateExtensionValues,
  type CertificateStatus,
  isIssuedBy,
  keyPurposes,
  type OcspResponseTemplate,
  type OcspStatusOptions,
  ocspStatus,
  parseOcspRequest,
  parseOcspResponse,
  revocationIndex,
} from '../../lib/x509/index.js'
import { bits, constructed, der, integer, oid, primitive, sequence, tags, text } from './der.js'
import { openssl } from './openssl.js'
import { type Keys, makeKeys, certify as makeParty, type Party } from './signers.js'

const invalid = { code: 'MORTISE_X509_INVALID' }
// OpenSSL judges responses by the clock.
const at = new Date(Math.floor(Date.now() / 1_000) * 1_000)
const ofHours = (hours: number) => new Date(at.getTime() + hours * 3_600_000)

function certify(
  subject: string,
  extensions: CertificateExtensionValues,
  by?: Party,
  keys?: Keys,
): Promise<Party> {
  return makeParty(subject, at, extensions, { ...(by && { by }), ...(keys && { keys }) })
}

const authority = {
  basicConstraints: { cA: true },
  keyUsage: ['keyCertSign', 'cRLSign', 'digitalSignature'],
} as const
const signs = {
  keyUsage: ['digitalSignature'],
  extKeyUsage: [keyPurposes.OCSPSigning],
  ocspNoCheck: true,
} as const
const root = await certify('CN=root', authority)
const leaf = await certify('CN=leaf', {}, root)
const responder = await certify('CN=responder', signs, root)
const issuer = root.certificate
const { serialNumber } = leaf.certificate
const revoked = { reason: 'keyCompromise', revocationDate: ofHours(-2) } as const

/** An answer to a request about the leaf. */
async function answer(
  status: CertificateStatus,
  signer: Party = root,
  more: Partial<OcspResponseTemplate> = {},
  request = parseOcspRequest(buildOcspRequest([{ issuer, serialNumber }])),
): Promise<Buffer> {
  const responses = request.certificates.map((certId) => ({
    certId,
    status,
    thisUpdate: ofHours(-1),
    nextUpdate: ofHours(1),
  }))
  return buildOcspResponse(
    {
      responder: signer.certificate,
      certificates: signer === root ? [] : [signer.certificate],
      producedAt: at,
      responses,
      nonce: request.nonce,
      ...more,
    },
    signer.keys.signer,
  )
}

/** What is believed, or the reason for which nothing is. */
function judge(bytes: Uint8Array, options: Partial<OcspStatusOptions> = {}): unknown {
  try {
    const { status } = ocspStatus(parseOcspResponse(bytes), { issuer, serialNumber, at, ...options })
    return typeof status === 'string' ? status : 'revoked'
  } catch (error) {
    if (isMortiseError(error, 'MORTISE_X509_OCSP_INVALID')) return error.details['reason']
    if (isMortiseError(error, 'MORTISE_X509_INVALID')) return 'malformed'
    throw error
  }
}

const files = {
  root: toPem('x509', root.certificate.der),
  leaf: toPem('x509', leaf.certificate.der),
  responder: toPem('x509', responder.certificate.der),
}

t.test('a request of openssl, and one that openssl reads', async (t) => {
  for (const [hash, name] of [
    ['-sha1', 'SHA-1'],
    ['-sha256', 'SHA-256'],
    ['-sha384', 'SHA-384'],
    ['-sha512', 'SHA-512'],
  ] as const) {
    const args = ['ocsp', '-issuer', 'root', hash, '-cert', 'leaf', '-serial', '0x05', '-reqout', 'out']
    const { out: bytes } = openssl(args, files)
    const request = parseOcspRequest(bytes)
    t.match(request.certificates, [{ hash: name, serialNumber }, { serialNumber: '05' }])
    t.ok(request.certificates.every((certId) => isIssuedBy(certId, issuer)))
    t.notOk(request.certificates.some((certId) => isIssuedBy(certId, leaf.certificate)))
    t.ok((request.nonce?.length ?? 0) >= 16)
    const base64 = bytes.toString('base64')
    for (const path of [base64, encodeURIComponent(base64)]) t.same(parseOcspRequest(path), request)
  }
  const built = buildOcspRequest([{ issuer, serialNumber }], randomBytes(32))
  const { text: said } = openssl(['ocsp', '-reqin', 'request', '-req_text'], { request: built })
  t.match(said, new RegExp(`Serial Number: ${serialNumber}`, 'i'))
  t.match(said, 'OCSP Nonce')
})

t.test('answers that openssl verifies, and so do we', async (t) => {
  for (const [status, said] of [
    ['good', 'leaf: good'],
    ['unknown', 'leaf: unknown'],
    [revoked, 'leaf: revoked'],
    [{ ...revoked, reason: 'unspecified' }, 'leaf: revoked'],
  ] as const) {
    for (const signer of [root, responder]) {
      const response = await answer(status, signer)
      t.equal(judge(response), typeof status === 'string' ? status : 'revoked')
      const args = [
        'ocsp',
        '-respin',
        'response',
        '-issuer',
        'root',
        '-cert',
        'leaf',
        '-CAfile',
        'root',
        '-no_nonce',
      ]
      const { ok, text } = openssl(args, { ...files, response })
      t.ok(ok && text.includes('Response verify OK') && text.includes(said), text)
      if (status === revoked) t.match(text, 'Reason: keyCompromise')
    }
  }
  const { status } = ocspStatus(parseOcspResponse(await answer(revoked)), { issuer, serialNumber, at })
  t.same(status, revoked)
})

t.test('every kind of key signs', async (t) => {
  for (const scheme of ['RS256', 'PS256', 'ES384', 'EdDSA'] as const) {
    const keys = makeKeys(scheme)
    const signer = await certify('CN=responder', signs, root, keys)
    t.equal(judge(await answer('good', signer)), 'good', scheme)
  }
})

t.test('answers of openssl', async (t) => {
  const key = (party: Party) => party.keys.privateKey.export({ format: 'pem', type: 'pkcs8' }).toString()
  const stamp = (date: Date) => `${date.toISOString().slice(2, 19).replace(/\D/g, '')}Z`
  const serial = serialNumber.toUpperCase()
  const lines = {
    good: `V\t${stamp(ofHours(24))}\t\t${serial}\tunknown\t/CN=leaf\n`,
    revoked: `R\t${stamp(ofHours(24))}\t${stamp(ofHours(-2))},keyCompromise\t${serial}\tunknown\t/CN=leaf\n`,
    unknown: '',
  }
  const request = buildOcspRequest([{ issuer, serialNumber }], randomBytes(32))
  for (const [expected, index] of Object.entries(lines)) {
    for (const more of [[], ['-resp_key_id']]) {
      const args = ['ocsp', '-index', 'index', '-CA', 'root', '-rsigner', 'responder', '-rkey', 'key']
      const { out: response, text } = openssl(
        [...args, ...more, '-reqin', 'request', '-ndays', '1', '-respout', 'out'],
        { ...files, index, key: key(responder), request },
      )
      const { nonce } = parseOcspRequest(request)
      t.equal(judge(response, { nonce: nonce! }), expected, text)
      t.equal(judge(response, { nonce: randomBytes(32) }), 'nonce')
    }
  }
})

t.test('several at once, and nonces', async (t) => {
  const others = [
    { issuer, serialNumber: '05' },
    { issuer, serialNumber },
    { issuer: leaf.certificate, serialNumber: '06' },
  ]
  const nonce = randomBytes(32)
  const request = parseOcspRequest(buildOcspRequest(others, nonce))
  t.same(request.nonce, nonce)
  t.same(
    request.certificates.map((certId) => isIssuedBy(certId, issuer)),
    [true, true, false],
  )
  const response = await answer('good', root, {}, request)
  t.equal(judge(response, { nonce }), 'good')
  t.equal(judge(response, { nonce, serialNumber: '05' }), 'good')
  t.equal(judge(response, { nonce, serialNumber: '06' }), 'absent')
  t.equal(judge(response, { issuer: leaf.certificate, serialNumber: '06' }), 'signer')
  t.equal(judge(await answer('good'), { nonce }), 'nonce', 'a response without one')
  t.equal(judge(response), 'good', 'who wants none takes any')
  t.throws(() => parseOcspRequest(buildOcspRequest(others, randomBytes(129))), invalid)
  t.throws(() => parseOcspRequest(buildOcspRequest(others, Buffer.alloc(0))), invalid)
})

t.test('what is not to be believed', async (t) => {
  t.equal(judge(buildOcspError('tryLater')), 'status')
  for (const status of ['malformedRequest', 'internalError', 'sigRequired', 'unauthorized'] as const) {
    t.equal(parseOcspResponse(buildOcspError(status)).status, status)
    t.match(
      openssl(['ocsp', '-respin', 'response'], { response: buildOcspError(status) }).text,
      /Responder Error/,
    )
  }
  const timed = async (thisUpdate: Date, nextUpdate: Date | undefined) => {
    const [certId] = parseOcspRequest(buildOcspRequest([{ issuer, serialNumber }])).certificates
    return judge(
      await answer('good', root, {
        responses: [{ certId: certId!, status: 'good', thisUpdate, nextUpdate }],
      }),
    )
  }
  t.equal(await timed(ofHours(-1), at), 'good', 'the last second')
  t.equal(await timed(ofHours(-2), ofHours(-1)), 'not-current')
  t.equal(await timed(ofHours(1), ofHours(2)), 'not-current')
  t.equal(await timed(ofHours(-1), undefined), 'good')
  t.equal(await timed(ofHours(-25), undefined), 'not-current')

  const signer = async (
    expected: string,
    extensions: CertificateExtensionValues,
    by = root,
    name = 'CN=responder',
  ) => {
    const delegate = await certify(name, extensions, by)
    t.equal(judge(await answer('good', delegate)), expected)
  }
  await signer('good', signs)
  await signer('signer', { ...signs, extKeyUsage: [keyPurposes.clientAuth] })
  await signer('signer', { ...signs, extKeyUsage: [keyPurposes.anyExtendedKeyUsage] })
  await signer('signer', { ...signs, keyUsage: ['keyAgreement'] })
  await signer('signer', { keyUsage: ['digitalSignature'] })
  await signer('signer', signs, await certify('CN=root', authority))
  await signer('signer', signs, await certify('CN=below', authority, root))
  const impostor = { certificate: root.certificate, keys: makeKeys() }
  t.equal(judge(await answer('good', impostor, { certificates: [] })), 'signature')
  t.equal(judge(await answer('good', responder, { certificates: [] })), 'signer', 'nobody knows the signer')
  const weak = await certify('CN=responder', signs, root, makeKeys('ES256K'))
  t.equal(judge(await answer('good', weak)), 'signer')
  t.equal(judge(await answer('good', weak), { policy: 'compatible' }), 'good')
})

t.test('a signer that may be revoked', async (t) => {
  const delegate = await certify('CN=responder', { ...signs, ocspNoCheck: undefined }, root)
  const response = await answer('good', delegate)
  t.equal(judge(response), 'signer')
  t.equal(judge(response, { revocation: { indexes: [revocationIndex(issuer, [])] } }), 'good')
  const index = revocationIndex(issuer, [{ ...revoked, serialNumber: delegate.certificate.serialNumber }])
  t.equal(judge(response, { revocation: { indexes: [index] } }), 'signer')
})

const sha1 = sequence(oid('1.3.14.3.2.26'), der(tags.null))
const one = sequence(
  sequence(
    sha1,
    der(tags.octetString, Buffer.alloc(20)),
    der(tags.octetString, Buffer.alloc(20)),
    integer(1),
  ),
)
const extension = (type: string, value: Uint8Array, ...critical: readonly Uint8Array[]) =>
  der(constructed(2), sequence(sequence(oid(type), ...critical, der(tags.octetString, value))))
const yes = der(tags.boolean, Buffer.of(0xff))

t.test('requests that are refused, and those that are not', async (t) => {
  t.ok(parseOcspRequest(sequence(sequence(der(constructed(1), text('a@b', primitive(1))), sequence(one)))))
  t.ok(
    parseOcspRequest(sequence(sequence(sequence(one)), der(constructed(0), sequence()))),
    'a signature is read over',
  )
  t.ok(parseOcspRequest(sequence(sequence(sequence(one), extension('1.2.3', integer(1))))))
  const md5 = sequence(
    sequence(oid('1.2.840.113549.2.5')),
    der(tags.octetString),
    der(tags.octetString),
    integer(1),
  )
  const unknown = parseOcspRequest(sequence(sequence(sequence(sequence(md5)))))
  t.notOk(isIssuedBy(unknown.certificates[0]!, issuer), 'by a hash that nobody knows')
  const broken = {
    nothing: Buffer.alloc(0),
    'no certificate': sequence(sequence(sequence())),
    'more than 100': sequence(sequence(sequence(...Array<Buffer>(101).fill(one)))),
    'version 2': sequence(sequence(der(constructed(0), integer(1)), sequence(one))),
    'version 1 spelt out': sequence(sequence(der(constructed(0), integer(0)), sequence(one))),
    'a critical extension': sequence(sequence(sequence(one), extension('1.2.3', integer(1), yes))),
    'a nonce that is none': sequence(sequence(sequence(one), extension('1.3.6.1.5.5.7.48.1.2', integer(1)))),
    'bytes behind it': Buffer.concat([sequence(sequence(sequence(one))), Buffer.of(0)]),
    'no base64': 'a b',
    'base64 without its end': 'MAA',
    'not percent-encoded': '%zz',
  }
  for (const [what, bytes] of Object.entries(broken)) t.throws(() => parseOcspRequest(bytes), invalid, what)
  for (const bytes of [Buffer.alloc(16_385), 'M'.repeat(65_537), 'A'.repeat(24_000)]) {
    t.throws(() => parseOcspRequest(bytes), { code: 'MORTISE_INPUT_TOO_LARGE' })
  }
  t.throws(() => parseOcspResponse(Buffer.alloc(65_537)), { code: 'MORTISE_INPUT_TOO_LARGE' })
})

t.test('responses that are none', async (t) => {
  const status = (value: number) => der(tags.enumerated, Buffer.of(value))
  const bytes = (basic: Uint8Array, type = '1.3.6.1.5.5.7.48.1.1') =>
    sequence(status(0), der(constructed(0), sequence(oid(type), der(tags.octetString, basic))))
  const certificates = der(constructed(0), sequence(...Array<Uint8Array>(11).fill(leaf.certificate.der)))
  const data = sequence(
    der(constructed(1), issuer.subject.der),
    text('20250101000000Z', tags.generalizedTime),
    sequence(sequence(one.subarray(2), der(primitive(0)), text('20250101000000Z', tags.generalizedTime))),
  )
  const basic = (...behind: readonly Uint8Array[]) =>
    sequence(data, sequence(oid('1.2.840.10045.4.3.2')), bits(Buffer.of(0)), ...behind)
  t.ok(parseOcspResponse(bytes(basic())))
  const broken = {
    nothing: Buffer.alloc(0),
    'no status': sequence(),
    'status 4': sequence(status(4)),
    'success without a response': sequence(status(0)),
    'an error with a response': Buffer.concat([sequence(status(1), der(constructed(0), sequence()))]),
    'another type': bytes(basic(), '1.2.3'),
    'too many certificates': bytes(basic(certificates)),
    'bytes behind the answer': bytes(Buffer.concat([basic(), Buffer.of(0)])),
  }
  for (const [what, one] of Object.entries(broken)) t.throws(() => parseOcspResponse(one), invalid, what)
})

t.test('whatever is done to a response, it is believed as it was signed or not at all', async (t) => {
  const response = await answer(revoked)
  const isBelieved = (bytes: Uint8Array) => ['good', 'unknown', 'revoked'].includes(String(judge(bytes)))
  t.ok(isBelieved(response))
  const believed = [...response.keys()].filter((i) => {
    const bytes = Buffer.from(response)
    bytes[i] = bytes.readUInt8(i) ^ (1 << (i % 8))
    return isBelieved(bytes)
  })
  t.same(believed, [])
  const request = buildOcspRequest([{ issuer, serialNumber }], randomBytes(32))
  const edit = fc.record({
    at: fc.nat(response.length),
    remove: fc.nat(20),
    insert: fc.uint8Array({ maxLength: 20 }),
  })
  const edited = (bytes: Buffer, edits: readonly { at: number; remove: number; insert: Uint8Array }[]) =>
    edits.reduce(
      (all, { at, remove, insert }) =>
        Buffer.concat([all.subarray(0, at), insert, all.subarray(at + remove)]),
      bytes,
    )
  const property = fc.property(fc.array(edit, { minLength: 1, maxLength: 4 }), (edits) => {
    try {
      parseOcspRequest(edited(request, edits))
    } catch (error) {
      if (!isMortiseError(error, 'MORTISE_X509_INVALID')) throw error
    }
    const bytes = edited(response, edits)
    return bytes.equals(response) || !isBelieved(bytes)
  })
  t.doesNotThrow(() => fc.assert(property, { numRuns: 2_000 }))
})
