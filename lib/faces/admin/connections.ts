import Type from 'typebox'
import { type App, enumOf, integers, nullable } from '../http/index.js'
import { exactly, next, pageFields } from './schemas.js'

const tags = ['connections']
const params = Type.Object({ connection: Type.String({ minLength: 1, description: 'Its name' }) })
const settings = Type.Unsafe<Readonly<Record<string, unknown>>>({
  type: 'object',
  additionalProperties: true,
  description: 'Those of the kind (docs/connections.md)',
})
const groups = Type.Record(Type.String(), Type.String(), {
  description:
    'Groups here by names of groups and roles outside: who logs in is in these, and in no other of them',
})
const fields = {
  description: Type.Optional(Type.String()),
  enabled: Type.Optional(Type.Boolean({ description: 'Whether anybody comes in through it. Default true' })),
  registers: Type.Optional(
    Type.Boolean({
      description: 'Whether whoever is proved for the first time is registered. Default false',
    }),
  ),
  groups: Type.Optional(groups),
  secret: Type.Optional(
    Type.Unsafe<string | null>({
      type: ['string', 'null'],
      description: 'Password at the other end; never answered',
    }),
  ),
}
const schema = Type.Object({
  name: Type.String(),
  kind: enumOf(['local_account', 'oidc', 'ldap', 'certificate']),
  origin: enumOf(['built-in', 'configuration', 'store'], {
    description: 'Where it is kept; only those of the store can be changed',
  }),
  description: Type.String(),
  enabled: Type.Boolean(),
  registers: Type.Boolean(),
  groups: Type.Record(Type.String(), Type.String(), { description: 'Group ids by names outside' }),
  settings,
  created: Type.Integer(),
  updated: Type.Integer(),
})

const testSchema = Type.Object({
  connection: Type.String(),
  works: Type.Boolean(),
  failure: nullable('string', { description: 'Why it does not work' }),
  facts: Type.Record(Type.String(), Type.Unknown(), { description: 'What the other end has said' }),
})

/** Where proofs of who somebody is come from. */
export function connectionRoutes(app: App): void {
  app.get(
    '/connections',
    {
      preValidation: integers('limit'),
      schema: {
        tags,
        operationId: 'listConnections',
        summary: 'Where people may prove who they are',
        querystring: exactly(pageFields),
        response: { 200: Type.Object({ connections: Type.Array(schema), next }) },
      },
    },
    async ({ session, query }) => session.connections(query),
  )

  app.post(
    '/connections',
    {
      schema: {
        tags,
        operationId: 'createConnection',
        summary: 'Make a connection; only an administrator may',
        body: exactly({
          ...fields,
          name: Type.String(),
          kind: enumOf(['oidc', 'ldap', 'certificate']),
          settings,
        }),
        response: { 201: schema },
      },
    },
    async ({ session, body }, reply) => reply.code(201).send(await session.createConnection(body)),
  )

  app.get(
    '/connections/:connection',
    {
      schema: {
        tags,
        operationId: 'getConnection',
        summary: 'One connection',
        params,
        response: { 200: schema },
      },
    },
    async ({ session, params }) => session.getConnection(params.connection),
  )

  app.patch(
    '/connections/:connection',
    {
      schema: {
        tags,
        operationId: 'setConnection',
        summary: 'Change a connection; where it is disabled, the sessions of whoever came in through it end',
        params,
        body: exactly({ ...fields, settings: Type.Optional(settings) }),
        response: { 200: schema },
      },
    },
    async ({ session, params, body }) => session.setConnection(params.connection, body),
  )

  app.post(
    '/connections/:connection/test',
    {
      schema: {
        tags,
        operationId: 'testConnection',
        summary: 'Ask the other end of a connection for what a login would need of it',
        params,
        response: { 200: testSchema },
      },
    },
    async ({ session, params }) => session.testConnection(params.connection),
  )

  app.delete(
    '/connections/:connection',
    {
      schema: {
        tags,
        operationId: 'deleteConnection',
        summary: 'Delete a connection that nobody is linked through',
        params,
        querystring: exactly({
          force: Type.Optional(
            enumOf(['true', 'false'], {
              description: 'Whether people who are linked through it are unlinked',
            }),
          ),
        }),
        response: { 204: Type.Null() },
      },
    },
    async ({ session, params, query }, reply) => {
      await session.deleteConnection(params.connection, { force: query.force === 'true' })
      return reply.code(204).send(null)
    },
  )
}
