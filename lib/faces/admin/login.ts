import Type from 'typebox'
import type { Credentials, KeyManager } from '../../core/index.js'
import { type App, nullable } from '../http/index.js'
import { factorProof } from './factors.js'
import { principalSchema } from './principals.js'
import { exactly } from './schemas.js'

const tags = ['login']

const loggedIn = Type.Object({
  token: Type.String({ description: 'To send as Authorization: Bearer' }),
  expires: nullable('integer', { description: 'Milliseconds since 1970' }),
})

/** The routes of the face that ask for no token: they give one. */
export function loginRoutes(app: App, keyManager: KeyManager): void {
  const logIn = async (credentials: Credentials, request: string) => {
    const session = await keyManager.authenticate(credentials, { face: 'admin', request })
    const { text, expires } = await session.logIn('login')
    return { token: text, expires }
  }

  app.post(
    '/login',
    {
      schema: {
        tags,
        operationId: 'logIn',
        summary:
          'Get a token for 12 hours with a name and a password, or a challenge (MORTISE_AUTH_FACTOR_REQUIRED)',
        security: [],
        body: exactly({ name: Type.String(), password: Type.String() }),
        response: { 200: loggedIn },
      },
    },
    async ({ body, id }) => logIn(body, id),
  )

  app.post(
    '/login/factor',
    {
      schema: {
        tags,
        operationId: 'logInWithFactor',
        summary: 'Get a token with a second factor, or with a passkey alone: answers a challenge',
        security: [],
        body: factorProof,
        response: { 200: loggedIn },
      },
    },
    async ({ body, id }) => logIn(body, id),
  )

  app.post(
    '/login/passkey',
    {
      schema: {
        tags,
        operationId: 'requestPasskey',
        summary: 'A challenge for a passkey alone, which must verify who uses it',
        security: [],
        response: {
          200: Type.Object({
            challenge: Type.String({ description: 'Base64url' }),
            expires: Type.Integer({ description: 'Milliseconds since 1970' }),
            rpId: Type.String(),
          }),
        },
      },
    },
    async () => keyManager.requestPasskey(),
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
