import Type from 'typebox'
import { type App, exactly } from '../http/index.js'

const tags = ['keyservice']
const user = {
  namespace: Type.String({ minLength: 1, description: 'Of the real service' }),
  userId: Type.String({ minLength: 1, description: 'As the real service knows the user' }),
}

/** The keyservice, as far as it is administered. */
export function keyserviceRoutes(app: App): void {
  app.post(
    '/keyservice/services',
    {
      schema: {
        tags,
        operationId: 'addKeyserviceService',
        summary: 'Register a real service, which may connect users of some namespaces',
        body: exactly({
          keyId: Type.String({ minLength: 1, description: 'By which it is known' }),
          namespaces: Type.Array(Type.String()),
          allowFrom: Type.Array(Type.String({ description: 'An address or a network' })),
        }),
        response: {
          201: Type.Object({
            keyId: Type.String(),
            secret: Type.String({ description: 'Shared with it; shown once' }),
          }),
        },
      },
    },
    async ({ session, body }, reply) => reply.code(201).send(await session.addKeyserviceService(body)),
  )

  app.post(
    '/keyservice/restore',
    {
      schema: {
        tags,
        operationId: 'restoreKeyservice',
        summary: 'Put an older version of what a user keeps in the place of the present one',
        body: exactly({
          ...user,
          version: Type.Optional(
            Type.Integer({ minimum: 1, description: 'Default the newest of the older ones' }),
          ),
        }),
        response: {
          200: Type.Object({
            restored: Type.Integer(),
            version: Type.Integer({ description: 'That it has now' }),
            older: Type.Array(Type.Object({ version: Type.Integer(), replaced: Type.String() })),
          }),
        },
      },
    },
    async ({ session, body: { namespace, userId, version } }) => {
      const { older, ...restored } = await session.restoreKeyservice(namespace, userId, version)
      return { ...restored, older: [...older] }
    },
  )

  app.post(
    '/keyservice/forget',
    {
      schema: {
        tags,
        operationId: 'forgetKeyservice',
        summary: 'End the sessions of a user, and destroy all that it keeps',
        body: exactly(user),
        response: { 200: Type.Object({ sessions: Type.Integer({ description: 'That were ended' }) }) },
      },
    },
    async ({ session, body: { namespace, userId } }) => session.forgetKeyservice(namespace, userId),
  )
}
