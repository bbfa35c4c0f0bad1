import Type from 'typebox'
import { type App, integers } from '../http/index.js'
import { principalParams } from './principals.js'
import { exactly, next, pageFields } from './schemas.js'

const tags = ['identities']
const key = {
  connection: Type.String({ description: 'Name of a connection' }),
  subject: Type.String({ description: 'What it calls somebody for ever' }),
}
const identity = Type.Object({
  ...key,
  principal: Type.String({ description: 'Principal id' }),
  linked: Type.Integer({ description: 'Milliseconds since 1970' }),
})

/** Who principals are outside. */
export function identityRoutes(app: App): void {
  app.get(
    '/principals/:id/identities',
    {
      preValidation: integers('limit'),
      schema: {
        tags,
        operationId: 'listIdentities',
        summary: 'Who a principal is outside',
        params: principalParams,
        querystring: exactly(pageFields),
        response: { 200: Type.Object({ identities: Type.Array(identity), next }) },
      },
    },
    async ({ session, params, query }) => session.identities({ ...query, principal: params.id }),
  )

  app.post(
    '/principals/:id/identities',
    {
      schema: {
        tags,
        operationId: 'linkIdentity',
        summary: 'Say that somebody outside is this principal',
        params: principalParams,
        body: exactly(key),
        response: { 201: identity },
      },
    },
    async ({ session, params, body }, reply) =>
      reply.code(201).send(await session.linkIdentity({ ...body, principal: params.id })),
  )

  app.post(
    '/identities/unlink',
    {
      schema: {
        tags,
        operationId: 'unlinkIdentity',
        summary: 'Say that somebody outside is nobody here; the sessions and tokens of the principal end',
        body: exactly(key),
        response: { 204: Type.Null() },
      },
    },
    async ({ session, body }, reply) => {
      await session.unlinkIdentity(body)
      return reply.code(204).send(null)
    },
  )
}
