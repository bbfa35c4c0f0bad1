import { hash } from 'node:crypto'
import Type from 'typebox'
import type { SignatureScheme, SigningKey } from '../../core/index.js'
import { MortiseError } from '../../errors/index.js'
import type { App } from '../http/index.js'
import {
  type HeaderOptions,
  headerText,
  type ParsedJws,
  parseJws,
  requireJson,
  schemes,
  signingInput,
} from './jws.js'
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
  MORTISE_X509_INVALID: 'KER-JWS-105',
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
  const signedAs = { answers: { jwtSignedData: Type.String(), timestamp: Type.String() } }
  post('/jwtSign', { ...signing, ...signedAs, summary: 'Sign a JSON text as a JWT' }, (called) =>
    jwtSign(called, headerIn(called.fields)),
  )
  post(
    '/jwtSign/v2',
    { ...signing, ...signedAs, summary: 'The same with further header parameters' },
    (called) => jwtSign(called, v2HeaderIn(called.fields)),
  )
  post('/jwsSign', { ...signing, ...signedAs, summary: 'Sign anything as a JWS' }, (called) =>
    jwsSign(called, {
      ...headerIn(called.fields),
      encoded: called.fields.flag('b64JWSHeaderParam', true),
    }),
  )
  post(
    '/jwsSign/v2',
    { ...signing, ...signedAs, summary: 'The same with further header parameters' },
    (called) =>
      jwsSign(called, {
        ...v2HeaderIn(called.fields),
        encoded: called.fields.flag('b64JWSHeaderParam', true),
      }),
  )
  const verifying = {
    required: ['jwtSignatureData'],
    refusals: unverifiable,
    answers: verdict,
  }
  post('/jwtVerify', { ...verifying, summary: 'Verify a JWS by any key that its name has had' }, verify)
  post('/jwtVerify/v2', { ...verifying, summary: 'The same' }, verify)
  post(
    '/sign',
    {
      summary: 'Sign for MOSIP itself',
      required: ['data'],
      refusals: unsignable,
      answers: { signature: Type.String(), timestamp: Type.String() },
    },
    async (called) => {
      const { jwtSignedData, timestamp } = await signed(
        called,
        'RS256',
        called.fields.bytes('data').toString('base64url'),
        undefined,
        { certificate: 'own', certificateHash: false, certificateUrl: '', encoded: true },
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
      answers: { status: Type.String(), message: Type.String() },
    },
    async (called) => {
      const { fields } = called
      const jws = { ...parsed(fields.text('signature')), payload: fields.bytes('data').toString('base64url') }
      if (await verified(called, jws)) return { status: 'success', message: 'Validation Successful' }
      throw fault('false', 'Validation Failed')
    },
  )
  const raw = {
    signedData: Type.String(),
    keyId: Type.String(),
    certificate: Type.String(),
    signatureAlgorithm: Type.String(),
    timestamp: Type.String(),
  }
  post('/signRawData', { ...signing, answers: raw, summary: 'Sign bytes' }, async (called) => {
    const { signature, key, scheme } = await rawSigned(called)
    return {
      signedData: formatted(signature, called.fields),
      keyId: key.keyId,
      certificate: pemOf(key),
      signatureAlgorithm: scheme,
      timestamp: localNow(),
    }
  })
  const short = { signature: Type.String(), timestamp: Type.String() }
  post('/signV2', { ...signing, answers: short, summary: 'Sign bytes' }, async (called) => {
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
    async (key) => {
      header = headerText(alg, key, options, await shown(key, options))
      return signingInput(header, payload, raw)
    },
    alg,
  )
  const parts = [header, withPayload ? payload : '', signature.toString('base64url')]
  return { jwtSignedData: parts.join('.'), timestamp: localNow() }
}

async function shown({ x509, chain }: SigningKey, { certificate }: HeaderOptions) {
  if (certificate === 'chain') return chain()
  return certificate === 'own' ? [x509] : []
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

function headerIn(fields: Fields): HeaderOptions {
  return {
    certificate: fields.flag('includeCertificate') ? 'own' : 'none',
    certificateHash: fields.flag('includeCertHash'),
    certificateUrl: fields.text('certificateUrl'),
    encoded: true,
  }
}

function v2HeaderIn(fields: Fields): HeaderOptions {
  const { alg: _, crit: __, b64: ___, ...additional } = fields.object('additionalHeaders')
  const certificate = fields.flag('includeCertificateChain') ? 'chain' : 'none'
  return { ...headerIn(fields), certificate, additional }
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

/** Whose signature it is: of a key of the name, or of a certificate that the caller or the token brings. */
interface Signer {
  readonly x509: string | Uint8Array
  /** Whether it is a key of here. */
  readonly own: boolean
  /** Certificates that may be above it. */
  readonly given: readonly Uint8Array[]
}

async function verified(called: Called, jws: ParsedJws): Promise<Signer | undefined> {
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
  /** Certificates as DER, the signer's first; undefined where it brings none. */
  readonly x5c: readonly Uint8Array[] | undefined
}

/**
 * The key that something is signed with, among those that its name has had, or that of the certificate that the caller gives. Of a
 * certificate that the signature brings a stranger's is believed only where the caller asks whether it leads to a root that is trusted;
 * else it only says which of the keys is meant.
 */
export async function signerOf(
  called: Called,
  { alg, kid, x5c }: SaidOfKey,
  data: Uint8Array,
  signature: Uint8Array,
): Promise<Signer | undefined> {
  const { keymanager, fields } = called
  const brought = await broughtBy(called, x5c)
  if (brought) {
    const valid = await keymanager.verifyWith(brought.x509, data, signature, alg)
    return valid ? brought : undefined
  }
  const [first = none] = x5c ?? []
  const thumbprint = x5c && hash('sha256', first)
  const key = await keymanager.verify(signingNameIn(fields), data, signature, alg, { kid, thumbprint })
  return key && { x509: key.x509.der, own: key.privateKey !== null, given: [] }
}

const none = new Uint8Array()

/** What is answered of a signature. */
export async function verdictOf(called: Called, signer: Signer | undefined) {
  return {
    signatureValid: signer !== undefined,
    message: signer ? 'Validation Successful' : 'Validation Failed',
    trustValid: await trustOf(called, signer),
  }
}

export const verdict = { signatureValid: Type.Boolean(), message: Type.String(), trustValid: Type.String() }

/** The certificate by which a token is verified that is of no key of its name. */
async function broughtBy(
  { keymanager, fields }: Called,
  x5c: readonly Uint8Array[] | undefined,
): Promise<Signer | undefined> {
  if (x5c === undefined) {
    const x509 = fields.text('certificateData')
    return x509 === '' ? undefined : { x509, own: false, given: [] }
  }
  const [x509, ...given] = x5c
  const domain = fields.text('domain')
  if (!x509 || !fields.flag('validateTrust') || domain === '') return undefined
  const isTrusted = await keymanager.partners.isTrusted(domain, x509, given)
  return isTrusted ? { x509, own: false, given } : undefined
}

async function trustOf({ keymanager, fields }: Called, signer: Signer | undefined): Promise<string> {
  if (!fields.flag('validateTrust')) return 'TRUST_NOT_VERIFIED'
  const domain = fields.text('domain')
  if (domain === '') return 'TRUST_NOT_VERIFIED_NO_DOMAIN'
  // What ROOT is above of is trusted in every domain.
  const isTrusted =
    signer !== undefined &&
    (signer.own || (await keymanager.partners.isTrusted(domain, signer.x509, signer.given)))
  return isTrusted ? 'TRUST_CERT_PATH_VALID' : 'TRUST_CERT_PATH_NOT_VALID'
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
