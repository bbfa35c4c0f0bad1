import { isIP } from 'node:net'
import type { FastifyReply, FastifyRequest } from 'fastify'
import type { Door, KeyManager, Session } from '../../core/index.js'
import { MortiseError } from '../../errors/index.js'
import { chainOf } from './client_certificate.js'
import type { App } from './types.js'

declare module 'fastify' {
  interface FastifyRequest {
    /** Who asks: there on every route behind {@link authenticate}. */
    session: Session
    /** When its head had been read: milliseconds of performance.now(). */
    began: number
  }
}

/** RFC 4291 section 2.5.5.2: how a socket for both shows IPv4. */
const mappedIPv4 = '::ffff:'

/** `token`: a bearer token proves who it is. `none`: for development, everybody is `admin`. */
export type Login = 'token' | 'none'

/** Called with each request that proved who asks, before its body is read. Throws for one that is refused all the same. */
export type Admitted = (request: FastifyRequest, reply: FastifyReply) => void

/** The token that a request brings, or undefined. */
export type TokenOf = (request: FastifyRequest) => string | undefined

/** A name and a secret that a request brings, or undefined. */
export type PasswordOf = (
  request: FastifyRequest,
) => { readonly name: string; readonly secret: string } | undefined

/** How a face lets requests in. */
export interface Entrance {
  readonly keyManager: KeyManager
  readonly login: Login
  readonly admitted?: Admitted | undefined
}

/** Where a request comes in. */
export function doorOf(face: string, request: FastifyRequest): Door {
  return { face, request: request.id, address: addressOf(request), chain: chainOf(request) }
}

/** Of the socket, or what a proxy that is trusted says; of IPv4 in its own form. */
function addressOf({ ip, socket }: FastifyRequest): string | undefined {
  const address = isIP(ip) === 0 ? socket.remoteAddress : ip
  return address?.startsWith(mappedIPv4) ? address.slice(mappedIPv4.length) : address
}

/**
 * Lets only authenticated requests reach the routes registered in `app`, each with the session of whoever asks. A token decides who that
 * is; only without one the certificate of the TLS client does, so that it never adds a right.
 *
 * @param tokenOf where a face finds the token; undefined where there is none. Default the header Authorization
 * @param passwordOf where a face finds the name and secret of an OAuth client, or of anybody with a password. Default nowhere
 */
export function authenticate(
  app: App,
  face: string,
  { keyManager, login, admitted }: Entrance,
  tokenOf: TokenOf = bearer,
  passwordOf: PasswordOf = () => undefined,
): void {
  const enter = (request: FastifyRequest): Session | Promise<Session> => {
    const door = doorOf(face, request)
    if (login === 'none') return keyManager.admit('admin', door)
    const token = tokenOf(request)
    if (token === undefined) {
      const given = passwordOf(request)
      if (given) return keyManager.authenticateCaller(given.name, given.secret, door)
      if (door.chain && request.headers.authorization === undefined)
        return keyManager.recogniseClient(door.chain, door)
      throw new MortiseError(
        'MORTISE_AUTH_REQUIRED',
        'a token is missing: send the header Authorization: Bearer TOKEN',
      )
    }
    return keyManager.recognise(token, door) ?? keyManager.authenticate({ token }, door)
  }
  // A hook that answers at once lets fastify take the body as it arrives, which is a fifth of the time of a request.
  app.addHook('onRequest', (request, reply, done) => {
    const session = enter(request)
    if (!(session instanceof Promise)) {
      request.session = session
      admitted?.(request, reply)
      return done()
    }
    session
      .then((entered) => {
        request.session = entered
        admitted?.(request, reply)
      })
      .then(() => done(), done)
  })
}

/** RFC 6750 section 2.1. */
export function bearer({ headers }: FastifyRequest): string | undefined {
  return /^Bearer +(\S+) *$/i.exec(headers.authorization ?? '')?.[1]
}

/** RFC 7617. */
export const basic: PasswordOf = ({ headers }) => {
  const [, encoded] = /^Basic +([A-Za-z0-9+/]+={0,2}) *$/i.exec(headers.authorization ?? '') ?? []
  const [, name, secret] = /^([^:]*):(.*)$/s.exec(Buffer.from(encoded ?? '', 'base64').toString()) ?? []
  return name === undefined || secret === undefined ? undefined : { name, secret }
}
