import { randomUUID } from 'node:crypto'
import Type, { type Static } from 'typebox'
import type {
  Door,
  KeyManager,
  LoggedIn,
  LogInInput,
  LoginSession,
  Session,
  TokenClaims,
} from '../../core/index.js'
import { MortiseError } from '../../errors/index.js'
import { type App, doorOf, enumOf, exactly } from '../http/index.js'
import { requireRoot } from './domains.js'
import { asked, pageFields, pageIntegers, pageOf } from './page.js'
import { readBody, readQuery } from './reading.js'
import { isLocal, localUserId, principalOf } from './user_ids.js'

const tags = ['ciphertrust tokens']
const second = 1000
const minute = 60 * second
/** Of a token: the session goes on by its refresh token. */
const tokenLifetime = 5 * minute
const mostMinutes = 366 * 24 * 60
const longestGroups = 2048

const text = Type.Optional(Type.String())
const minutes = (description: string) =>
  Type.Optional(Type.Integer({ minimum: 1, maximum: mostMinutes, description: `Minutes ${description}` }))

const request = exactly({
  grant_type: Type.Optional(
    enumOf(['password', 'refresh_token', 'user_certificate', 'client_credential'], {
      description: 'Default password',
    }),
  ),
  username: text,
  name: Type.Optional(Type.String({ description: 'An older word for username' })),
  password: text,
  connection: Type.Optional(Type.String({ description: 'Default local_account' })),
  domain: text,
  auth_domain: text,
  auth_domain_path: text,
  labels: Type.Optional(Type.Array(Type.String({ pattern: '^[^,]+$' }), { maxItems: 16 })),
  cookies: Type.Optional(Type.Boolean()),
  refresh_token: text,
  refresh_token_lifetime: minutes('after which the refresh token is refused. Default 12 hours'),
  refresh_token_revoke_unused_in: minutes('without use after which it is refused. Default never'),
  renew_refresh_token: Type.Optional(
    Type.Boolean({ description: 'Whether another one takes its place. Default false' }),
  ),
  client_id: Type.Optional(Type.String({ description: 'Of client_credential: id or name of a principal' })),
  client_secret: Type.Optional(
    Type.String({
      description: 'Of client_credential: an API token of it. Default the TLS client’s certificate',
    }),
  ),
})
type TokenRequest = Static<typeof request>

const answer = Type.Object({
  jwt: Type.String({ description: 'To send as Authorization: Bearer' }),
  duration: Type.Integer({ description: 'Seconds that it is accepted' }),
  token_type: Type.String(),
  client_id: Type.String(),
  refresh_token_id: Type.Optional(Type.String()),
  refresh_token: Type.Optional(Type.String()),
  refresh_token_expires_in: Type.Optional(Type.Integer({ description: 'Seconds' })),
})

/** What the tokens of this API say. Nobody has to believe them: rights are looked up with each request. */
const claims: TokenClaims = ({ client, principal, groups }) => ({
  iss: 'kylo',
  acc: 'kylo',
  aud: client,
  sub: localUserId(principal),
  // A header takes 16 KiB, of which a thousand groups would be more.
  ...(groups.join().length <= longestGroups && { cust: { groups } }),
})

/** The routes that ask for no token: they give one. */
export function grantRoutes(app: App, keyManager: KeyManager): void {
  app.post(
    '/auth/tokens',
    {
      preValidation: readBody({ flags: ['cookies', 'renew_refresh_token'] }),
      schema: {
        tags,
        operationId: 'ciphertrustCreateToken',
        summary: 'Get a token with a password, a refresh token or a client’s credentials',
        security: [],
        body: request,
        response: { 200: answer },
      },
    },
    async (asking) => {
      const { body } = asking
      requireRoot(body.domain, body.auth_domain, body.auth_domain_path)
      if (body.cookies) throw invalid('cookies are not set here: send the token as a header')
      const door = doorOf('ciphertrust', asking)
      switch (body.grant_type) {
        case 'refresh_token':
          return refresh(keyManager, body, door)
        case 'client_credential':
          return clientLogin(keyManager, body, door)
        case 'user_certificate':
          return certificateLogin(keyManager, body, door)
        default:
          return passwordLogin(keyManager, body, door)
      }
    },
  )
}

async function passwordLogin(keyManager: KeyManager, body: TokenRequest, door: Door) {
  const { username = body.name, password } = body
  if (username === undefined || password === undefined)
    throw invalid('grant_type password needs username and password')
  const credentials = { name: username, password, ...through(body.connection) }
  const session = await keyManager.authenticate(credentials, door)
  return userLogin(session, body)
}

/** Of the TLS client. What it gets is good with that certificate alone. */
async function certificateLogin(keyManager: KeyManager, { connection, ...body }: TokenRequest, door: Door) {
  const session = await keyManager.authenticate({ chain: shownAt(door), ...through(connection) }, door)
  return userLogin(session, body)
}

async function userLogin(session: Session, body: TokenRequest) {
  const { refresh_token_lifetime: lifetime, refresh_token_revoke_unused_in: unused, labels = [] } = body
  return answerOf(
    await logIn(session, {
      label: labels.join(),
      client: randomUUID(),
      ...(lifetime !== undefined && { lifetime: lifetime * minute }),
      refresh: {
        rotates: body.renew_refresh_token ?? false,
        ...(unused !== undefined && { unused: unused * minute }),
      },
    }),
  )
}

/**
 * The credentials of a service or client are an API token of its principal, or the certificate of the TLS client. It gets no refresh
 * token (RFC 6749 section 4.4.3).
 */
async function clientLogin(keyManager: KeyManager, body: TokenRequest, door: Door) {
  const { client_id: client, client_secret: token, labels = [] } = body
  if (client === undefined) throw invalid('grant_type client_credential needs client_id')
  const session = await keyManager.authenticate(
    token === undefined ? { chain: shownAt(door), client, ...through(body.connection) } : { token, client },
    door,
  )
  const { id } = session.principal
  return answerOf(await logIn(session, { label: labels.join(), client: id, lifetime: tokenLifetime }))
}

/** @throws MORTISE_AUTH_REQUIRED where the TLS client has shown no certificate */
function shownAt({ chain }: Door): readonly Uint8Array[] {
  if (chain) return chain
  throw new MortiseError('MORTISE_AUTH_REQUIRED', 'the TLS client has shown no certificate')
}

/** The connection that is asked for, where it is not that of this store. */
function through(connection: string | undefined): { readonly connection?: string } {
  return connection === undefined || isLocal(connection) ? {} : { connection }
}

function logIn(session: Session, input: LogInInput): Promise<LoggedIn> {
  return session.logIn({ idle: null, tokenLifetime, claims, ...input })
}

async function refresh(keyManager: KeyManager, body: TokenRequest, door: Door) {
  const { refresh_token: refreshToken, renew_refresh_token: renew = false } = body
  if (refreshToken === undefined) throw invalid('grant_type refresh_token needs refresh_token')
  const again = await keyManager.refresh({ refreshToken, tokenLifetime, renew, claims }, door)
  return { refresh_token_id: again.session.id, refresh_token: refreshToken, ...answerOf(again) }
}

function answerOf({ token, session, refreshToken }: LoggedIn) {
  const { created, expires } = token
  return {
    jwt: token.text,
    duration: Math.round(((expires ?? created) - created) / second),
    token_type: 'Bearer',
    client_id: session.client ?? session.id,
    ...(refreshToken && {
      refresh_token_id: session.id,
      refresh_token: refreshToken.text,
      refresh_token_expires_in: Math.round((refreshToken.expires - created) / second),
    }),
  }
}

function invalid(message: string): MortiseError {
  return new MortiseError('MORTISE_INPUT_INVALID', message)
}

const tokenSchema = Type.Object({
  id: Type.String(),
  user_id: Type.String(),
  client_id: Type.String(),
  labels: Type.Array(Type.String()),
  created_at: Type.String(),
  expires_at: Type.String(),
})
const params = Type.Object({ id: Type.String({ minLength: 1, description: 'refresh_token_id' }) })

/** Logins that go on: one entry for a refresh token, in whose place others may have come. */
export function tokenRoutes(app: App): void {
  app.get(
    '/auth/tokens',
    {
      preValidation: readQuery({ integers: pageIntegers, flags: ['expired', 'revoked'] }),
      schema: {
        tags,
        operationId: 'ciphertrustListTokens',
        summary:
          'One’s own refresh tokens, or those of user_id with the right to manage tokens; the oldest first',
        querystring: exactly({
          ...pageFields,
          user_id: text,
          labels: Type.Optional(Type.String({ description: 'All of its labels, as they were given' })),
          expired: Type.Optional(Type.Boolean({ description: 'Those that have ended are not kept' })),
          revoked: Type.Optional(Type.Boolean({ description: 'The same' })),
        }),
        response: { 200: pageOf(tokenSchema) },
      },
    },
    async ({ session, query }) => {
      const page = asked(query)
      const principal = query.user_id && (await principalOf(session, query.user_id))
      const { sessions, total } = await session.findSessions({
        ...page,
        ...(principal && principal !== session.principal.id && { principal }),
        ...(query.labels !== undefined && { label: query.labels }),
      })
      return { ...page, total, resources: sessions.map(shown) }
    },
  )

  app.get(
    '/auth/tokens/:id',
    {
      schema: {
        tags,
        operationId: 'ciphertrustGetToken',
        summary: 'A refresh token of one’s own, or anybody’s with the right to manage tokens',
        params,
        response: { 200: tokenSchema },
      },
    },
    async ({ session, params: { id } }) => shown(await session.getSession(id)),
  )

  app.delete(
    '/auth/tokens/:id',
    {
      preValidation: readBody(),
      schema: {
        tags,
        operationId: 'ciphertrustDeleteToken',
        summary: 'End a login: its tokens are refused at once, and nothing refreshes it',
        params,
        response: { 204: Type.Null({ description: 'Nothing' }) },
      },
    },
    async ({ session, params: { id } }, reply) => {
      const { principal } = await session.getSession(id)
      await session.endSession(id, { own: principal === session.principal.id })
      return reply.code(204).send(null)
    },
  )
}

function shown({ id, principal, client, label, created, ends }: LoginSession): Static<typeof tokenSchema> {
  return {
    id,
    user_id: localUserId(principal),
    client_id: client ?? id,
    labels: label === '' ? [] : label.split(','),
    created_at: new Date(created).toISOString(),
    expires_at: new Date(ends).toISOString(),
  }
}
