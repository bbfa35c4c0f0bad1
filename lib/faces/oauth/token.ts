import Type from 'typebox'
import type { KeyManager } from '../../core/index.js'
import { type App, doorOf } from '../http/index.js'
import { clientOf } from './client_credentials.js'
import { invalidRequest, refusal } from './errors.js'
import { type Issuer, placesOf } from './issuer.js'

/** What clients may ask for. */
const scopes: readonly string[] = ['default']

const text = (description: string) => Type.Optional(Type.String({ description }))

/** What else stands in it is not looked at (RFC 6749 section 3.2). */
const request = Type.Object({
  grant_type: text('client_credentials'),
  scope: text('With blanks between; default is the only one that there is'),
  client_id: text('Where the client does not authenticate by the header Authorization: Basic'),
  client_secret: text('The same'),
})

const answer = Type.Object({
  access_token: Type.String({ description: 'A JWT, to send as Authorization: Bearer' }),
  token_type: Type.String(),
  expires_in: Type.Integer({ description: 'Seconds' }),
  scope: Type.String(),
})

/** RFC 6749 section 3.2: the token endpoint. */
export function tokenRoute(app: App, keyManager: KeyManager, issuer: Issuer): void {
  for (const { url, hide } of placesOf(issuer, 'token'))
    app.post(
      url,
      {
        schema: {
          tags: ['oauth'],
          hide,
          operationId: 'oauthToken',
          summary: 'Get an access token with the credentials of a client (RFC 6749 section 4.4)',
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
        if (body.grant_type !== 'client_credentials')
          throw refusal('unsupported_grant_type', 'the only grant_type is client_credentials')
        if (!(body.scope ?? '').split(' ').every((scope) => scope === '' || scopes.includes(scope)))
          throw refusal('invalid_scope', `the only scope is ${scopes.join()}`)
        const token = await keyManager.grantClientToken(client, issuer.url(), doorOf('oauth', asking))
        // HTTP/1.0 knows no other (RFC 6749 section 5.1).
        reply.header('pragma', 'no-cache')
        return {
          access_token: token.text,
          token_type: 'Bearer',
          expires_in: token.expiresIn,
          scope: token.scope,
        }
      },
    )
}
