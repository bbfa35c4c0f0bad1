import Type, { type Static } from 'typebox'
import type { GroupEntry, GroupFilter, Session } from '../../core/index.js'
import { type App, exactly } from '../http/index.js'
import { dateText, noDate } from './dates.js'
import { asked, orNothing, pageFields, pageIntegers, pageOf } from './page.js'
import { readBody, readQuery } from './reading.js'
import { localUserId, principalOf } from './user_ids.js'

const tags = ['ciphertrust groups']
const text = (description: string) => Type.Optional(Type.String({ description }))
const nothing = Type.Null({ description: 'Nothing' })
const params = Type.Object({ name: Type.String({ minLength: 1, description: 'Percent-encoded' }) })
const memberParams = Type.Object({
  ...params.properties,
  user_id: Type.String({ minLength: 1, description: 'local|UUID, or UUID' }),
})

/** What a filter may name that is not there. */
const strangers = [
  'MORTISE_PRINCIPAL_NOT_FOUND',
  'MORTISE_IDENTITY_NOT_FOUND',
  'MORTISE_CONNECTION_NOT_FOUND',
] as const
const kinds = ['user_metadata', 'app_metadata', 'client_metadata'] as const
const metadata = Type.Optional(
  Type.Unsafe<Readonly<Record<string, unknown>>>({ type: 'object', additionalProperties: true }),
)
const metadataFields = { user_metadata: metadata, app_metadata: metadata, client_metadata: metadata }
type Metadata = { readonly [Kind in (typeof kinds)[number]]?: Readonly<Record<string, unknown>> }

const groupSchema = Type.Object({
  name: Type.String(),
  created_at: Type.String({ description: 'The first day of the year 1 for what has always been there' }),
  updated_at: Type.String({ description: 'The same' }),
  description: Type.Optional(Type.String()),
  users_count: Type.Optional(Type.Integer({ description: 'Absent where there are none' })),
  ...metadataFields,
})

export function groupRoutes(app: App): void {
  app.post(
    '/usermgmt/groups',
    {
      schema: {
        tags,
        operationId: 'ciphertrustCreateGroup',
        summary: 'Make a group; it gives nothing until something is granted to it',
        body: exactly({
          name: Type.String(),
          description: text('At most 1,024 characters'),
          ...metadataFields,
        }),
        response: { 201: groupSchema },
      },
    },
    async ({ session, body: { name, description, ...rest } }, reply) => {
      const { id } = await session.createGroup({
        name,
        ...(description !== undefined && { description }),
        metadata: metadataOf(rest),
      })
      return reply.code(201).send(shown(await session.getGroup(id)))
    },
  )

  app.get(
    '/usermgmt/groups',
    {
      preValidation: readQuery({ integers: pageIntegers }),
      schema: {
        tags,
        operationId: 'ciphertrustListGroups',
        summary: 'Groups, the system’s among them, in the order of their names whatever their case',
        querystring: exactly({
          ...pageFields,
          name: text('Whatever its case'),
          users: text('That a user is in; -USER_ID: that it is not in; nil: that nobody is in'),
          connection: text('That a connection puts people into'),
          clients: text('That a client is in: id of its principal'),
        }),
        response: { 200: pageOf(groupSchema) },
      },
    },
    async ({ session, query }) => {
      const page = asked(query)
      return orNothing(page, strangers, async () => {
        const { groups, total } = await session.groups({ ...page, ...(await filterOf(session, query)) })
        return { total, resources: groups.map(shown) }
      })
    },
  )

  app.patch(
    '/usermgmt/groups/:name',
    {
      preValidation: readBody(),
      schema: {
        tags,
        operationId: 'ciphertrustSetGroup',
        summary: 'Change the name, description or metadata of a group; its members and grants stay',
        params,
        body: exactly({ name: text('The new one'), description: text('The new one'), ...metadataFields }),
        response: { 200: groupSchema },
      },
    },
    async ({ session, params, body: { name, description, ...rest } }) => {
      const before = await session.getGroup(params.name)
      const changes = {
        ...(name !== undefined && { name }),
        ...(description !== undefined && { description }),
        ...(Object.keys(rest).length > 0 && { metadata: { ...before.metadata, ...metadataOf(rest) } }),
      }
      await session.setGroup(before.id, changes)
      return shown(await session.getGroup(before.id))
    },
  )

  app.delete(
    '/usermgmt/groups/:name',
    {
      preValidation: [readForce, readBody({ flags: ['force'] })],
      schema: {
        tags,
        operationId: 'ciphertrustDeleteGroup',
        summary: 'Delete a group; what its members had through it is gone at once',
        params,
        body: exactly({
          force: Type.Optional(
            Type.Boolean({
              description: 'Changes nothing: maps of connections to a group that is gone give nothing',
            }),
          ),
        }),
        response: { 204: nothing },
      },
    },
    async ({ session, params }, reply) => {
      await session.deleteGroup(params.name)
      return reply.code(204).send(null)
    },
  )

  memberRoutes(app, '/usermgmt/groups/:name/users/:user_id', 'Member', 'user')
  // Clients are principals as users are.
  memberRoutes(app, '/client-management/groups/:name/clients/:user_id', 'Client', 'client')
}

function memberRoutes(app: App, path: string, id: string, word: string): void {
  app.post(
    path,
    {
      preValidation: readBody(),
      schema: {
        tags,
        operationId: `ciphertrustAdd${id}`,
        summary: `Let a ${word} into a group; again is no error`,
        params: memberParams,
        response: { 200: groupSchema },
      },
    },
    async ({ session, params }) => {
      const { id } = await session.addMember(params.name, await memberOf(session, params.user_id))
      return shown(await session.getGroup(id))
    },
  )

  app.delete(
    path,
    {
      preValidation: readBody(),
      schema: {
        tags,
        operationId: `ciphertrustRemove${id}`,
        summary: `Take a ${word} out of a group; its tokens end`,
        params: memberParams,
        response: { 204: nothing },
      },
    },
    async ({ session, params }, reply) => {
      await session.removeMember(params.name, await memberOf(session, params.user_id))
      return reply.code(204).send(null)
    },
  )
}

/** Clients are called by the id of their principal alone. */
function memberOf(session: Session, text: string): Promise<string> {
  return principalOf(session, /^[0-9a-f-]{36}$/i.test(text) ? localUserId(text) : text)
}

/** Some builds of a client send the text alone. */
async function readForce(request: { body: unknown }): Promise<void> {
  if (typeof request.body === 'string') request.body = { force: request.body }
}

function shown(group: GroupEntry): Static<typeof groupSchema> {
  const { name, description, system, members, metadata, created, updated } = group
  const kept = Object.fromEntries(
    kinds.flatMap((kind) => (isObject(metadata[kind]) ? [[kind, metadata[kind]]] : [])),
  )
  return {
    name,
    created_at: dateText(created) ?? noDate,
    updated_at: dateText(updated) ?? noDate,
    ...(description !== '' && { description }),
    ...(members > 0 && { users_count: members }),
    ...kept,
    ...(system && { app_metadata: { system: true } }),
  }
}

function metadataOf(given: Metadata): Metadata {
  return Object.fromEntries(kinds.flatMap((kind) => (given[kind] ? [[kind, given[kind]]] : [])))
}

function isObject(value: unknown): boolean {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

async function filterOf(
  session: Session,
  query: { readonly [Name in 'name' | 'users' | 'connection' | 'clients']?: string },
): Promise<GroupFilter> {
  const { name, users, connection, clients } = query
  const isIn = users !== undefined && users !== 'nil' && !users.startsWith('-')
  const members = [
    ...(isIn ? [await principalOf(session, users)] : []),
    ...(clients === undefined ? [] : [clients]),
  ]
  return {
    ...(name !== undefined && { name }),
    ...(users === 'nil' && { empty: true as const }),
    ...(members.length > 0 && { members }),
    ...(users?.startsWith('-') && { exceptMembers: [await principalOf(session, users.slice(1))] }),
    ...(connection !== undefined && { connection: connection === 'local' ? 'local_account' : connection }),
  }
}
