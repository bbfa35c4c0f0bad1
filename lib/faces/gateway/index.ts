import type { FastifyRequest } from 'fastify'
import type { AssertionSettings } from '../../core/index.js'
import { type App, answerWith, authenticate, basic, bearer, type Entrance, type Log } from '../http/index.js'
import { collectionRoutes } from './collections.js'
import { gatewayErrors } from './errors.js'
import { resourceRoutes } from './resources.js'
import { scopeRoutes } from './scopes.js'
import { storeRoutes } from './store.js'
import { userInfoRoutes } from './user_info.js'
import { validationRoutes } from './validation.js'

export interface GatewayOptions extends Entrance {
  readonly log: Log
  /** How backends are told who calls; null for not at all. */
  readonly assertion: AssertionSettings | null
}

/**
 * What API gateways ask of a key manager beside tokens, at the paths of WSO2's and at /api/km/v1: scopes, APIs, applications and
 * subscriptions, and whether a call is let through. It translates: every route is one operation of whoever asks.
 */
export async function gatewayFace(app: App, { log, assertion, ...entrance }: GatewayOptions): Promise<void> {
  app.setErrorHandler(answerWith(log, gatewayErrors))
  app.addHook('preValidation', async ({ body }: FastifyRequest) => dropNulls(body))
  app.get(
    '/api/km/v1/certificate',
    {
      schema: {
        tags: ['gateway'],
        operationId: 'backendTokenCertificate',
        summary: 'The certificate (PEM) of the key that signs access tokens and backend JWTs',
        security: [],
      },
    },
    async (_request, reply) => {
      const der = await entrance.keyManager.tokenCertificate()
      return reply.type('application/x-pem-file').send(pemOf(der))
    },
  )
  await app.register(async (inner: App) => {
    authenticate(inner, 'gateway', entrance, bearer, basic)
    scopeRoutes(inner)
    resourceRoutes(inner)
    collectionRoutes(inner)
    storeRoutes(inner)
    userInfoRoutes(inner)
    validationRoutes(inner, log, assertion)
  })
}

/** A field that is null says nothing: some clients write all that they know. */
function dropNulls(body: unknown): void {
  if (typeof body !== 'object' || body === null) return
  const fields = body as Record<string, unknown>
  for (const name of Object.keys(fields)) if (fields[name] === null) delete fields[name]
}

function pemOf(der: Uint8Array): string {
  const lines =
    Buffer.from(der)
      .toString('base64')
      .match(/.{1,64}/g) ?? []
  return `-----BEGIN CERTIFICATE-----\n${lines.join('\n')}\n-----END CERTIFICATE-----\n`
}
