import { fromPem, type PemFormat } from '../crypto/index.js'
import { MortiseError } from '../errors/index.js'
import { malformed } from './malformed.js'

/**
 * A private copy of DER that may have come as one PEM block (RFC 7468).
 *
 * @param largest bytes of DER; PEM has four characters for three bytes, and line ends
 * @throws MORTISE_X509_INVALID, MORTISE_INPUT_TOO_LARGE
 */
export function derOf(input: Uint8Array | string, format: PemFormat, largest: number): Uint8Array {
  const isText = typeof input === 'string' || input[0] === '-'.charCodeAt(0)
  if (input.length > (isText ? 2 * largest : largest)) {
    throw new MortiseError('MORTISE_INPUT_TOO_LARGE', `${nouns[format]} has at most ${largest} bytes`)
  }
  const bytes = Buffer.from(input as Uint8Array)
  try {
    return fromPem(format, bytes)
  } catch {
    throw malformed(`the PEM text is not one block of ${nouns[format]} (RFC 7468)`)
  }
}

const nouns: Readonly<Record<PemFormat, string>> = {
  pkcs8: 'a private key',
  spki: 'a public key',
  x509: 'a certificate',
  pkcs10: 'a certification request',
  crl: 'a certificate revocation list',
  pkcs7: 'a bundle of certificates',
}
