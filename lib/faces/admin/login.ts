import Type from 'typebox'
import { type KeyManager, logIn } from '../../core/index.js'
import { type App, nullable } from '../http/index.js'
import { principalSchema } from './principals.js'
import { exactly } from './schemas.js'

const tags = ['login']

/** The one route of the face that asks for no token: it gives one. */
export function loginRoute(app: App, keyManager: KeyManager): void {
  app.post(
    '/login',
    {
      schema: {
        tags,
        operationId: 'logIn',
        summary: 'Get a token for 12 hours with a name and a password',
        security: [],
        body: exactly({ name: Type.String(), password: Type.String() }),
        response: {
          200: Type.Object({
            token: Type.String({ description: 'To send as Authorization: Bearer' }),
            expires: nullable('integer', { description: 'Milliseconds since 1970' }),
          }),
        },
      },
    },
    async ({ body, id }) => {
      const session = await keyManager.authenticate(body, { face: 'admin', request: id })
      const { text, expires } = await session.run(logIn, { label: 'login' })
      return { token: text, expires }
    },
  )
}

export function ownRoutes(app: App): void {
  app.post(
    '/logout',
    {
      schema: {
        tags,
        operationId: 'logOut',
        summary: 'End the token that this request carries',
        response: { 204: Type.Null() },
      },
    },
    async ({ session, headers }, reply) => {
      // In development mode there may be no token to end.
      const [, token] = /mrt_([0-9a-f]{32})_/.exec(headers.authorization ?? '') ?? []
      if (token !== undefined) await session.revokeToken(token)
      return reply.code(204).send()
    },
  )

  app.get(
    '/me',
    {
      schema: {
        tags,
        operationId: 'getMe',
        summary: 'Who this token belongs to',
        response: { 200: principalSchema },
      },
    },
    async ({ session }) => session.principal,
  )

  app.put(
    '/me/password',
    {
      schema: {
        tags,
        operationId: 'setOwnPassword',
        summary: 'Change one’s own password; every token of one’s own ends',
        body: exactly({ current: Type.String(), password: Type.String() }),
        response: { 200: Type.Object({ tokensEnded: Type.Integer() }) },
      },
    },
    async ({ session, body }) => session.setOwnPassword(body.current, body.password),
  )
}
