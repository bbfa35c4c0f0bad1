import { constants, deflateRawSync, inflateRawSync } from 'node:zlib'
import { MortiseError } from '../errors/index.js'
import type { Envelope } from '../native/index.js'
import type { Certificate } from '../x509/index.js'
import { thumbprintOf } from './rings.js'

const ivBytes = 12
/** Characters of a header, which is parsed before anything is known to be authentic. */
const longestHeader = 65_536
/** Bytes that a compressed text may become. */
const longestText = 16 * 2 ** 20

export interface KeymanagerJweOptions {
  /** Whether the text is compressed (DEFLATE). Default true. */
  readonly compressed?: boolean
  readonly includeCertificate?: boolean
  readonly includeCertificateHash?: boolean
  /** Where the keys are published; empty for nowhere. */
  readonly jwkSetUrl?: string
}

/** A compact JWE (RFC 7516) of a text, by RSA-OAEP-256 and A256GCM. */
export async function sealJwe(
  certificate: Certificate,
  text: Uint8Array,
  options: KeymanagerJweOptions,
  seal: (plaintext: Uint8Array, aad: Uint8Array) => Promise<Envelope>,
): Promise<string> {
  const { compressed = true, jwkSetUrl } = options
  const digest = Buffer.from(thumbprintOf(certificate.der), 'hex').toString('base64url')
  const header = {
    ...{ alg: 'RSA-OAEP-256', enc: 'A256GCM', typ: 'JWT', cty: 'JWT', kid: digest },
    ...(compressed && { zip: 'DEF' }),
    ...(options.includeCertificate && { x5c: [Buffer.from(certificate.der).toString('base64')] }),
    ...(options.includeCertificateHash && { 'x5t#S256': digest }),
    ...(jwkSetUrl && { jku: jwkSetUrl }),
  }
  const protectedHeader = Buffer.from(JSON.stringify(header)).toString('base64url')
  const plaintext = compressed ? deflateRawSync(text) : text
  const { encryptedKey, iv, ciphertext, tag } = await seal(plaintext, Buffer.from(protectedHeader))
  const parts = [encryptedKey, iv, ciphertext, tag].map((part) => Buffer.from(part).toString('base64url'))
  return [protectedHeader, ...parts].join('.')
}

export interface ParsedJwe {
  /** SHA-256 of the certificate that it is of, hexadecimal. */
  readonly thumbprint: string
  readonly aad: Buffer
  readonly compressed: boolean
  readonly envelope: Envelope
}

/** Undefined for what is no such JWE. */
export function parseJwe(token: string): ParsedJwe | undefined {
  const parts = token.split('.', 6)
  const [header = '', ...rest] = parts
  const decoded = rest.map((part) => Buffer.from(part, 'base64url'))
  const [encryptedKey, iv, ciphertext, tag] = decoded
  const isExact = decoded.every((bytes, i) => bytes.toString('base64url') === rest[i])
  if (parts.length !== 5 || !isExact || header.length > longestHeader) return undefined
  if (!encryptedKey || iv?.length !== ivBytes || !ciphertext || !tag) return undefined
  const said = parsed(header)
  const { alg, enc, kid, zip } = said
  if (alg !== 'RSA-OAEP-256' || enc !== 'A256GCM' || typeof kid !== 'string' || 'crit' in said)
    return undefined
  if (zip !== undefined && zip !== 'DEF') return undefined
  return {
    thumbprint: Buffer.from(kid, 'base64url').toString('hex'),
    aad: Buffer.from(header),
    compressed: zip === 'DEF',
    envelope: { encryptedKey, iv, ciphertext, tag },
  }
}

/** @throws MORTISE_CRYPTO_DECRYPTION_FAILED, MORTISE_INPUT_TOO_LARGE for a text that becomes too long */
export function inflated(plaintext: Buffer, { compressed }: ParsedJwe): Buffer {
  if (!compressed) return plaintext
  try {
    return inflateRawSync(plaintext, { maxOutputLength: longestText, finishFlush: constants.Z_SYNC_FLUSH })
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ERR_BUFFER_TOO_LARGE')
      throw new MortiseError('MORTISE_INPUT_TOO_LARGE', `a text has ${longestText} bytes at most`)
    throw new MortiseError('MORTISE_CRYPTO_DECRYPTION_FAILED')
  }
}

function parsed(header: string): Record<string, unknown> {
  try {
    const said: unknown = JSON.parse(Buffer.from(header, 'base64url').toString('utf8'))
    return typeof said === 'object' && said !== null ? (said as Record<string, unknown>) : {}
  } catch {
    return {}
  }
}
