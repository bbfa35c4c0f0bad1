import type { Dialect, Fault } from '../http/index.js'

/** As OAuth says them (RFC 6749 section 5.2), whose description WSO2 shows. */
export const gatewayErrors: Dialect = {
  mediaType: 'application/json',
  challenge: 'Basic realm="mortise", charset="UTF-8", Bearer',
  say(fault) {
    return JSON.stringify({ error: errorOf(fault), error_description: fault.message, code: fault.code })
  },
}

const names: Readonly<Record<number, string>> = {
  401: 'invalid_client',
  403: 'access_denied',
  404: 'not_found',
  409: 'conflict',
  429: 'temporarily_unavailable',
  503: 'temporarily_unavailable',
}

function errorOf({ status }: Fault): string {
  return names[status] ?? (status >= 500 ? 'server_error' : 'invalid_request')
}
