import Type from 'typebox'
import { type PrincipalKind, systemPermissions } from '../../operation/index.js'
import { type App, enumOf, integers, nullable } from '../http/index.js'
import { accountFields } from './accounts.js'
import { exactly, next, pageFields } from './schemas.js'

const tags = ['principals']
const kind = enumOf<PrincipalKind>(['user', 'service', 'client'])
const roles = Type.Array(Type.String({ description: 'Name of a role' }))
const permissions = Type.Array(enumOf(systemPermissions))
export const principalParams = Type.Object({
  id: Type.String({ minLength: 1, description: 'Id or percent-encoded name' }),
})

export const principalFields = {
  id: Type.String(),
  name: Type.String(),
  kind,
  roles,
  permissions,
  enabled: Type.Boolean(),
  expires: nullable('integer', {
    description: 'Milliseconds since 1970 from which it is refused everywhere',
  }),
  passwordChangeRequired: Type.Boolean({ description: 'Whether it may do nothing else before' }),
}

export const principalSchema = Type.Object(principalFields)
const expiry = {
  expires: Type.Optional(
    Type.Unsafe<number | null>({
      type: ['integer', 'null'],
      description: 'Milliseconds since 1970 from which it is refused everywhere',
    }),
  ),
  passwordChangeRequired: Type.Optional(Type.Boolean()),
}

export function principalRoutes(app: App): void {
  app.post(
    '/principals',
    {
      schema: {
        tags,
        operationId: 'createPrincipal',
        summary: 'Register somebody',
        body: exactly({
          name: Type.String(),
          kind: Type.Optional(kind),
          roles: Type.Optional(roles),
          permissions: Type.Optional(permissions),
          ...expiry,
          ...accountFields,
          password: Type.Optional(Type.String({ description: 'As the password policy asks' })),
        }),
        response: { 201: principalSchema },
      },
    },
    async ({ session, body }, reply) => reply.code(201).send(await session.createPrincipal(body)),
  )

  app.get(
    '/principals',
    {
      preValidation: integers('limit'),
      schema: {
        tags,
        operationId: 'listPrincipals',
        summary: 'Who is registered',
        querystring: exactly(pageFields),
        response: { 200: Type.Object({ principals: Type.Array(principalSchema), next }) },
      },
    },
    async ({ session, query }) => session.principals(query),
  )

  app.get(
    '/principals/:id',
    {
      schema: {
        tags,
        operationId: 'getPrincipal',
        summary: 'One principal',
        params: principalParams,
        response: { 200: principalSchema },
      },
    },
    async ({ session, params }) => session.getPrincipal(params.id),
  )

  app.patch(
    '/principals/:id',
    {
      schema: {
        tags,
        operationId: 'setPrincipal',
        summary: 'Enable, disable, unlock, or change roles, permissions and account',
        params: principalParams,
        body: exactly({
          name: Type.Optional(Type.String()),
          enabled: Type.Optional(Type.Boolean()),
          roles: Type.Optional(roles),
          permissions: Type.Optional(permissions),
          ...expiry,
          ...accountFields,
          password: Type.Optional(
            Type.String({ description: 'As the password policy asks; every token of the principal ends' }),
          ),
          unlock: Type.Optional(
            Type.Unsafe<true>({
              type: 'boolean',
              enum: [true],
              description: 'End a lock of wrong passwords',
            }),
          ),
        }),
        response: { 200: principalSchema },
      },
    },
    async ({ session, params, body }) => session.setPrincipal(params.id, body),
  )

  app.delete(
    '/principals/:id',
    {
      schema: {
        tags,
        operationId: 'deletePrincipal',
        summary: 'Unregister somebody for ever; its sessions, tokens and leases end at once',
        params: principalParams,
        querystring: exactly({
          force: Type.Optional(
            enumOf(['true', 'false'], {
              description: 'true: though it owns keys, which stay. Default false',
            }),
          ),
        }),
        response: { 204: Type.Null() },
      },
    },
    async ({ session, params, query }, reply) => {
      await session.deletePrincipal(params.id, { force: query.force === 'true' })
      return reply.code(204).send(null)
    },
  )

  app.put(
    '/principals/:id/password',
    {
      schema: {
        tags,
        operationId: 'setPassword',
        summary: 'Set somebody’s password; every token of that principal ends',
        params: principalParams,
        body: exactly({ password: Type.String({ description: 'As the password policy asks' }) }),
        response: { 200: Type.Object({ tokensEnded: Type.Integer() }) },
      },
    },
    async ({ session, params, body }) => session.setPassword(params.id, body.password),
  )
}
