import Type from 'typebox'
import type { Dialect, Fault } from '../http/index.js'

/** The number of an error and what its `codeDesc` begins with. */
type Name = readonly [code: number, name: string]

/** By HTTP status. Clients look for these names in the text. */
const names: Readonly<Record<number, Name>> = {
  400: [9, 'NCERRInvalidParamValue'],
  401: [5, 'NCERRUnauthorizedAccess'],
  403: [5, 'NCERRForbidden'],
  404: [16, 'NCERRResourceNotFound: Resource not found'],
  409: [17, 'NCERRConflict'],
}
/** Errors that have a name of their own. */
const named: Readonly<Record<string, Name>> = {
  MORTISE_CRYPTO_DECRYPTION_FAILED: [106, 'NCERRCryptoOperationFailed'],
  // Whoever makes a key looks for the second.
  MORTISE_NAME_TAKEN: [17, 'NCERRConflict, NCERRKeyAlreadyExists'],
}
const malformed: Name = [15, 'NCERRBadRequest']
const refused: Name = [9, 'NCERRInvalidParamValue']
const failed: Name = [14, 'NCERRInternalServerError: unexpected error']

/** Errors as CipherTrust Manager says them. No other answer has a field `codeDesc`: some clients take it for a failure. */
export const ciphertrustErrors: Dialect = {
  mediaType: 'application/json; charset=utf-8',
  say(fault, request) {
    const [code, name] = nameOf(fault)
    const codeDesc = name.includes(':') ? name : `${name}: ${fault.message}`
    return JSON.stringify({ code, codeDesc, message: fault.message, requestID: request })
  },
}

function nameOf(fault: Fault): Name {
  if (fault.malformed) return malformed
  if (Object.hasOwn(named, fault.code)) return named[fault.code] as Name
  return names[fault.status] ?? (fault.status >= 500 ? failed : refused)
}

export const errorSchema = Type.Object(
  {
    code: Type.Integer(),
    codeDesc: Type.String({ description: 'NCERR...: what is wrong' }),
    message: Type.String({ description: 'What is wrong and what to do' }),
    requestID: Type.String({ description: 'Finds the request in the log and on the audit trail' }),
  },
  { $id: 'CiphertrustError' },
)
