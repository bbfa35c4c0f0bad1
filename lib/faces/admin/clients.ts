import Type from 'typebox'
import { clientAuthentications, oauthGrants, tokenAlgorithms, tokenFormats } from '../../core/index.js'
import { type App, enumOf, integers, nullable } from '../http/index.js'
import { exactly, next, pageFields } from './schemas.js'
import { sessionSchema } from './sessions.js'

const tags = ['clients']

const secret = {
  id: Type.String(),
  created: Type.Integer({ description: 'Milliseconds since 1970' }),
  expires: nullable('integer', { description: 'Milliseconds since 1970 from which it is refused' }),
}
const authentication = Type.Array(enumOf(clientAuthentications))
const client = Type.Object({
  id: Type.String({ description: 'Of the principal' }),
  name: Type.String({ description: 'Its client_id' }),
  enabled: Type.Boolean(),
  roles: Type.Array(Type.String()),
  authentication,
  tokenLifetime: Type.Integer({ description: 'Seconds' }),
  grants: Type.Array(enumOf(oauthGrants)),
  tokenFormat: enumOf(tokenFormats),
  userTokenLifetime: Type.Integer({ description: 'Seconds' }),
  refreshTokenLifetime: Type.Integer({ description: 'Seconds' }),
  audience: nullable('string', { description: 'aud of its access tokens; null for the issuer' }),
  audiences: Type.Array(Type.String(), { description: 'What else it may ask tokens for (RFC 8707)' }),
  algorithm: enumOf(tokenAlgorithms),
  scopes: Type.Array(Type.String(), { description: 'What it may ask for beside default' }),
  redirectUris: Type.Array(Type.String()),
  displayName: nullable('string', { description: 'What people know it as' }),
  owner: nullable('string', { description: 'Whose application it is' }),
  created: nullable('integer', { description: 'Milliseconds since 1970' }),
  showsSecrets: Type.Boolean({ description: 'Whether who manages tokens can read its secrets' }),
  secrets: Type.Array(Type.Object(secret)),
})
const withSecret = Type.Object({
  client,
  registrationToken: nullable('string', {
    description: 'What it manages its own registration by (RFC 7592)',
  }),
  secret: Type.Object({ ...secret, text: Type.String({ description: 'The client_secret' }) }),
})
const params = Type.Object({
  client: Type.String({ minLength: 1, description: 'Id or percent-encoded name' }),
})

/** OAuth clients. They are principals: those routes enable, disable and delete them. */
export function clientRoutes(app: App): void {
  app.post(
    '/clients',
    {
      schema: {
        tags,
        operationId: 'createClient',
        summary: 'Register an OAuth client; the text of its secret is in this answer and nowhere else',
        body: exactly({
          name: Type.String({ description: 'Its client_id' }),
          roles: Type.Optional(Type.Array(Type.String({ description: 'Name of a role' }))),
          authentication: Type.Optional(authentication),
          tokenLifetime: Type.Optional(Type.Integer({ description: 'Seconds: 60 to 86,400. Default 900' })),
          audience: Type.Optional(
            Type.String({ description: 'aud of its access tokens. Default the issuer' }),
          ),
          grants: Type.Optional(
            Type.Array(enumOf(oauthGrants), { description: 'Default client_credentials' }),
          ),
          scopes: Type.Optional(
            Type.Array(Type.String(), { description: 'What it may ask for beside default' }),
          ),
          audiences: Type.Optional(
            Type.Array(Type.String(), { description: 'What else it may ask tokens for (RFC 8707)' }),
          ),
          algorithm: Type.Optional(enumOf(tokenAlgorithms, { description: 'Of its JWTs. Default RS256' })),
          tokenFormat: Type.Optional(enumOf(tokenFormats, { description: 'Default jwt' })),
        }),
        response: { 201: withSecret },
      },
    },
    async ({ session, body }, reply) => reply.code(201).send(await session.createClient(body)),
  )

  app.get(
    '/clients',
    {
      preValidation: integers('limit'),
      schema: {
        tags,
        operationId: 'listClients',
        summary: 'Which principals are OAuth clients',
        querystring: exactly(pageFields),
        response: { 200: Type.Object({ clients: Type.Array(client), next }) },
      },
    },
    async ({ session, query }) => session.clients(query),
  )

  app.get(
    '/clients/:client',
    {
      schema: {
        tags,
        operationId: 'getClient',
        summary: 'One OAuth client',
        params,
        response: { 200: client },
      },
    },
    async ({ session, params: { client: one } }) => session.getClient(one),
  )

  app.get(
    '/clients/:client/sessions',
    {
      preValidation: integers('limit'),
      schema: {
        tags,
        operationId: 'listClientSessions',
        summary: 'What an OAuth client got for others by grants that go on; DELETE /sessions/{id} ends one',
        params,
        querystring: exactly(pageFields),
        response: { 200: Type.Object({ sessions: Type.Array(sessionSchema), next }) },
      },
    },
    async ({ session, params: { client: one }, query }) => session.clientSessions(one, query),
  )

  app.post(
    '/clients/:client/rotate-secret',
    {
      schema: {
        tags,
        operationId: 'rotateClientSecret',
        summary:
          'Another secret, whose text is in this answer and nowhere else; those of before end at once, with the tokens got with them, or overlap',
        params,
        body: exactly({
          overlap: Type.Optional(
            Type.Integer({
              minimum: 0,
              description: 'Milliseconds that those of before are still accepted. Default 0',
            }),
          ),
        }),
        response: { 200: withSecret },
      },
    },
    async ({ session, params: { client: one }, body }) => session.rotateClientSecret(one, body),
  )

  app.post(
    '/token-keys/renew',
    {
      schema: {
        tags,
        operationId: 'renewTokenKey',
        summary:
          'Sign access tokens with another key; the public half of this one is published for another 25 hours',
        querystring: exactly({
          algorithm: Type.Optional(enumOf(tokenAlgorithms, { description: 'Default RS256' })),
        }),
        response: { 200: Type.Object({ kid: Type.String() }) },
      },
    },
    async ({ session, query: { algorithm } }) => session.renewTokenKey(algorithm),
  )
}
