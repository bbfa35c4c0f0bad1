import { type App, answerWith, authenticate, type Entrance, type Log } from '../../http/index.js'
import { documentErrors } from '../document_errors.js'
import { joseCryptoRoutes } from './crypto.js'
import { joseErrorSchema, joseErrors } from './errors.js'
import { keySetRoute } from './jwks.js'
import { joseKeyRoutes } from './keys.js'
import { joseTagRoutes } from './tags.js'

/** Cryptography in the forms of JOSE, below /v1/crypto, and the public keys that go with it. Every key does one thing by one algorithm. */
export async function joseFace(
  app: App,
  { log, ...entrance }: Entrance & { readonly log: Log },
): Promise<void> {
  app.setErrorHandler(answerWith(log, joseErrors))
  documentErrors(app, 'application/json', joseErrorSchema)
  keySetRoute(app, entrance.keyManager.publisher)
  await app.register(
    async (inner: App) => {
      authenticate(inner, 'cosmian', entrance)
      for (const routes of [joseKeyRoutes, joseTagRoutes, joseCryptoRoutes]) routes(inner)
    },
    { prefix: '/v1/crypto' },
  )
}
