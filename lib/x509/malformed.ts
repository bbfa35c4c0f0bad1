import { MortiseError } from '../errors/index.js'

/** The error of bytes that are no certificate. */
export function malformed(what: string): MortiseError {
  return new MortiseError('MORTISE_X509_INVALID', `the certificate is not well formed: ${what}`)
}
