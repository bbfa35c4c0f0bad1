import Type from 'typebox'
import { type App, integers, nullable } from '../http/index.js'
import { exactly, next, ownerField, ownField, pageFields } from './schemas.js'

const tags = ['tokens']

const fields = {
  id: Type.String(),
  principal: Type.String({ description: 'Principal id' }),
  label: Type.String(),
  created: Type.Integer({ description: 'Milliseconds since 1970' }),
  expires: nullable('integer', { description: 'Milliseconds since 1970, or null for never' }),
}

export function tokenRoutes(app: App): void {
  app.post(
    '/tokens',
    {
      schema: {
        tags,
        operationId: 'createToken',
        summary: 'Make an API token; its text is in this answer and nowhere else',
        body: exactly({
          ...ownerField,
          label: Type.Optional(Type.String()),
          expires: Type.Optional(
            Type.Integer({ description: 'Milliseconds since 1970 from which it is refused. Default never' }),
          ),
        }),
        response: { 201: Type.Object({ ...fields, text: Type.String({ description: 'The token' }) }) },
      },
    },
    async ({ session, body }, reply) => reply.code(201).send(await session.createToken(body)),
  )

  app.get(
    '/tokens',
    {
      preValidation: integers('limit'),
      schema: {
        tags,
        operationId: 'listTokens',
        summary: 'Tokens that are still accepted',
        querystring: exactly({ ...pageFields, ...ownerField }),
        response: { 200: Type.Object({ tokens: Type.Array(Type.Object(fields)), next }) },
      },
    },
    async ({ session, query }) => session.tokens(query),
  )

  app.delete(
    '/tokens/:id',
    {
      schema: {
        tags,
        operationId: 'revokeToken',
        summary: 'End a token',
        params: Type.Object({ id: Type.String({ minLength: 1 }) }),
        querystring: exactly(ownField),
        response: { 204: Type.Null() },
      },
    },
    async ({ session, params, query }, reply) => {
      await session.revokeToken(params.id, { own: query.own !== 'false' })
      return reply.code(204).send()
    },
  )
}
