import type { FastifyRequest } from 'fastify'
import type { KeyManager, Session } from '../../core/index.js'
import { MortiseError } from '../../errors/index.js'
import type { App } from './types.js'

declare module 'fastify' {
  interface FastifyRequest {
    /** Who asks: there on every route behind {@link authenticate}. */
    session: Session
  }
}

/** `token`: a bearer token proves who it is. `none`: for development, everybody is `admin`. */
export type Login = 'token' | 'none'

/** Lets only authenticated requests reach the routes registered in `app`, each with the session of whoever asks. */
export function authenticate(app: App, keyManager: KeyManager, face: string, login: Login): void {
  app.addHook('onRequest', async (request) => {
    const door = { face, request: request.id }
    request.session =
      login === 'none'
        ? await keyManager.admit('admin', door)
        : await keyManager.authenticate({ token: bearer(request) }, door)
  })
}

/** RFC 6750 section 2.1. */
function bearer({ headers }: FastifyRequest): string {
  const [, token] = /^Bearer +(\S+) *$/i.exec(headers.authorization ?? '') ?? []
  if (token !== undefined) return token
  throw new MortiseError(
    'MORTISE_AUTH_REQUIRED',
    'a token is missing: send the header Authorization: Bearer TOKEN',
  )
}
