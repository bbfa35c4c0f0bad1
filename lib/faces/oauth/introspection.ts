import Type from 'typebox'
import type { KeyManager, TokenJudgement } from '../../core/index.js'
import type { App } from '../http/index.js'
import { callerOf } from './callers.js'
import { invalidRequest } from './errors.js'
import { type Issuer, placesOf } from './issuer.js'

const text = Type.Optional(Type.String())
const date = Type.Optional(Type.Integer({ description: 'Seconds since 1970' }))

const request = Type.Object({
  token: text,
  token_type_hint: Type.Optional(
    Type.String({ description: 'Not looked at: a token says itself what it is' }),
  ),
})

const answer = Type.Object({
  active: Type.Boolean(),
  client_id: text,
  username: text,
  sub: text,
  scope: text,
  token_type: text,
  exp: date,
  iat: date,
  nbf: date,
  iss: text,
  aud: text,
  jti: text,
  aut: text,
})

/** RFC 7662, and RFC 7009: what becomes of tokens. */
export function introspectionRoutes(app: App, keyManager: KeyManager, issuer: Issuer): void {
  for (const { url, hide } of placesOf(issuer, 'introspection')) {
    app.post(
      url,
      {
        schema: {
          tags: ['oauth'],
          hide,
          operationId: 'oauthIntrospect',
          summary: 'Whether an access token is good, and what it says (RFC 7662)',
          security: [],
          consumes: ['application/x-www-form-urlencoded'],
          body: request,
          response: { 200: answer },
        },
      },
      async (asking) => {
        const session = await callerOf(keyManager, asking, asking.body)
        return toldOf(await session.introspectToken(tokenOf(asking.body)))
      },
    )
  }

  for (const { url, hide } of placesOf(issuer, 'revocation')) {
    app.post(
      url,
      {
        schema: {
          tags: ['oauth'],
          hide,
          operationId: 'oauthRevoke',
          summary: 'End an access or refresh token, with all of the same grant (RFC 7009)',
          security: [],
          consumes: ['application/x-www-form-urlencoded'],
          body: request,
          response: { 200: Type.Object({}) },
        },
      },
      async (asking) => {
        const session = await callerOf(keyManager, asking, asking.body)
        await session.revokeAccessToken(tokenOf(asking.body))
        return {}
      },
    )
  }
}

function tokenOf({ token }: { readonly token?: string }): string {
  if (token !== undefined) return token
  throw invalidRequest('token is missing')
}

/** Of whatever is not good nothing else is told (RFC 7662 section 2.2). */
function toldOf(judged: TokenJudgement) {
  if (!judged.active) return { active: false }
  const {
    client_id,
    preferred_username: username,
    sub,
    scope,
    exp,
    iat,
    iss,
    aud,
    jti,
    aut,
  } = judged.token.claims
  return {
    active: true,
    ...{ client_id, username, sub, scope, token_type: 'Bearer', exp, iat, nbf: iat, iss, aud, jti, aut },
  }
}
