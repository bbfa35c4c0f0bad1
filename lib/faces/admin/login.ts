import Type from 'typebox'
import type { Credentials, KeyManager, LoggedIn } from '../../core/index.js'
import { type App, nullable } from '../http/index.js'
import { factorProof } from './factors.js'
import { principalSchema } from './principals.js'
import { exactly } from './schemas.js'

const tags = ['login']
const minute = 60_000

const loggedIn = Type.Object({
  token: Type.String({ description: 'To send as Authorization: Bearer' }),
  expires: nullable('integer', { description: 'Milliseconds since 1970' }),
  session: Type.String({ description: 'Id of the session' }),
  refreshToken: nullable('string', { description: 'For another token, where it was asked for' }),
  passwordChangeRequired: Type.Boolean({ description: 'Whether nothing but PUT /me/password is allowed' }),
})
const minutes = Type.Integer({ minimum: 1, maximum: 720 })

/** What a login is to be. */
const options = {
  label: Type.Optional(Type.String()),
  tokenMinutes: Type.Optional(minutes),
  refresh: Type.Optional(
    exactly({
      minutes: Type.Optional(minutes),
      unusedMinutes: Type.Optional(minutes),
      rotates: Type.Optional(
        Type.Boolean({
          description: 'Whether each use gives another one, and a second use ends the session. Default true',
        }),
      ),
    }),
  ),
}
type Options = Type.Static<ReturnType<typeof exactly<typeof options>>>

/** The routes of the face that ask for no token: they give one. */
export function loginRoutes(app: App, keyManager: KeyManager): void {
  const logIn = async (body: Credentials & Options, request: string) => {
    const { label = 'login', tokenMinutes, refresh, ...credentials } = body
    const session = await keyManager.authenticate(credentials, { face: 'admin', request })
    const login = {
      label,
      ...(tokenMinutes !== undefined && { tokenLifetime: tokenMinutes * minute }),
      ...(refresh && {
        refresh: {
          ...(refresh.minutes !== undefined && { lifetime: refresh.minutes * minute }),
          ...(refresh.unusedMinutes !== undefined && { unused: refresh.unusedMinutes * minute }),
          ...(refresh.rotates !== undefined && { rotates: refresh.rotates }),
        },
      }),
    }
    return answerOf(await session.logIn(login), session.principal.passwordChangeRequired)
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
        body: exactly({
          name: Type.String(),
          password: Type.String(),
          connection: Type.Optional(Type.String({ description: 'Default local_account' })),
          ...options,
        }),
        response: { 200: loggedIn },
      },
    },
    async ({ body, id }) => logIn(body, id),
  )

  app.post(
    '/login/jwt',
    {
      schema: {
        tags,
        operationId: 'logInWithJwt',
        summary: 'Get a token, for as long as it is valid, with a JWT of an outside issuer',
        security: [],
        body: exactly({ jwt: Type.String(), ...options }),
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
        body: exactly({ ...factorProof.properties, ...options }),
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

  app.post(
    '/login/refresh',
    {
      schema: {
        tags,
        operationId: 'refreshLogin',
        summary: 'Get another token of a session with its refresh token',
        security: [],
        body: exactly({
          refreshToken: Type.String(),
          tokenMinutes: Type.Optional(minutes),
          renew: Type.Optional(
            Type.Boolean({ description: 'Whether another refresh token takes its place' }),
          ),
        }),
        response: { 200: loggedIn },
      },
    },
    async ({ body: { refreshToken, tokenMinutes, renew }, id }) =>
      answerOf(
        await keyManager.refresh(
          {
            refreshToken,
            ...(tokenMinutes !== undefined && { tokenLifetime: tokenMinutes * minute }),
            ...(renew !== undefined && { renew }),
          },
          { face: 'admin', request: id },
        ),
        false,
      ),
  )
}

function answerOf({ token, session, refreshToken }: LoggedIn, passwordChangeRequired: boolean) {
  return {
    token: token.text,
    expires: token.expires,
    session: session.id,
    refreshToken: refreshToken?.text ?? null,
    passwordChangeRequired,
  }
}

export function ownRoutes(app: App): void {
  app.post(
    '/logout',
    {
      schema: {
        tags,
        operationId: 'logOut',
        summary: 'End the login that this request carries a token of, or the token',
        response: { 204: Type.Null() },
      },
    },
    async ({ session, headers }, reply) => {
      if (session.login) {
        await session.endSession(session.login.id)
        return reply.code(204).send()
      }
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
