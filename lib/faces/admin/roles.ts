import Type from 'typebox'
import { governingPermissions, type Scope } from '../../core/index.js'
import { systemPermissions } from '../../operation/index.js'
import { type App, enumOf, integers } from '../http/index.js'
import { exactly, next, pageFields } from './schemas.js'

const tags = ['roles']
const params = Type.Object({ role: Type.String({ minLength: 1 }) })

const ofName = {
  namePrefix: Type.String({ minLength: 1, maxLength: 255, description: 'Beginning of names' }),
}
const ofGroup = { objectGroup: Type.String({ minLength: 1, maxLength: 255, description: 'Object group' }) }
export const scopeSchema = Type.Union([exactly(ofName), exactly(ofGroup)], {
  description: 'Which keys it is about, whoever owns them',
})
export const scopeOrAll = Type.Unsafe<Scope | null>({
  anyOf: [exactly(ofName), exactly(ofGroup), { type: 'null', description: 'Every object' }],
})

const fields = {
  description: Type.Optional(Type.String()),
  system: Type.Optional(Type.Array(enumOf(systemPermissions))),
  objects: Type.Optional(Type.Array(enumOf(governingPermissions))),
  scope: Type.Optional(scopeOrAll),
}

const roleSchema = Type.Object({
  name: Type.String(),
  description: Type.String(),
  system: Type.Array(enumOf(systemPermissions), { description: 'What it allows on no object' }),
  objects: Type.Array(enumOf(governingPermissions), {
    description: 'What it allows on objects of the scope',
  }),
  scope: scopeOrAll,
})

export function roleRoutes(app: App): void {
  app.post(
    '/roles',
    {
      schema: {
        tags,
        operationId: 'createRole',
        summary: 'Make a role',
        body: exactly({ name: Type.String(), ...fields }),
        response: { 201: roleSchema },
      },
    },
    async ({ session, body }, reply) => reply.code(201).send(await session.createRole(body)),
  )

  app.get(
    '/roles',
    {
      preValidation: integers('limit'),
      schema: {
        tags,
        operationId: 'listRoles',
        summary: 'The roles that there are, in the order of their names, the built-in ones first',
        querystring: exactly(pageFields),
        response: { 200: Type.Object({ roles: Type.Array(roleSchema), next }) },
      },
    },
    async ({ session, query }) => session.roles(query),
  )

  app.get(
    '/roles/:role',
    {
      schema: { tags, operationId: 'getRole', summary: 'One role', params, response: { 200: roleSchema } },
    },
    async ({ session, params }) => session.getRole(params.role),
  )

  app.patch(
    '/roles/:role',
    {
      schema: {
        tags,
        operationId: 'setRole',
        summary: 'Change what a role allows, for everybody who has it',
        params,
        body: exactly(fields),
        response: { 200: roleSchema },
      },
    },
    async ({ session, params, body }) => session.setRole(params.role, body),
  )

  app.delete(
    '/roles/:role',
    {
      schema: {
        tags,
        operationId: 'deleteRole',
        summary: 'Delete a role that nobody has',
        params,
        response: { 204: Type.Null({ description: 'Nothing' }) },
      },
    },
    async ({ session, params }, reply) => {
      await session.deleteRole(params.role)
      return reply.code(204).send(null)
    },
  )
}
