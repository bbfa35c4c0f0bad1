import Type from 'typebox'
import { type PrincipalKind, systemPermissions } from '../../operation/index.js'
import { type App, enumOf, integers } from '../http/index.js'
import { exactly, next, pageFields } from './schemas.js'

const tags = ['principals']
const kind = enumOf<PrincipalKind>(['user', 'service', 'client'])
const roles = Type.Array(Type.String({ description: 'Name of a role' }))
const permissions = Type.Array(enumOf(systemPermissions))
export const principalParams = Type.Object({
  id: Type.String({ minLength: 1, description: 'Id or percent-encoded name' }),
})

export const principalSchema = Type.Object({
  id: Type.String(),
  name: Type.String(),
  kind,
  roles,
  permissions,
  enabled: Type.Boolean(),
})

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
        summary: 'Enable, disable, or change roles and permissions',
        params: principalParams,
        body: exactly({
          enabled: Type.Optional(Type.Boolean()),
          roles: Type.Optional(roles),
          permissions: Type.Optional(permissions),
        }),
        response: { 200: principalSchema },
      },
    },
    async ({ session, params, body }) => session.setPrincipal(params.id, body),
  )

  app.put(
    '/principals/:id/password',
    {
      schema: {
        tags,
        operationId: 'setPassword',
        summary: 'Set somebody’s password; every token of that principal ends',
        params: principalParams,
        body: exactly({ password: Type.String({ description: '12 to 1024 characters' }) }),
        response: { 200: Type.Object({ tokensEnded: Type.Integer() }) },
      },
    },
    async ({ session, params, body }) => session.setPassword(params.id, body.password),
  )
}
