import { type App, authenticate, type Entrance, installProblems, type Log } from '../http/index.js'
import { auditRoutes } from './audit.js'
import { certificateRoutes } from './certificates.js'
import { cryptoRoutes, rawCryptoRoutes } from './crypto.js'
import { requestRoute } from './csr.js'
import { ciphertrustErrors, errorSchema } from './errors.js'
import { externalAuthorityRoutes } from './external_cas.js'
import { groupRoutes } from './groups.js'
import { keyRoutes } from './keys.js'
import { localAuthorityRoutes } from './local_cas.js'
import { changePasswordRoute, ownRoutes } from './own.js'
import { passwordPolicyRoutes } from './password_policies.js'
import { systemRoutes } from './system.js'
import { grantRoutes, tokenRoutes } from './tokens.js'
import { userRoutes } from './users.js'

export interface CiphertrustOptions extends Entrance {
  readonly log: Log
  /** Of the package. */
  readonly version: string
}

/**
 * The REST API of CipherTrust Manager, as far as its clients manage users, groups, tokens, authorities, certificates and keys:
 * docs/ciphertrust.md says what is there. It translates: every route is one or two methods of the session of whoever asks.
 */
export async function ciphertrustFace(
  app: App,
  { log, version, ...entrance }: CiphertrustOptions,
): Promise<void> {
  installProblems(app, log, ciphertrustErrors)
  takeEmptyBodies(app)
  documentErrors(app)
  grantRoutes(app, entrance.keyManager)
  changePasswordRoute(app, entrance.keyManager)
  await app.register(async (inner: App) => {
    authenticate(inner, 'ciphertrust', entrance)
    for (const routes of [tokenRoutes, ownRoutes, userRoutes, groupRoutes, passwordPolicyRoutes])
      routes(inner)
    auditRoutes(inner)
    for (const routes of [localAuthorityRoutes, certificateRoutes, externalAuthorityRoutes, requestRoute])
      routes(inner)
    for (const routes of [keyRoutes, cryptoRoutes]) routes(inner)
    await inner.register(rawCryptoRoutes)
    systemRoutes(inner, version)
  })
}

/** Some clients name a type for a body that they do not send. */
function takeEmptyBodies(app: App): void {
  const parse = app.getDefaultJsonParser('error', 'error')
  app.addContentTypeParser('application/json', { parseAs: 'string' }, (request, body, done) =>
    body === '' ? done(null, undefined) : parse(request, body as string, done),
  )
}

function documentErrors(app: App): void {
  app.addSchema(errorSchema)
  app.addHook('onRoute', ({ schema }) => {
    if (!schema) return
    schema.response = {
      ...(schema.response as object),
      default: {
        description: 'An error',
        content: { 'application/json': { schema: { $ref: 'CiphertrustError#' } } },
      },
    }
  })
}
