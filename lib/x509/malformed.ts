import { MortiseError } from '../errors/index.js'

/** The error of bytes or values that make no certificate, request, list or answer. */
export function malformed(what: string): MortiseError {
  return new MortiseError('MORTISE_X509_INVALID', `this is not well-formed X.509: ${what}`)
}
