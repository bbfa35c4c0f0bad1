import Type from 'typebox'
import { type App, integers, nullable } from '../http/index.js'
import { exactly, next, ownerField, ownField, pageFields } from './schemas.js'

const tags = ['sessions']

/** A login that goes on. */
export const sessionSchema = Type.Object({
  id: Type.String(),
  principal: Type.String({ description: 'Principal id' }),
  identity: Type.String({ description: 'connection|id that was proved' }),
  factors: Type.Array(
    Type.Object({
      method: Type.String(),
      at: Type.Integer({ description: 'Milliseconds since 1970' }),
    }),
    { description: 'What was proved' },
  ),
  label: Type.String(),
  client: nullable('string'),
  created: Type.Integer({ description: 'Milliseconds since 1970' }),
  ends: Type.Integer({ description: 'When it ends, however much it is used' }),
  idle: nullable('integer', { description: 'Milliseconds without use after which it ends' }),
  lastUsed: Type.Integer({ description: 'Not much later it was used last' }),
})

/** Who is logged in. */
export function sessionRoutes(app: App): void {
  app.get(
    '/sessions',
    {
      preValidation: integers('limit'),
      schema: {
        tags,
        operationId: 'listSessions',
        summary: 'Logins that go on',
        querystring: exactly({ ...pageFields, ...ownerField }),
        response: { 200: Type.Object({ sessions: Type.Array(sessionSchema), next }) },
      },
    },
    async ({ session, query }) => session.sessions(query),
  )

  app.delete(
    '/sessions/:id',
    {
      schema: {
        tags,
        operationId: 'endSession',
        summary: 'End a login with its tokens',
        params: Type.Object({ id: Type.String({ minLength: 1 }) }),
        querystring: exactly(ownField),
        response: { 204: Type.Null() },
      },
    },
    async ({ session, params, query }, reply) => {
      await session.endSession(params.id, { own: query.own !== 'false' })
      return reply.code(204).send(null)
    },
  )
}
