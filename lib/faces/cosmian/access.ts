import Type from 'typebox'
import type { Grantee, LocatedObject, LocateInput, Session, SystemPermission } from '../../core/index.js'
import { MortiseError } from '../../errors/index.js'
import type { App } from '../http/index.js'
import { isEmpty, operationsOf, permissionsOf, withdrawnBy } from './operation_types.js'

const tags = ['cosmian access']
/** Whom Cosmian's clients mean by everybody, and what object by all of them. */
const everyone = '*'
/** Lists have no pages there. */
const mostObjects = 10_000
const pageSize = 1000
/** What takes `create`, which is asked on no object. */
const creating: readonly SystemPermission[] = ['Create', 'Import']

const granting = Type.Object({
  unique_identifier: Type.Optional(
    Type.Union([Type.String(), Type.Null()], { description: 'Id or name; * or none for create alone' }),
  ),
  user_id: Type.String({ minLength: 1, description: 'Id or name of a principal; * for everyone' }),
  operation_types: Type.Array(Type.String(), { minItems: 1 }),
})
const success = Type.Object({ success: Type.String() })
const operations = Type.Array(Type.String())

/** Who may do what: the grants of the core, in the words of Cosmian KMS. */
export function accessRoutes(app: App): void {
  app.post(
    '/access/grant',
    {
      schema: {
        tags,
        operationId: 'cosmianGrant',
        summary: 'Let somebody do something with an object',
        body: granting,
        response: { 200: success },
      },
    },
    async ({ session, body }) => {
      const { user_id: user, operation_types: asked, unique_identifier: object } = body
      if (isCreate(object, asked)) await setCreating(session, user, true)
      else await session.grant(String(object), granteeOf(user), permissionsOf(asked))
      return { success: `Access for ${user} successfully added` }
    },
  )

  app.post(
    '/access/revoke',
    {
      schema: {
        tags,
        operationId: 'cosmianRevoke',
        summary: 'Take it back; what any grant implies goes with the last of the others',
        body: granting,
        response: { 200: success },
      },
    },
    async ({ session, body }) => {
      const { user_id: user, operation_types: asked, unique_identifier: object } = body
      if (isCreate(object, asked)) await setCreating(session, user, false)
      else await withdraw(session, String(object), user, asked)
      return { success: `Access for ${user} successfully deleted` }
    },
  )

  app.get(
    '/access/list/:object',
    {
      schema: {
        tags,
        operationId: 'cosmianListAccess',
        summary: 'Who has been granted what on an object',
        params: Type.Object({ object: Type.String({ description: 'Id or name' }) }),
        response: { 200: Type.Array(Type.Object({ user_id: Type.String(), operations })) },
      },
    },
    async ({ session, params }) =>
      (await session.grants(params.object)).map(({ granteeKind, grantee, name, permissions }) => ({
        user_id: granteeKind === 'everyone' ? everyone : (name ?? grantee),
        operations: operationsOf(permissions),
      })),
  )

  app.get(
    '/access/owned',
    {
      schema: {
        tags,
        operationId: 'cosmianListOwned',
        summary: 'One’s own objects: 10,000 at most',
        response: {
          200: Type.Array(
            Type.Object({
              object_id: Type.String(),
              state: Type.String(),
              attributes: Type.Object({}, { additionalProperties: true }),
            }),
          ),
        },
      },
    },
    async ({ session }) =>
      (await located(session, { owner: session.principal.id })).map((object) => ({
        object_id: object.id,
        state: object.state,
        attributes: attributesOf(object),
      })),
  )

  app.get(
    '/access/obtained',
    {
      schema: {
        tags,
        operationId: 'cosmianListObtained',
        summary: 'Objects of others that one has been granted something on: 10,000 at most',
        response: {
          200: Type.Array(
            Type.Object({
              object_id: Type.String(),
              owner_id: Type.String({ description: 'Principal id' }),
              state: Type.String(),
              operations,
            }),
          ),
        },
      },
    },
    async ({ session }) =>
      (await located(session, { granted: true })).map(({ id, owner, state, granted = [] }) => ({
        object_id: id,
        owner_id: owner,
        state,
        operations: operationsOf(granted),
      })),
  )

  app.get(
    '/access/create',
    {
      schema: {
        tags,
        operationId: 'cosmianMayCreate',
        summary: 'Whether one may make objects',
        response: { 200: Type.Object({ has_create_permission: Type.Boolean() }) },
      },
    },
    async ({ session }) => {
      const own = await session.ownPermissions()
      return { has_create_permission: creating.every((permission) => own.includes(permission)) }
    },
  )

  app.get(
    '/access/privileged',
    {
      schema: {
        tags,
        operationId: 'cosmianIsPrivileged',
        summary: 'Whether one may say who makes objects',
        response: { 200: Type.Object({ has_privileged_access: Type.Boolean() }) },
      },
    },
    async ({ session }) => ({
      has_privileged_access: (await session.ownPermissions()).includes('PrincipalManage'),
    }),
  )
}

function granteeOf(user: string): Grantee {
  return user === everyone ? { everyone: true } : { principal: user }
}

/** Whether it is about making objects. @throws MORTISE_INPUT_INVALID where it is about that and an object, or about nothing */
function isCreate(object: string | null | undefined, operations: readonly string[]): boolean {
  const isAll = object === undefined || object === null || object === everyone
  if (isAll === operations.includes('create') && !(isAll && operations.length > 1)) return isAll
  throw new MortiseError(
    'MORTISE_INPUT_INVALID',
    'create is granted alone and on no object, everything else on the object that unique_identifier names',
  )
}

async function setCreating(session: Session, user: string, may: boolean): Promise<void> {
  if (user === everyone)
    throw new MortiseError('MORTISE_INPUT_INVALID', 'create is granted to a principal, not to everyone')
  const { permissions } = await session.getPrincipal(user)
  const others = permissions.filter((permission) => !creating.includes(permission))
  await session.setPrincipal(user, { permissions: may ? [...others, ...creating] : others })
}

async function withdraw(
  session: Session,
  object: string,
  user: string,
  operations: readonly string[],
): Promise<void> {
  const grantee = granteeOf(user)
  const lost = withdrawnBy(operations)
  const { permissions } =
    lost.length > 0
      ? await session.withdraw(object, grantee, lost)
      : { permissions: await grantedTo(session, object, user) }
  if (isEmpty(permissions)) await session.withdraw(object, grantee)
}

async function grantedTo(session: Session, object: string, user: string): Promise<readonly string[]> {
  const entries = await session.grants(object)
  const its = entries.find(({ granteeKind, grantee, name }) =>
    granteeKind === 'everyone'
      ? user === everyone
      : granteeKind === 'principal' && [grantee, name].includes(user),
  )
  return its?.permissions ?? []
}

async function located(session: Session, filter: LocateInput): Promise<LocatedObject[]> {
  const found: LocatedObject[] = []
  for (let after: string | null | undefined; after !== null && found.length < mostObjects; ) {
    const page = await session.locate({
      ...filter,
      limit: pageSize,
      ...(after !== undefined && { after }),
    })
    found.push(...page.items)
    after = page.next
  }
  return found
}

function attributesOf({ type, algorithm, length, name, usage, created, activated }: LocatedObject) {
  return {
    ObjectType: type,
    ...(algorithm !== '' && { CryptographicAlgorithm: algorithm, CryptographicLength: length }),
    ...(usage.length > 0 && { CryptographicUsageMask: usage.join(' ') }),
    ...(name !== null && { Name: name }),
    InitialDate: created,
    ...(activated !== null && { ActivationDate: activated }),
  }
}
