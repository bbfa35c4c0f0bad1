import Type, { type Static } from 'typebox'
import type { KeyManager, TokenGrant } from '../../core/index.js'
import { type App, doorOf } from '../http/index.js'
import { clientOf } from './client_credentials.js'
import { invalidRequest, refusal } from './errors.js'
import { type Issuer, placesOf } from './issuer.js'

const text = (description: string) => Type.Optional(Type.String({ description }))

/** What else stands in it is not looked at (RFC 6749 section 3.2). */
const request = Type.Object({
  grant_type: text('As the metadata lists'),
  scope: text('With blanks between. Default: default, or what was granted'),
  resource: text('What the token is for (RFC 8707)'),
  client_id: text('Where the client does not authenticate by the header Authorization: Basic'),
  client_secret: text('The same'),
  username: text('Of grant_type password'),
  password: text('Of grant_type password'),
  refresh_token: text('Of grant_type refresh_token'),
  assertion: text('Of grant_type jwt-bearer (RFC 7523): a JWT'),
  subject_token: text('Of grant_type token-exchange (RFC 8693)'),
  subject_token_type: text('Of an access token, or a JWT'),
  actor_token: text('A token of the client itself, for which it acts'),
  actor_token_type: text('Of an access token, or a JWT'),
  requested_token_type: text('Of an access token, or a JWT'),
  audience: text('As resource, of grant_type token-exchange'),
})
type Form = Static<typeof request>

const answer = Type.Object({
  access_token: Type.String({ description: 'To send as Authorization: Bearer' }),
  issued_token_type: Type.Optional(Type.String()),
  token_type: Type.String(),
  expires_in: Type.Integer({ description: 'Seconds' }),
  scope: Type.String(),
  refresh_token: Type.Optional(Type.String()),
})

const exchange = 'urn:ietf:params:oauth:grant-type:token-exchange'
const accessToken = 'urn:ietf:params:oauth:token-type:access_token'
/** RFC 8693 section 3. */
const tokenTypes = [accessToken, 'urn:ietf:params:oauth:token-type:jwt']

/** RFC 6749 section 3.2: the token endpoint. */
export function tokenRoute(
  app: App,
  keyManager: KeyManager,
  issuer: Issuer,
  grants: readonly string[],
): void {
  for (const { url, hide } of placesOf(issuer, 'token')) {
    app.post(
      url,
      {
        schema: {
          tags: ['oauth'],
          hide,
          operationId: 'oauthToken',
          summary: 'Get an access token (RFC 6749 section 3.2)',
          security: [],
          consumes: ['application/x-www-form-urlencoded'],
          body: request,
          response: { 200: answer },
        },
      },
      async (asking, reply) => {
        const { body } = asking
        if (body.grant_type === undefined) throw invalidRequest('grant_type is missing')
        const client = clientOf(asking, body)
        if (!grants.includes(body.grant_type))
          throw refusal('unsupported_grant_type', `grant_type is one of ${grants.join(', ')}`)
        const resource = body.grant_type === exchange ? targetOf(body) : body.resource
        const token = await keyManager.grantToken(
          client,
          {
            ...grantOf(body, issuer),
            issuer: issuer.url(),
            scope: (body.scope ?? '').split(' ').filter((one) => one !== ''),
            ...(resource !== undefined && { resource }),
          },
          doorOf('oauth', asking),
        )
        // HTTP/1.0 knows no other (RFC 6749 section 5.1).
        reply.header('pragma', 'no-cache')
        return {
          access_token: token.text,
          ...(body.grant_type === exchange && {
            issued_token_type: body.requested_token_type ?? accessToken,
          }),
          token_type: 'Bearer',
          expires_in: token.expiresIn,
          scope: token.scope,
          ...(token.refreshToken !== null && { refresh_token: token.refreshToken }),
        }
      },
    )
  }
}

/** @throws MORTISE_INPUT_INVALID for what a grant needs and is missing */
function grantOf(body: Form, issuer: Issuer): TokenGrant {
  switch (body.grant_type) {
    case 'password':
      return {
        grant: body.grant_type,
        username: needed(body, 'username'),
        password: needed(body, 'password'),
      }
    case 'refresh_token':
      return { grant: body.grant_type, refreshToken: needed(body, 'refresh_token') }
    case 'urn:ietf:params:oauth:grant-type:jwt-bearer': {
      const audiences = placesOf(issuer, 'token').map(({ url }) => `${issuer.origin()}${url}`)
      return {
        grant: body.grant_type,
        assertion: needed(body, 'assertion'),
        audiences: [issuer.url(), ...audiences],
      }
    }
    case exchange: {
      requireType(needed(body, 'subject_token_type'), 'subject_token_type')
      requireType(body.requested_token_type ?? accessToken, 'requested_token_type')
      const { actor_token: actorToken } = body
      if (actorToken !== undefined) requireType(needed(body, 'actor_token_type'), 'actor_token_type')
      else if (body.actor_token_type !== undefined) throw invalidRequest('actor_token is missing')
      return {
        grant: body.grant_type,
        subjectToken: needed(body, 'subject_token'),
        ...(actorToken !== undefined && { actorToken }),
      }
    }
    default:
      return { grant: 'client_credentials' }
  }
}

function needed(body: Form, name: keyof Form): string {
  const value = body[name]
  if (value !== undefined) return value
  throw invalidRequest(`${name} is missing`)
}

function requireType(type: string, name: string): void {
  if (!tokenTypes.includes(type)) throw invalidRequest(`${name} is one of ${tokenTypes.join(', ')}`)
}

/** Where both are said, they are the same. */
function targetOf({ audience, resource }: Form): string | undefined {
  if (audience === undefined || resource === undefined || audience === resource) return audience ?? resource
  throw refusal('invalid_target', 'a token is for one resource: audience and resource are not the same')
}
