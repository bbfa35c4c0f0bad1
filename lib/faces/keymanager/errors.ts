import type { FastifyRequest } from 'fastify'
import type { Dialect, Fault } from '../http/index.js'
import { answer, emptyText, type KeymanagerError, type Refusals } from './wrapper.js'

const usual: Refusals = {
  MORTISE_INPUT_INVALID: 'KER-KMS-005',
  'MORTISE_INPUT_INVALID curve': 'KER-KMS-030',
  'MORTISE_INPUT_INVALID domain': 'KER-PCM-011',
  'MORTISE_INPUT_INVALID type': 'KER-KMS-009',
  MORTISE_INPUT_TOO_LARGE: 'KER-KMS-005',
  MORTISE_X509_INVALID: 'KER-KMS-013',
  MORTISE_CRYPTO_KEY_INVALID: 'KER-KMS-013',
  MORTISE_CRYPTO_UNSUPPORTED: 'KER-KMS-004',
  MORTISE_CRYPTO_POLICY: 'KER-KMS-004',
  // One code and one text, whether the session key or the data did not open.
  MORTISE_CRYPTO_DECRYPTION_FAILED: 'KER-FSE-004',
  MORTISE_KEYMANAGER_APPLICATION: 'KER-KMS-002',
  MORTISE_KEYMANAGER_REFERENCE: 'KER-KMS-010',
  MORTISE_KEYMANAGER_KEY_EXISTS: 'KER-KMS-032',
  MORTISE_KEYMANAGER_KEY_MISSING: 'KER-KMS-012',
  'MORTISE_KEYMANAGER_KEY_MISSING ROOT': 'KER-KMS-011',
  MORTISE_KEYMANAGER_CERTIFICATE: 'KER-KMS-001',
  'MORTISE_KEYMANAGER_CERTIFICATE key': 'KER-KMS-014',
  'MORTISE_KEYMANAGER_CERTIFICATE self': 'KER-KMS-015',
  'MORTISE_KEYMANAGER_CERTIFICATE own': 'KER-KMS-034',
  'MORTISE_KEYMANAGER_CERTIFICATE same': 'KER-KMS-035',
  'MORTISE_KEYMANAGER_ENVELOPE format': 'KER-CRY-003',
  'MORTISE_KEYMANAGER_ENVELOPE elsewhere': 'KER-KMS-024',
  'MORTISE_KEYMANAGER_ENVELOPE unknown': 'KER-KMS-025',
}
const cryptoException = 'KER-KMS-007'

/** Statuses that are said as they are; whatever else is wrong with a call is answered with 200. */
const said: Readonly<Record<number, KeymanagerError>> = {
  401: { errorCode: 'KER-ATH-401', message: 'Authentication Failed' },
  403: { errorCode: 'KER-ATH-403', message: 'Forbidden' },
}
/** Who may not even know that a key is there is told that they may not. */
const hidden = ['MORTISE_ACCESS_DENIED', 'MORTISE_KEY_NOT_FOUND', 'MORTISE_QUORUM_REQUIRED']

/**
 * Errors as MOSIP says them: HTTP 200 with `response` null and a list of errors, but for whoever is not let in, and for what nobody
 * expected.
 */
export const keymanagerErrors: Dialect = {
  mediaType: 'application/json; charset=utf-8',
  statusOf(fault, request) {
    if (codeOf(fault, request) !== undefined) return 200
    return hidden.includes(fault.code) ? 403 : fault.status
  },
  say(fault, _id, request) {
    return JSON.stringify(answer(request, null, errorsOf(fault, request)))
  },
}

function errorsOf(fault: Fault, request: FastifyRequest): readonly KeymanagerError[] {
  const errorCode = codeOf(fault, request)
  if (errorCode === undefined) {
    const status = hidden.includes(fault.code) ? 403 : fault.status
    return [said[status] ?? { errorCode: 'KER-KMS-500', message: fault.message }]
  }
  const { missing } = fault.details
  if (!Array.isArray(missing)) return [{ errorCode, message: fault.message }]
  return missing.map((name: string) => ({ errorCode, message: emptyText(name) }))
}

/** Undefined of what has a status of its own. */
function codeOf({ code, status, details }: Fault, { routeOptions }: FastifyRequest): string | undefined {
  const more = details['fault'] ?? details['missing']
  const exact = typeof more === 'string' ? `${code} ${more}` : code
  const own = routeOptions.config?.refusals ?? {}
  const found = own[exact] ?? own[code] ?? usual[exact] ?? usual[code]
  if (found !== undefined) return found
  const isSaid = status >= 500 || status === 401 || status === 429 || hidden.includes(code)
  return isSaid || code === 'MORTISE_ROUTE_NOT_FOUND' ? undefined : cryptoException
}
