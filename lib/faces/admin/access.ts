import Type from 'typebox'
import { grantablePermissions } from '../../core/index.js'
import { type App, enumOf, integers, nullable } from '../http/index.js'
import { grantee } from './grants.js'
import { scopeSchema } from './roles.js'
import { exactly, next, pageFields } from './schemas.js'

const tags = ['grants']
const permissions = Type.Array(enumOf(grantablePermissions), { minItems: 1 })
const scopedGrant = {
  granteeKind: enumOf(['principal', 'group', 'everyone']),
  grantee: Type.String({ description: 'Principal id or group id; empty for everyone' }),
  scope: scopeSchema,
  permissions: Type.Array(Type.String(), { description: 'What the grantee has on the scope now' }),
}

/** Grants on scopes, and why somebody may do something. */
export function accessRoutes(app: App): void {
  app.get(
    '/scoped-grants',
    {
      preValidation: integers('limit'),
      schema: {
        tags,
        operationId: 'listScopedGrants',
        summary: 'Who has been granted what on which scopes',
        querystring: exactly({
          ...pageFields,
          principal: Type.Optional(Type.String({ description: 'Those of a principal alone' })),
          group: Type.Optional(Type.String({ description: 'Those of a group alone' })),
          everyone: Type.Optional(enumOf(['true'], { description: 'Those of everyone alone' })),
        }),
        response: {
          200: Type.Object({
            grants: Type.Array(Type.Object({ ...scopedGrant, name: nullable('string') })),
            next,
          }),
        },
      },
    },
    async ({ session, query: { principal, group, everyone, ...page } }) => {
      const [grantee] = [
        principal !== undefined && { principal },
        group !== undefined && { group },
        everyone !== undefined && { everyone: true as const },
      ].filter((one) => one !== false)
      return session.scopedGrants({ ...page, ...(grantee && { grantee }) })
    },
  )

  app.post(
    '/scoped-grants',
    {
      schema: {
        tags,
        operationId: 'grantOnScope',
        summary: 'Add permissions on every key of a scope, those to come as well',
        body: exactly({ scope: scopeSchema, grantee, permissions }),
        response: { 200: Type.Object(scopedGrant) },
      },
    },
    async ({ session, body }) => session.grantOnScope(body.scope, body.grantee, body.permissions),
  )

  app.post(
    '/scoped-grants/withdraw',
    {
      schema: {
        tags,
        operationId: 'withdrawOnScope',
        summary: 'Take permissions on a scope back, all by default; leases that rest on them end at once',
        body: exactly({ scope: scopeSchema, grantee, permissions: Type.Optional(permissions) }),
        response: { 200: Type.Object(scopedGrant) },
      },
    },
    async ({ session, body }) => session.withdrawOnScope(body.scope, body.grantee, body.permissions),
  )

  app.post(
    '/access/explain',
    {
      schema: {
        tags,
        operationId: 'explainAccess',
        summary: 'Whether somebody may do something, and each reason in order',
        body: exactly({
          principal: Type.String({ description: 'Id or name' }),
          operation: Type.String({ description: 'As the audit trail names it' }),
          object: Type.Optional(Type.String({ description: 'Id or name' })),
          input: Type.Optional(
            Type.Record(Type.String(), Type.Unknown(), { description: 'What else its input says' }),
          ),
        }),
        response: {
          200: Type.Object({
            allowed: Type.Boolean(),
            code: nullable('string', { description: 'Of the error that it would end with' }),
            principal: Type.String(),
            operation: Type.String(),
            object: nullable('string'),
            steps: Type.Array(
              Type.Object({
                check: Type.String(),
                permission: nullable('string'),
                verdict: enumOf(['allows', 'refuses', 'silent']),
                reason: Type.String(),
              }),
            ),
          }),
        },
      },
    },
    async ({ session, body }) => session.explainAccess(body),
  )
}
