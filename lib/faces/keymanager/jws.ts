import { hash } from 'node:crypto'
import type { KeyInfo, SignatureScheme } from '../../core/index.js'
import { MortiseError } from '../../errors/index.js'
import { isObject } from './wrapper.js'

/** What a header (RFC 7515 section 4) is to say besides algorithm and key. */
export interface HeaderOptions {
  /** The key's alone, or those above it too. */
  readonly certificate: 'none' | 'own' | 'chain'
  readonly certificateHash: boolean
  /** Empty for none. */
  readonly certificateUrl: string
  /** False: the payload is signed as it is (RFC 7797). */
  readonly encoded: boolean
  /** Header parameters of the caller: a `kid` among them stands before the key's own, with a # between. */
  readonly additional?: Readonly<Record<string, unknown>>
}

/** JOSE's names of what is signed with here: each is of one kind of key. */
export const schemes = ['RS256', 'PS256', 'ES256', 'ES256K', 'EdDSA'] as const

/** base64url of a header. */
export function headerText(
  alg: SignatureScheme,
  { keyId, x509 }: Pick<KeyInfo, 'keyId' | 'x509'>,
  options: HeaderOptions,
  chain: readonly Pick<KeyInfo['x509'], 'der'>[],
): string {
  const { additional: { kid, ...additional } = {} } = options
  const header = {
    ...additional,
    ...(chain.length > 0 && { x5c: chain.map(({ der }) => Buffer.from(der).toString('base64')) }),
    ...(options.certificateHash && { 'x5t#S256': hash('sha256', x509.der, 'base64url') }),
    ...(options.certificateUrl !== '' && { x5u: options.certificateUrl }),
    ...(!options.encoded && { b64: false, crit: ['b64'] }),
    kid: typeof kid === 'string' ? `${kid}#${keyId}` : keyId,
    alg,
  }
  return Buffer.from(JSON.stringify(header)).toString('base64url')
}

/** What is signed (RFC 7515 section 5.1, RFC 7797 section 3). */
export function signingInput(header: string, payload: string, raw: Uint8Array | undefined): Buffer {
  return raw ? Buffer.concat([Buffer.from(`${header}.`), raw]) : Buffer.from(`${header}.${payload}`)
}

/** A compact JWS in its parts. */
export interface ParsedJws {
  readonly header: string
  readonly payload: string
  readonly signature: Buffer
  /** Undefined where the header is no JSON object. */
  readonly said: Said | undefined
}

export interface Said {
  readonly alg: SignatureScheme | undefined
  readonly kid: string | undefined
  /** Certificates as DER, the signer's first; undefined where there is no such parameter. */
  readonly x5c: readonly Buffer[] | undefined
  /** Whether the payload is signed as it is. */
  readonly raw: boolean
  /** Whether it says that something must be understood which is not. */
  readonly strange: boolean
}

/** Undefined for what has not three parts. */
export function parseJws(token: string): ParsedJws | undefined {
  const parts = token.split('.')
  const [header, payload, signature] = parts
  if (parts.length !== 3 || header === undefined || payload === undefined || !signature) return undefined
  const bytes = Buffer.from(signature, 'base64url')
  // One signature has one text.
  if (bytes.toString('base64url') !== signature) return undefined
  return { header, payload, signature: bytes, said: saidOf(header) }
}

function saidOf(text: string): Said | undefined {
  let header: unknown
  try {
    header = JSON.parse(Buffer.from(text, 'base64url').toString('utf8'))
  } catch {
    return undefined
  }
  if (!isObject(header)) return undefined
  const { alg, kid, x5c, b64, crit } = header
  const understood = Array.isArray(crit) ? crit.length > 0 && crit.every((one) => one === 'b64') : !crit
  return {
    alg: schemes.find((one) => one === alg),
    kid: typeof kid === 'string' ? kid : undefined,
    x5c: x5c === undefined || x5c === null ? undefined : certificatesOf(x5c),
    raw: b64 === false,
    strange: !understood || (b64 === false && crit === undefined),
  }
}

/** Certificates that a header brings: more are no path. */
const longestChain = 10

function certificatesOf(x5c: unknown): readonly Buffer[] {
  const all: readonly unknown[] = Array.isArray(x5c) ? x5c.slice(0, longestChain) : []
  return all.flatMap((one) => (typeof one === 'string' ? [Buffer.from(one, 'base64')] : []))
}

/** @throws MORTISE_INPUT_INVALID */
export function requireJson(data: Buffer): void {
  try {
    JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(data))
  } catch {
    throw new MortiseError('MORTISE_INPUT_INVALID', 'the data is no JSON', { details: { fault: 'json' } })
  }
}
