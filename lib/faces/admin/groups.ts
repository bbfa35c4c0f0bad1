import Type from 'typebox'
import { type App, integers, nullable } from '../http/index.js'
import { metadata } from './accounts.js'
import { principalParams, principalSchema } from './principals.js'
import { exactly, next, pageFields, skipFields } from './schemas.js'

const tags = ['groups']
const params = Type.Object({
  group: Type.String({ minLength: 1, description: 'Id or percent-encoded name' }),
})
const memberParams = Type.Object({
  ...params.properties,
  principal: Type.String({ minLength: 1, description: 'Id or percent-encoded name of the principal' }),
})
const roles = Type.Array(Type.String({ description: 'Name of a role' }))
const fields = {
  description: Type.Optional(Type.String()),
  roles: Type.Optional(roles),
  metadata: Type.Optional(metadata('Whatever is kept with it; at most 64 KiB')),
}
const nothing = Type.Null({ description: 'Nothing' })

export const groupSchema = Type.Object({
  id: Type.String(),
  name: Type.String(),
  description: Type.String(),
  system: Type.Boolean({ description: 'Whether every store has it: only its members can be changed' }),
  roles,
  metadata: metadata('Whatever is kept with it'),
  created: nullable('integer', { description: 'Milliseconds since 1970' }),
  updated: nullable('integer', { description: 'Milliseconds since 1970' }),
})
const entrySchema = Type.Object({
  ...groupSchema.properties,
  members: Type.Integer({ description: 'How many belong to it' }),
})

export function groupRoutes(app: App): void {
  app.post(
    '/groups',
    {
      schema: {
        tags,
        operationId: 'createGroup',
        summary: 'Make a group',
        body: exactly({
          name: Type.String(),
          ...fields,
          members: Type.Optional(
            Type.Array(Type.String({ description: 'Id or name of a principal' }), { maxItems: 1000 }),
          ),
        }),
        response: { 201: groupSchema },
      },
    },
    async ({ session, body }, reply) => reply.code(201).send(await session.createGroup(body)),
  )

  app.get(
    '/groups',
    {
      preValidation: integers('skip', 'limit'),
      schema: {
        tags,
        operationId: 'listGroups',
        summary: 'The groups that there are, in the order of their names',
        querystring: exactly(skipFields),
        response: { 200: Type.Object({ groups: Type.Array(entrySchema), total: Type.Integer() }) },
      },
    },
    async ({ session, query }) => session.groups(query),
  )

  app.get(
    '/groups/:group',
    {
      schema: { tags, operationId: 'getGroup', summary: 'One group', params, response: { 200: entrySchema } },
    },
    async ({ session, params }) => session.getGroup(params.group),
  )

  app.patch(
    '/groups/:group',
    {
      schema: {
        tags,
        operationId: 'setGroup',
        summary: 'Change the name, description, roles or metadata of a group; members and grants stay',
        params,
        body: exactly({ name: Type.Optional(Type.String()), ...fields }),
        response: { 200: groupSchema },
      },
    },
    async ({ session, params, body }) => session.setGroup(params.group, body),
  )

  app.delete(
    '/groups/:group',
    {
      schema: {
        tags,
        operationId: 'deleteGroup',
        summary: 'Delete a group; what its members had through it is gone at once',
        params,
        response: { 204: nothing },
      },
    },
    async ({ session, params }, reply) => {
      await session.deleteGroup(params.group)
      return reply.code(204).send(null)
    },
  )

  app.get(
    '/groups/:group/members',
    {
      preValidation: integers('limit'),
      schema: {
        tags,
        operationId: 'listMembers',
        summary: 'Who belongs to a group',
        params,
        querystring: exactly(pageFields),
        response: { 200: Type.Object({ principals: Type.Array(principalSchema), next }) },
      },
    },
    async ({ session, params, query }) => session.members(params.group, query),
  )

  app.put(
    '/groups/:group/members/:principal',
    {
      schema: {
        tags,
        operationId: 'addMember',
        summary: 'Let a principal into a group',
        params: memberParams,
        response: { 200: groupSchema },
      },
    },
    async ({ session, params }) => session.addMember(params.group, params.principal),
  )

  app.delete(
    '/groups/:group/members/:principal',
    {
      schema: {
        tags,
        operationId: 'removeMember',
        summary: 'Take a principal out of a group; leases that rest on it end at once',
        params: memberParams,
        response: { 204: nothing },
      },
    },
    async ({ session, params }, reply) => {
      await session.removeMember(params.group, params.principal)
      return reply.code(204).send(null)
    },
  )

  app.get(
    '/principals/:id/groups',
    {
      schema: {
        tags,
        operationId: 'listGroupsOf',
        summary: 'The groups that a principal belongs to',
        params: principalParams,
        response: { 200: Type.Object({ groups: Type.Array(groupSchema) }) },
      },
    },
    async ({ session, params }) => ({ groups: [...(await session.groupsOf(params.id))] }),
  )
}
