import Type from 'typebox'
import type { Dialect, Fault } from '../../http/index.js'

/** What is no code of the status alone. */
const named: Readonly<Record<string, readonly [status: number, code: string]>> = {
  MORTISE_CRYPTO_DECRYPTION_FAILED: [422, 'decryption_failed'],
  MORTISE_CRYPTO_FAILED: [422, 'crypto_failure'],
  MORTISE_CRYPTO_KEY_INVALID: [422, 'crypto_failure'],
  MORTISE_CRYPTO_POLICY: [422, 'unsupported_algorithm'],
  MORTISE_CRYPTO_UNSUPPORTED: [422, 'unsupported_algorithm'],
}
const byStatus: Readonly<Record<number, string>> = {
  401: 'unauthorized',
  403: 'forbidden',
  404: 'not_found',
  409: 'conflict',
  429: 'too_many_requests',
}

/** Errors as the JOSE interface says them. */
export const joseErrors: Dialect = {
  mediaType: 'application/json; charset=utf-8',
  statusOf: (fault) => named[fault.code]?.[0] ?? fault.status,
  say: (fault) => JSON.stringify({ error: codeOf(fault), description: fault.message }),
}

function codeOf({ code, status }: Fault): string {
  return named[code]?.[1] ?? byStatus[status] ?? (status >= 500 ? 'internal_error' : 'bad_request')
}

export const joseErrorSchema = Type.Object({
  error: Type.String({
    description: 'bad_request, forbidden, not_found, unsupported_algorithm, decryption_failed ...',
  }),
  description: Type.String({ description: 'What is wrong and what to do' }),
})
