import Type from 'typebox'
import { grantablePermissions } from '../../core/index.js'
import { type App, enumOf, nullable } from '../http/index.js'
import { exactly, objectParams } from './schemas.js'

const tags = ['grants']
const permissions = Type.Array(enumOf(grantablePermissions), { minItems: 1 })
export const grantee = Type.Union([
  exactly({ principal: Type.String({ description: 'Id or name' }) }),
  exactly({ group: Type.String({ description: 'Id or name' }) }),
  exactly({ everyone: Type.Literal(true) }),
])
const granted = Type.Object({
  object: Type.String({ description: 'Object id' }),
  permissions: Type.Array(Type.String(), { description: 'What the grantee has now' }),
})

export function grantRoutes(app: App): void {
  app.get(
    '/keys/:id/grants',
    {
      schema: {
        tags,
        operationId: 'listGrants',
        summary: 'Who has been granted what on an object',
        params: objectParams,
        response: {
          200: Type.Object({
            items: Type.Array(
              Type.Object({
                granteeKind: enumOf(['principal', 'group', 'everyone']),
                grantee: Type.String({ description: 'Principal id or group id; empty for everyone' }),
                name: nullable('string'),
                permissions: Type.Array(Type.String()),
              }),
            ),
          }),
        },
      },
    },
    async ({ session, params }) => ({ items: await session.grants(params.id) }),
  )

  app.post(
    '/keys/:id/grants',
    {
      schema: {
        tags,
        operationId: 'grant',
        summary: 'Add permissions on an object to what a principal, a group or everyone has',
        params: objectParams,
        body: exactly({ grantee, permissions }),
        response: { 200: granted },
      },
    },
    async ({ session, params, body }) => session.grant(params.id, body.grantee, body.permissions),
  )

  app.post(
    '/keys/:id/grants/withdraw',
    {
      schema: {
        tags,
        operationId: 'withdraw',
        summary: 'Take permissions back, all by default; leases that rest on them end at once',
        params: objectParams,
        body: exactly({ grantee, permissions: Type.Optional(permissions) }),
        response: { 200: granted },
      },
    },
    async ({ session, params, body }) => session.withdraw(params.id, body.grantee, body.permissions),
  )
}
