import type { SignatureScheme } from '../../core/index.js'
import { MortiseError } from '../../errors/index.js'
import type { App } from '../http/index.js'
import { type HeaderOptions, headerText, type ParsedJws, parseJws, schemes, signingInput } from './jws.js'
import { localNow, pemOf, signingNameIn } from './names.js'
import { type Called, calls, decoded, type Fields } from './wrapper.js'

/** Nobody hears of an application or key that is not for them to sign with. */
export const unsignable = {
  MORTISE_ACCESS_DENIED: 'KER-JWS-108',
  MORTISE_KEYMANAGER_APPLICATION: 'KER-JWS-108',
  MORTISE_KEYMANAGER_REFERENCE: 'KER-KMS-020',
  MORTISE_KEY_USAGE: 'KER-KMS-020',
  'MORTISE_INPUT_INVALID json': 'KER-JWS-103',
}
export const unverifiable = {
  MORTISE_KEYMANAGER_CERTIFICATE: 'KER-JWS-107',
  'MORTISE_INPUT_INVALID header': 'KER-JWS-106',
  'MORTISE_INPUT_INVALID token': 'KER-JWS-105',
}

const byReference: Readonly<Record<string, SignatureScheme>> = {
  EC_SECP256K1_SIGN: 'ES256K',
  EC_SECP256R1_SIGN: 'ES256',
  ED25519_SIGN: 'EdDSA',
}

/** @param anyPayload applications whose jwtSign signs what is no JSON too */
export function signatureCalls(app: App, anyPayload: readonly string[]): void {
  const post = calls(app, 'POST')
  const jwtSign = async (called: Called, options: HeaderOptions) => {
    const { fields } = called
    const raw = fields.bytes('dataToSign')
    if (!anyPayload.includes(signingNameIn(fields).application)) requireJson(raw)
    const alg = byReference[fields.text('referenceId')] ?? 'RS256'
    return signed(called, alg, raw.toString('base64url'), undefined, options)
  }
  const jwsSign = async (called: Called, options: HeaderOptions) => {
    const { fields } = called
    const raw = fields.bytes('dataToSign')
    if (fields.flag('validateJson')) requireJson(raw)
    const payload = fields.text('dataToSign')
    return signed(called, algorithmIn(fields, 'PS256'), payload, options.encoded ? undefined : raw, options)
  }
  const verify = async (called: Called) =>
    verdictOf(called, await verified(called, parsed(called.fields.text('jwtSignatureData'))))
  const signing = { required: ['dataToSign'], refusals: unsignable }
  post('/jwtSign', { ...signing, summary: 'Sign a JSON text as a JWT' }, (called) =>
    jwtSign(called, headerIn(called.fields, 'includeCertificate')),
  )
  post('/jwtSign/v2', { ...signing, summary: 'The same with further header parameters' }, (called) =>
    jwtSign(called, v2HeaderIn(called.fields)),
  )
  post('/jwsSign', { ...signing, summary: 'Sign anything as a JWS' }, (called) =>
    jwsSign(called, {
      ...headerIn(called.fields, 'includeCertificate'),
      encoded: called.fields.flag('b64JWSHeaderParam', true),
    }),
  )
  post('/jwsSign/v2', { ...signing, summary: 'The same with further header parameters' }, (called) =>
    jwsSign(called, {
      ...v2HeaderIn(called.fields),
      encoded: called.fields.flag('b64JWSHeaderParam', true),
    }),
  )
  const verifying = { required: ['jwtSignatureData'], refusals: unverifiable }
  post('/jwtVerify', { ...verifying, summary: 'Verify a JWS by any key that its name has had' }, verify)
  post('/jwtVerify/v2', { ...verifying, summary: 'The same' }, verify)
  post(
    '/sign',
    { required: ['data'], refusals: unsignable, summary: 'Sign for MOSIP itself' },
    async (called) => {
      const { jwtSignedData, timestamp } = await signed(
        called,
        'RS256',
        called.fields.bytes('data').toString('base64url'),
        undefined,
        { certificate: true, certificateHash: false, certificateUrl: '', encoded: true },
        false,
      )
      return { signature: jwtSignedData, timestamp }
    },
  )
  post(
    '/validate',
    {
      required: ['signature', 'data', 'timestamp'],
      refusals: { ...unverifiable, 'MORTISE_INPUT_INVALID false': 'KER-CSS-101' },
      summary: 'Verify what sign has signed',
    },
    async (called) => {
      const { fields } = called
      const jws = { ...parsed(fields.text('signature')), payload: fields.bytes('data').toString('base64url') }
      if (await verified(called, jws)) return { status: 'success', message: 'Validation Successful' }
      throw fault('false', 'Validation Failed')
    },
  )
  post('/signRawData', { ...signing, summary: 'Sign bytes' }, async (called) => {
    const { signature, key, scheme } = await rawSigned(called)
    return {
      signedData: formatted(signature, called.fields),
      keyId: key.keyId,
      certificate: pemOf(key),
      signatureAlgorithm: scheme,
      timestamp: localNow(),
    }
  })
  post('/signV2', { ...signing, summary: 'Sign bytes' }, async (called) => {
    const { signature } = await rawSigned(called)
    return { signature: formatted(signature, called.fields), timestamp: localNow() }
  })
}

async function signed(
  { keymanager, fields }: Called,
  alg: SignatureScheme,
  payload: string,
  raw: Buffer | undefined,
  options: HeaderOptions,
  withPayload = fields.flag('includePayload'),
) {
  let header = ''
  const { signature } = await keymanager.sign(
    signingNameIn(fields),
    (key) => {
      header = headerText(alg, key, options)
      return signingInput(header, payload, raw)
    },
    alg,
  )
  const parts = [header, withPayload ? payload : '', signature.toString('base64url')]
  return { jwtSignedData: parts.join('.'), timestamp: localNow() }
}

async function rawSigned({ keymanager, fields }: Called) {
  const found: { key?: Parameters<typeof pemOf>[0] & { keyId: string } } = {}
  const { signature, scheme } = await keymanager.sign(
    signingNameIn(fields),
    (key) => {
      found.key = key
      return fields.bytes('dataToSign')
    },
    algorithmIn(fields, 'PS256'),
  )
  if (!found.key) throw new MortiseError('MORTISE_INTERNAL')
  return { signature, scheme, key: found.key }
}

function headerIn(fields: Fields, certificate: string): HeaderOptions {
  return {
    certificate: fields.flag(certificate),
    certificateHash: fields.flag('includeCertHash'),
    certificateUrl: fields.text('certificateUrl'),
    encoded: true,
  }
}

function v2HeaderIn(fields: Fields): HeaderOptions {
  const { alg: _, crit: __, b64: ___, ...additional } = fields.object('additionalHeaders')
  return { ...headerIn(fields, 'includeCertificateChain'), additional }
}

/** A curve has one algorithm; of RSA what is asked for, or what is usual. */
export function algorithmIn(
  fields: Fields,
  usual: SignatureScheme,
  field = 'signAlgorithm',
): SignatureScheme {
  const asked = fields.text(field)
  const own = byReference[fields.text('referenceId')]
  if (asked === '') return own ?? usual
  const found = schemes.find((one) => one === asked)
  if (found) return found
  throw new MortiseError('MORTISE_CRYPTO_UNSUPPORTED', `${field} is one of ${schemes.join(', ')}`)
}

function parsed(token: string): ParsedJws {
  const jws = parseJws(token)
  if (!jws) throw fault('token', 'this is no compact JWS')
  if (!jws.said) throw fault('header', 'the header is no JSON')
  return jws
}

/**
 * The key that a JWS is of, among those that its name has had; `certificate` where it is of the certificate that the caller gives. A
 * certificate in its header only says which of those keys is meant: a stranger's is none of them.
 */
async function verified(called: Called, jws: ParsedJws) {
  const { fields } = called
  const { said, header, signature } = jws
  if (!said?.alg || said.strange) return undefined
  const actual = fields.text('actualData') === '' ? undefined : fields.bytes('actualData')
  const payload = actual?.toString('base64url') ?? jws.payload
  const raw = said.raw ? (actual ?? decoded(jws.payload, 'the payload')) : undefined
  const data = signingInput(header, payload, raw)
  return signerOf(called, { ...said, alg: said.alg }, data, signature)
}

/** What a signature says of its key. */
export interface SaidOfKey {
  readonly alg: SignatureScheme
  readonly kid: string | undefined
  /** SHA-256 of its certificate, hexadecimal; undefined where it brings none. */
  readonly x5c: string | undefined
}

export async function signerOf(
  { keymanager, fields }: Called,
  { alg, kid, x5c }: SaidOfKey,
  data: Uint8Array,
  signature: Uint8Array,
) {
  const certificate = fields.text('certificateData')
  if (certificate !== '' && x5c === undefined) {
    const valid = await keymanager.verifyWith(certificate, data, signature, alg)
    return valid ? ('certificate' as const) : undefined
  }
  const name = signingNameIn(fields)
  return keymanager.verify(name, data, signature, alg, { kid, thumbprint: x5c })
}

type Found = Awaited<ReturnType<typeof signerOf>>

/** What is answered of a signature. */
export function verdictOf({ fields }: Called, found: Found) {
  return {
    signatureValid: found !== undefined,
    message: found ? 'Validation Successful' : 'Validation Failed',
    trustValid: trustOf(fields, found),
  }
}

function trustOf(fields: Fields, found: Found): string {
  if (!fields.flag('validateTrust')) return 'TRUST_NOT_VERIFIED'
  if (fields.text('domain') === '') return 'TRUST_NOT_VERIFIED_NO_DOMAIN'
  // What ROOT is above of is trusted in every domain; a partner's certificate is by nobody yet.
  const isOwn = found !== undefined && found !== 'certificate' && found.privateKey !== null
  return isOwn ? 'TRUST_CERT_PATH_VALID' : 'TRUST_CERT_PATH_NOT_VALID'
}

function requireJson(data: Buffer): void {
  try {
    JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(data))
  } catch {
    throw fault('json', 'the data to sign is no JSON')
  }
}

function fault(fault: string, message: string): MortiseError {
  return new MortiseError('MORTISE_INPUT_INVALID', message, { details: { fault } })
}

function formatted(signature: Buffer, fields: Fields): string {
  const format = fields.text('responseEncodingFormat') || 'base58btc'
  if (format === 'base64url') return signature.toString('base64url')
  if (format === 'base58btc') return base58btc(signature)
  throw new MortiseError('MORTISE_CRYPTO_UNSUPPORTED', 'responseEncodingFormat is base58btc or base64url')
}

const alphabet = '123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz'

/** Multibase (draft-multiformats-multibase): z, and base 58 as of Bitcoin. */
function base58btc(bytes: Buffer): string {
  let number = BigInt(`0x0${bytes.toString('hex')}`)
  let digits = ''
  for (; number > 0n; number /= 58n) digits = `${alphabet[Number(number % 58n)]}${digits}`
  const zeros = bytes.findIndex((byte) => byte !== 0)
  return `z${'1'.repeat(zeros < 0 ? bytes.length : zeros)}${digits}`
}
