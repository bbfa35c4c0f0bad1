import type { FastifyRequest } from 'fastify'
import type { ClientProof } from '../../core/index.js'
import { MortiseError } from '../../errors/index.js'
import { invalidRequest } from './errors.js'

export type Form = Readonly<Record<string, string | undefined>>

/**
 * What a client shows of itself with a request (RFC 6749 section 2.3.1).
 *
 * @throws MORTISE_INPUT_INVALID for more than one way at once, MORTISE_AUTH_REQUIRED for none
 */
export function clientOf({ headers }: FastifyRequest, form: Form): ClientProof {
  const { client_id: id, client_secret: secret } = form
  const { authorization } = headers
  if (authorization === undefined) {
    if (id === undefined || secret === undefined) throw unproved()
    return { client: id, secret, method: 'client_secret_post' }
  }
  if (secret !== undefined)
    throw invalidRequest('a client authenticates in one way: by a header or in the body')
  const basic = basicOf(authorization)
  if (id !== undefined && id !== basic.client)
    throw invalidRequest('client_id is not that of the header Authorization')
  return basic
}

/** The header Authorization: Basic (RFC 7617). @throws MORTISE_AUTH_REQUIRED */
export function basicOf(authorization: string): ClientProof {
  const [, encoded] = /^Basic +([A-Za-z0-9+/]+={0,2}) *$/i.exec(authorization) ?? []
  const [, id, secret] = /^([^:]*):(.*)$/s.exec(Buffer.from(encoded ?? '', 'base64').toString()) ?? []
  if (id === undefined || secret === undefined) throw unproved()
  return { client: decoded(id), secret: decoded(secret), method: 'client_secret_basic' }
}

/** Both are form-encoded before they are joined, which not every client does. */
function decoded(text: string): string {
  try {
    return decodeURIComponent(text.replaceAll('+', ' '))
  } catch {
    return text
  }
}

function unproved(): MortiseError {
  return new MortiseError('MORTISE_AUTH_REQUIRED')
}
