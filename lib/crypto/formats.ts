import { MortiseError } from '../errors/index.js'

/** The forms that key material comes and goes in. PKCS#8 is RFC 5958, SPKI is RFC 5280 section 4.1.2.7. */
export const keyFormats = ['raw', 'pkcs8', 'spki'] as const
export type KeyFormat = (typeof keyFormats)[number]

const labels = { pkcs8: 'PRIVATE KEY', spki: 'PUBLIC KEY', x509: 'CERTIFICATE' } as const

/** PEM (RFC 7468) of DER. */
export function toPem(format: keyof typeof labels, der: Uint8Array): string {
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
export function fromPem(format: keyof typeof labels, bytes: Uint8Array): Uint8Array {
  const begin = Buffer.from('-----BEGIN ')
  if (!Buffer.from(bytes.buffer, bytes.byteOffset, Math.min(bytes.byteLength, begin.length)).equals(begin))
    return bytes
  const label = labels[format]
  const match = new RegExp(
    `^-----BEGIN ${label}-----\\s([A-Za-z0-9+/=\\s]+)-----END ${label}-----\\s*$`,
  ).exec(Buffer.from(bytes).toString('latin1'))
  if (!match?.[1]) {
    throw new MortiseError('MORTISE_CRYPTO_KEY_INVALID', `the PEM text is not a ${label} block (RFC 7468)`)
  }
  return Buffer.from(match[1], 'base64')
}
