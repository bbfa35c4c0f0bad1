import { MortiseError } from '../../errors/index.js'
import type { Dialect, Fault } from '../http/index.js'

/** RFC 6749 section 5.2, as far as a status does not say it. */
export type OAuthError =
  | 'invalid_scope'
  | 'unsupported_grant_type'
  | 'invalid_client_metadata'
  | 'invalid_software_statement'
  | 'invalid_target'

/** Errors as OAuth says them (RFC 6749 section 5.2). */
export const oauthErrors: Dialect = {
  mediaType: 'application/json',
  // Whoever cannot be let in by what a client has shows is no failure of the client's.
  statusOf: ({ status, details }) => (details['error'] === 'invalid_grant' ? 400 : status),
  say(fault) {
    return JSON.stringify({ error: errorOf(fault), error_description: described(fault.message) })
  },
}

/** The same of the registration of clients (RFC 7591 section 3.2.2, RFC 7592 section 2), where a token is what is wrong. */
export const registrationErrors: Dialect = {
  mediaType: 'application/json',
  say(fault) {
    const error = registrationErrorOf(fault)
    return JSON.stringify({ error, error_description: described(fault.message) })
  },
}

function registrationErrorOf(fault: Fault): string {
  const { status, details } = fault
  if (typeof details['error'] === 'string') return details['error']
  if (status === 401) return 'invalid_token'
  if (status === 403) return 'access_denied'
  if (status === 404) return 'not_found'
  if (status === 400 || status === 409) return 'invalid_client_metadata'
  return errorOf(fault)
}

/** A refusal for which OAuth has a name of its own. */
export function refusal(error: OAuthError, message: string): MortiseError {
  return new MortiseError('MORTISE_INPUT_INVALID', message, { details: { error } })
}

/** What is wrong with a request, in general. */
export function invalidRequest(message: string): MortiseError {
  return new MortiseError('MORTISE_INPUT_INVALID', message, { details: { error: 'invalid_request' } })
}

function errorOf({ status, details }: Fault): string {
  if (typeof details['error'] === 'string') return details['error']
  if (status === 401) return 'invalid_client'
  if (status === 403) return 'unauthorized_client'
  if (status === 429 || status === 503) return 'temporarily_unavailable'
  return status >= 500 ? 'server_error' : 'invalid_request'
}

/** RFC 6749 section 5.2 allows visible ASCII but for quotes and backslashes. */
function described(message: string): string {
  return message.replaceAll('"', "'").replaceAll(/[^ -~]|\\/g, ' ')
}
