import Type from 'typebox'
import { type App, enumOf, nullable } from '../http/index.js'
import { exactly, newKey, objectInfo, usages } from './schemas.js'

const tags = ['hsm']

/** Tokens, and the keys that are on them. */
export function hsmRoutes(app: App): void {
  app.get(
    '/hsm/status',
    {
      schema: {
        tags,
        operationId: 'testTokens',
        summary: 'Opens a session on every token, and tells how they do',
        response: {
          200: Type.Array(
            Type.Object({
              name: Type.String(),
              module: Type.String(),
              up: Type.Boolean({ description: 'Whether a session could be opened and used' }),
              milliseconds: Type.Union([
                Type.Number({ description: 'Of a session from its opening to its end' }),
                Type.Null(),
              ]),
              code: nullable('string'),
              reason: Type.String(),
              state: nullable('string'),
              label: nullable('string'),
              serial: nullable('string'),
              model: nullable('string'),
              slot: nullable('integer'),
              sessions: Type.Integer(),
              queued: Type.Integer(),
              stuck: Type.Integer({ description: 'Threads that a call does not come back to' }),
            }),
          ),
        },
      },
    },
    async ({ session }) => [...(await session.testTokens())],
  )

  app.get(
    '/hsm/tokens/:token/keys',
    {
      schema: {
        tags,
        operationId: 'listTokenKeys',
        summary: 'The keys on a token, with their objects where they have some',
        params: exactly({ token: Type.String() }),
        response: {
          200: Type.Array(
            Type.Object({
              id: Type.String({ description: 'CKA_ID, hexadecimal' }),
              label: Type.String(),
              kind: enumOf(['secret', 'private', 'public']),
              type: Type.String(),
              bits: Type.Integer(),
              object: nullable('string', { description: 'Id of its object' }),
            }),
          ),
        },
      },
    },
    async ({ session, params }) => [...(await session.tokenKeys(params.token))],
  )

  const { extractable: _, sensitive: __, ...adopted } = newKey
  app.post(
    '/hsm/adopt',
    {
      schema: {
        tags,
        operationId: 'adoptKey',
        summary: 'Take a key that is on a token already under management, with its public key',
        body: exactly({
          key: Type.String({
            minLength: 1,
            description: 'pkcs11:token=LABEL;id=%01 or ;object=LABEL, or hsm::MODEL::SLOT::LABEL',
          }),
          algorithm: Type.Optional(Type.String({ description: 'Of a key for MACs. Default HMAC-SHA-256' })),
          publicName: Type.Optional(Type.String({ description: 'Name of its public key' })),
          usage: Type.Optional(usages),
          ...adopted,
        }),
        response: { 201: Type.Array(objectInfo) },
      },
    },
    async ({ session, body }, reply) => reply.code(201).send([...(await session.adopt(body))]),
  )
}
