import Type from 'typebox'
import type { App } from '../http/index.js'
import { exactly, objectParams, optionalBody, rotationPolicy } from './schemas.js'

const tags = ['keys']
const answer = Type.Object({
  policy: rotationPolicy,
  advice: Type.Object({
    interval: Type.String({ description: 'What SP 800-57 part 1 advises for the algorithm' }),
    due: Type.String({ description: 'When this version has been in use for so long' }),
  }),
})

export function rotationRoutes(app: App): void {
  app.put(
    '/keys/:id/rotation',
    {
      preValidation: optionalBody,
      schema: {
        tags,
        operationId: 'setKeyRotation',
        summary: 'Have a key rekeyed of itself',
        params: objectParams,
        body: exactly({
          interval: Type.Optional(
            Type.String({
              description: 'ISO 8601 (P90D) or 90d. Default: what is advised for the algorithm',
            }),
          ),
          offset: Type.Optional(
            Type.String({ description: 'From the making of a version to its activation. Default: none' }),
          ),
          keepActive: Type.Optional(
            Type.Integer({ description: 'How many of the newest versions stay Active. Default: all' }),
          ),
          first: Type.Optional(
            Type.String({ description: 'ISO 8601: when the first falls due. Default: an interval from now' }),
          ),
        }),
        response: { 200: answer },
      },
    },
    async ({ session, params, body }) => session.setRotation(params.id, body),
  )

  app.get(
    '/keys/:id/rotation',
    {
      schema: {
        tags,
        operationId: 'getKeyRotation',
        summary: 'The rotation policy of a key, and what is advised',
        params: objectParams,
        response: { 200: answer },
      },
    },
    async ({ session, params }) => session.getRotation(params.id),
  )

  app.delete(
    '/keys/:id/rotation',
    {
      schema: {
        tags,
        operationId: 'removeKeyRotation',
        summary: 'End the rotation policy of a key',
        params: objectParams,
        response: { 200: answer },
      },
    },
    async ({ session, params }) => session.removeRotation(params.id),
  )
}
