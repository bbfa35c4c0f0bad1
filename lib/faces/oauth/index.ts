import { type KeyManager, oauthGrants } from '../../core/index.js'
import { type App, answerWith, type Log } from '../http/index.js'
import { discoveryRoutes } from './discovery.js'
import { oauthErrors, registrationErrors } from './errors.js'
import { takeForms } from './form.js'
import { introspectionRoutes } from './introspection.js'
import { issuerOf } from './issuer.js'
import { registrationRoutes } from './registration.js'
import { tokenRoute } from './token.js'

/** What the token endpoint knows: a code is given out by nobody yet. */
const served = oauthGrants.filter((grant) => grant !== 'authorization_code')

export interface OAuthOptions {
  readonly keyManager: KeyManager
  readonly log: Log
  /** Of the paths: `mortise`. */
  readonly realm: string
  /** Whether clients may get tokens by the passwords of users (RFC 9700 section 2.4 advises against it). */
  readonly passwordGrant: boolean
  /** Where clients reach this server: `https://km.example.org`. */
  origin(): string
}

/**
 * OAuth 2.0 for clients (RFC 6749): they get access tokens, which every face takes, and everybody gets what verifies them. It
 * translates: every route is one method of the key manager.
 */
export async function oauthFace(
  app: App,
  { keyManager, log, realm, origin, passwordGrant }: OAuthOptions,
): Promise<void> {
  const issuer = issuerOf(realm, origin)
  app.setErrorHandler(answerWith(log, oauthErrors))
  app.addHook('onSend', async (_request, reply) => {
    if (reply.statusCode === 401) reply.header('www-authenticate', `Basic realm="${realm}", charset="UTF-8"`)
    else reply.removeHeader('www-authenticate')
  })
  const grants = served.filter((grant) => grant !== 'password' || passwordGrant)
  discoveryRoutes(app, keyManager, issuer, grants)
  await app.register(async (inner: App) => {
    takeForms(inner)
    tokenRoute(inner, keyManager, issuer, grants)
    introspectionRoutes(inner, keyManager, issuer)
  })
  await app.register(async (inner: App) => {
    inner.setErrorHandler(answerWith(log, registrationErrors))
    registrationRoutes(inner, keyManager, issuer)
  })
}
