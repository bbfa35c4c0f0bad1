import Type from 'typebox'
import type { TokenSalts } from '../../core/index.js'
import { type App, authenticate, type Entrance, installProblems, type Log } from '../http/index.js'
import { certificateCalls } from './certificates.js'
import { clientCryptoCalls } from './client_crypto.js'
import { coseCalls } from './cose_calls.js'
import { cryptographyCalls } from './cryptography.js'
import { keymanagerErrors } from './errors.js'
import { otherCalls } from './others.js'
import { partnerCalls } from './partners.js'
import { signatureCalls } from './signatures.js'
import { tokenOf } from './token.js'
import { errorSchema } from './wrapper.js'
import { zeroKnowledgeCalls } from './zero_knowledge.js'

export interface KeymanagerOptions extends Entrance {
  readonly log: Log
  /** Applications whose jwtSign signs what is no JSON too. */
  readonly anyPayload: readonly string[]
  /** Keys that random keys of zero-knowledge encryption are given to: APPLICATION/REFERENCE each. */
  readonly zkPartners: readonly string[]
  /** What token ids are made with. */
  readonly tokenSalts: TokenSalts | undefined
}

/**
 * MOSIP's Keymanager, as OpenSPP and OpenG2P call it: docs/keymanager.md says what is there. It translates: every call is one or two methods
 * of `session.keymanager` of whoever asks.
 */
export async function keymanagerFace(app: App, options: KeymanagerOptions): Promise<void> {
  const { log, anyPayload, zkPartners, tokenSalts, ...entrance } = options
  installProblems(app, log, keymanagerErrors)
  app.addSchema(errorSchema)
  app.addHook('onRoute', ({ schema }) => {
    if (!schema) return
    schema.response = {
      ...(schema.response as object),
      default: {
        description: 'A refusal, with HTTP 200 where MOSIP says 200',
        content: { 'application/json': { schema: { $ref: 'KeymanagerError#' } } },
      },
    }
  })
  openRoutes(app, entrance)
  await app.register(async (calls: App) => {
    authenticate(calls, 'keymanager', entrance, tokenOf)
    cryptographyCalls(calls)
    signatureCalls(calls, anyPayload)
    certificateCalls(calls)
    partnerCalls(calls)
    zeroKnowledgeCalls(calls, zkPartners)
    clientCryptoCalls(calls)
    coseCalls(calls)
    otherCalls(calls, tokenSalts)
  })
}

/** What MOSIP's probes and pages ask for, without a token. */
function openRoutes(app: App, { keyManager }: Pick<Entrance, 'keyManager'>): void {
  const open = { tags: ['keymanager'], security: [] }
  const health = Type.Object({ status: Type.String({ description: 'UP or DOWN' }) })
  app.get(
    '/actuator/health',
    {
      schema: {
        ...open,
        operationId: 'keymanagerHealth',
        summary: 'Whether it works; 503 when it does not',
        response: { 200: health, 503: health },
      },
    },
    async (_request, reply) => {
      const { up } = await keyManager.health()
      return reply.code(up ? 200 : 503).send({ status: up ? 'UP' : 'DOWN' })
    },
  )
  app.get(
    '/v3/api-docs',
    {
      schema: {
        ...open,
        operationId: 'keymanagerOpenapi',
        summary: 'Where the description of all routes is',
        response: { 302: Type.Null() },
      },
    },
    async (_request, reply) => reply.redirect('/openapi.json'),
  )
}
