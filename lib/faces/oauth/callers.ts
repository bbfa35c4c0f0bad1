import type { FastifyRequest } from 'fastify'
import type { KeyManager, Session } from '../../core/index.js'
import { bearer, doorOf } from '../http/index.js'
import { basicOf, clientOf, type Form } from './client_credentials.js'

/**
 * Who asks about tokens or clients (RFC 7662 section 2.1): an OAuth client as at the token endpoint, whoever has a bearer token,
 * or somebody with a password in the header.
 *
 * @throws MORTISE_AUTH_REQUIRED, MORTISE_INPUT_INVALID for more than one way at once
 */
export async function callerOf(
  keyManager: KeyManager,
  request: FastifyRequest,
  form: Form = {},
): Promise<Session> {
  const door = doorOf('oauth', request)
  const token = bearer(request)
  if (token !== undefined)
    return keyManager.recognise(token, door) ?? keyManager.authenticate({ token }, door)
  const { authorization } = request.headers
  if (authorization === undefined || form['client_secret'] !== undefined)
    return keyManager.authenticateClient(clientOf(request, form), door)
  const { client, secret } = basicOf(authorization)
  // A gateway sends a password with each request: it is stretched once for a connection.
  return keyManager.authenticateCaller(client, secret, { ...door, connection: request.socket })
}
