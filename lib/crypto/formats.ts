import { MortiseError } from '../errors/index.js'
import type { KdfMethod, KeyFormat, SplitMethod, WrapMethod } from '../native/index.js'

/**
 * The forms that key material comes and goes in: raw bytes and `jwk` (RFC 7517) of any key, `pkcs1` (RFC 8017) of RSA, `pkcs8`
 * (RFC 5958) of private keys, `sec1` (RFC 5915) of private EC keys, `spki` (RFC 5280 section 4.1.2.7) of public keys.
 */
export const keyFormats = [
  'raw',
  'pkcs1',
  'pkcs8',
  'sec1',
  'spki',
  'jwk',
] as const satisfies readonly KeyFormat[]

export const wrapMethods = [
  'AES-KWP',
  'AES-KW',
  'AES-GCM',
  'RSA-OAEP-256',
] as const satisfies readonly WrapMethod[]

export const kdfMethods = [
  'HKDF',
  'PBKDF2',
  'SP800-108-counter',
  'SP800-108-feedback',
  'SP800-108-pipeline',
] as const satisfies readonly KdfMethod[]

/** The hashes that keys are derived with. */
export const kdfHashes = ['SHA-256', 'SHA-384', 'SHA-512'] as const

export const splitMethods = [
  'PolynomialSharingGF2_16',
  'PolynomialSharingGF2_8',
  'PolynomialSharingPrimeField',
  'XOR',
] as const satisfies readonly SplitMethod[]

const labels = {
  pkcs8: 'PRIVATE KEY',
  spki: 'PUBLIC KEY',
  x509: 'CERTIFICATE',
  pkcs10: 'CERTIFICATE REQUEST',
  crl: 'X509 CRL',
  pkcs7: 'PKCS7',
} as const

export type PemFormat = keyof typeof labels

/** PEM (RFC 7468) of DER. */
export function toPem(format: PemFormat, der: Uint8Array): string {
  const lines =
    Buffer.from(der)
      .toString('base64')
      .match(/.{1,64}/g) ?? []
  return `-----BEGIN ${labels[format]}-----\n${lines.join('\n')}\n-----END ${labels[format]}-----\n`
}

/**
 * DER of key material that may be PEM. Anything that does not begin as PEM is returned as it is.
 *
 * @throws MORTISE_CRYPTO_KEY_INVALID for PEM with another label or a broken body
 */
export function fromPem(format: PemFormat, bytes: Uint8Array): Uint8Array {
  const begin = Buffer.from('-----BEGIN ')
  if (!Buffer.from(bytes.buffer, bytes.byteOffset, Math.min(bytes.byteLength, begin.length)).equals(begin))
    return bytes
  const label = labels[format]
  // keytool and certreq say NEW CERTIFICATE REQUEST (RFC 7468 section 7).
  const written = format === 'pkcs10' ? `(?:NEW )?${label}` : label
  const match = new RegExp(
    `^-----BEGIN ${written}-----\\s([A-Za-z0-9+/=\\s]+)-----END ${written}-----\\s*$`,
  ).exec(Buffer.from(bytes).toString('latin1'))
  if (!match?.[1]) {
    throw new MortiseError('MORTISE_CRYPTO_KEY_INVALID', `the PEM text is not a ${label} block (RFC 7468)`)
  }
  return Buffer.from(match[1], 'base64')
}
