import Type, { type Static } from 'typebox'
import {
  type ClientType,
  clientTypes,
  type OwnChanges,
  type UserChanges,
  type UserFilter,
} from '../../core/index.js'
import { MortiseError } from '../../errors/index.js'
import { type App, enumOf, exactly } from '../http/index.js'
import { dateOf } from './dates.js'
import { isRoot } from './domains.js'
import { asked, orNothing, pageFields, pageIntegers, pageOf } from './page.js'
import { readBody, readQuery } from './reading.js'
import { isLocal, principalOf } from './user_ids.js'
import { methodNames, methodOf, userOf, userSchema } from './user_shape.js'

const tags = ['ciphertrust users']
const text = (description?: string) =>
  Type.Optional(Type.String(description === undefined ? {} : { description }))
const texts = (description: string) => Type.Optional(Type.Array(Type.String(), { description }))
const metadata = Type.Optional(
  Type.Unsafe<Readonly<Record<string, unknown>>>({ type: 'object', additionalProperties: true }),
)
const nothing = Type.Null({ description: 'Nothing' })
const params = Type.Object({ user_id: Type.String({ minLength: 1, description: 'local|UUID, or self' }) })

/** What may be said of a user, new or not. */
const fields = {
  username: text(),
  name: text('Default the username'),
  nickname: text('Default the username'),
  email: text('Default username@local'),
  password: text('As the password policy asks'),
  allowed_auth_methods: Type.Optional(Type.Array(enumOf(methodNames), { uniqueItems: true })),
  allowed_client_types: Type.Optional(Type.Array(enumOf(clientTypes), { uniqueItems: true })),
  certificate_subject_dn: text(),
  expires_at: Type.Optional(
    Type.Unsafe<string | null>({ type: ['string', 'null'], description: 'Empty or null for never' }),
  ),
  login_flags: Type.Optional(exactly({ prevent_ui_login: Type.Optional(Type.Boolean()) })),
  password_change_required: Type.Optional(Type.Boolean()),
  password_policy: text('Empty for that of everybody'),
  user_metadata: metadata,
  app_metadata: metadata,
}
/** What everybody may say of itself. */
export const ownFields = { name: fields.name, nickname: fields.nickname, user_metadata: fields.user_metadata }
const newUser = exactly({
  ...fields,
  connection: text('Default local_account'),
  user_id: text(),
  is_domain_user: Type.Optional(Type.Boolean()),
})
const changes = exactly({
  ...fields,
  failed_logins_count: Type.Optional(Type.Integer({ description: '0 ends a lock' })),
})
type Changes = Static<typeof changes>
const isOwn = (body: Changes) => Object.keys(body).every((name) => Object.hasOwn(ownFields, name))
const readUser = readBody({
  flags: ['password_change_required', 'is_domain_user', 'login_flags.prevent_ui_login'],
})

export function userRoutes(app: App): void {
  app.post(
    '/usermgmt/users',
    {
      preValidation: readUser,
      schema: {
        tags,
        operationId: 'ciphertrustCreateUser',
        summary: 'Register a user; it is in no group and may nothing but see to itself',
        body: newUser,
        response: { 201: userSchema },
      },
    },
    async ({ session, body }, reply) => {
      const { username, connection = 'local', user_id: existing, is_domain_user: _, ...given } = body
      if (username === undefined) throw invalid('username is missing')
      if (username === 'self') throw invalid('nobody is called self')
      if (existing !== undefined) throw invalid('user_id adds a user to another domain, and there is none')
      if (!isLocal(connection))
        throw invalid('users of other connections are registered with their first login, or linked')
      const methods = given.allowed_auth_methods ?? ['password']
      const byCertificate =
        (given.certificate_subject_dn ?? '') !== '' && methods.includes('user_certificate')
      if (given.password === undefined && !byCertificate) {
        throw invalid(
          'password is missing: only who logs in by certificate (certificate_subject_dn) needs none',
        )
      }
      const { id } = await session.createPrincipal({
        name: username,
        permissions: [],
        fullName: username,
        email: `${username}@local`,
        ...changesOf({ ...given, allowed_auth_methods: methods }),
      })
      return reply.code(201).send(userOf(await session.getUser(id)))
    },
  )

  app.get(
    '/usermgmt/users',
    {
      preValidation: readQuery({
        integers: pageIntegers,
        flags: ['account_expired', 'return_groups'],
        lists: ['groups', 'exclude_groups', 'allowed_auth_methods', 'allowed_client_types'],
      }),
      schema: {
        tags,
        operationId: 'ciphertrustListUsers',
        summary: 'Users by what is known of them, in the order of their names',
        querystring: exactly({
          ...pageFields,
          name: text('Whatever its case, as all texts'),
          username: text(),
          email: text(),
          groups: texts('That it is in all of; nil for none'),
          exclude_groups: texts('That it is in none of'),
          auth_domain_name: text('root'),
          account_expired: Type.Optional(Type.Boolean()),
          allowed_auth_methods: texts(
            'That it may log in by, all of them; empty or [] for who may not at all',
          ),
          allowed_client_types: texts('The same through clients'),
          password_policy: text(),
          return_groups: Type.Optional(Type.Boolean()),
        }),
        response: { 200: pageOf(userSchema) },
      },
    },
    async ({ session, query }) => {
      const page = asked(query)
      if (query.auth_domain_name !== undefined && !isRoot(query.auth_domain_name))
        return { ...page, total: 0, resources: [] }
      return orNothing(page, ['MORTISE_GROUP_NOT_FOUND'], async () => {
        const { users, total } = await session.users({ ...page, ...filterOf(query) })
        return { total, resources: users.map(userOf) }
      })
    },
  )

  app.get(
    '/usermgmt/users/:user_id',
    {
      schema: {
        tags,
        operationId: 'ciphertrustGetUser',
        summary: 'A user; everybody may see itself',
        params,
        response: { 200: userSchema },
      },
    },
    async ({ session, params }) => {
      const id = await principalOf(session, params.user_id)
      return userOf(await (id === session.principal.id ? session.ownUser() : session.getUser(id)))
    },
  )

  app.patch(
    '/usermgmt/users/:user_id',
    {
      preValidation: readUser,
      schema: {
        tags,
        operationId: 'ciphertrustSetUser',
        summary: 'Change a user, or unlock it with failed_logins_count 0',
        params,
        body: changes,
        response: { 200: userSchema },
      },
    },
    async ({ session, params, body }) => {
      const { failed_logins_count: failures, username, ...given } = body
      if (failures !== undefined && failures !== 0)
        throw invalid('failed_logins_count can be set to 0 alone, which ends a lock')
      const id = await principalOf(session, params.user_id)
      if (id === session.principal.id && isOwn(body))
        return userOf(await session.setOwnUser(ownChanges(body)))
      await session.setPrincipal(id, {
        ...(username !== undefined && { name: username }),
        ...changesOf(given),
        ...(failures === 0 && { unlock: true as const }),
      })
      return userOf(await session.getUser(id))
    },
  )

  app.delete(
    '/usermgmt/users/:user_id',
    {
      preValidation: readBody(),
      schema: {
        tags,
        operationId: 'ciphertrustDeleteUser',
        summary: 'Unregister a user for ever; its tokens end at once. Keys that it owns stay',
        params,
        response: { 204: nothing },
      },
    },
    async ({ session, params }, reply) => {
      await session.deletePrincipal(await principalOf(session, params.user_id), { force: true })
      return reply.code(204).send(null)
    },
  )
}

export function ownChanges({ name, nickname, user_metadata: metadata }: Changes): OwnChanges {
  return {
    ...(name !== undefined && { fullName: textOf(name) }),
    ...(nickname !== undefined && { nickname: textOf(nickname) }),
    ...(metadata && { userMetadata: metadata }),
  }
}

function changesOf(given: Omit<Changes, 'username' | 'failed_logins_count'>): Omit<UserChanges, 'unlock'> {
  const { email, password, password_policy: policy, expires_at: expires } = given
  const { allowed_auth_methods: methods, allowed_client_types: types, login_flags: login } = given
  const { certificate_subject_dn: subject, password_change_required: changeRequired } = given
  const { app_metadata: appMetadata } = given
  return {
    ...ownChanges(given),
    ...(email !== undefined && { email: textOf(email) }),
    ...(password !== undefined && { password }),
    ...(methods && { methods: methods.map(methodOf) }),
    ...(types && { clientTypes: types }),
    ...(subject !== undefined && { certificateSubject: textOf(subject) }),
    ...(expires !== undefined && { expires: expires ? dateOf('expires_at', expires) : null }),
    ...(login?.prevent_ui_login !== undefined && { preventUiLogin: login.prevent_ui_login }),
    ...(changeRequired !== undefined && { passwordChangeRequired: changeRequired }),
    ...(policy !== undefined && { passwordPolicy: textOf(policy) }),
    ...(appMetadata && { appMetadata }),
  }
}

/** An empty text takes back what was said. */
function textOf(given: string): string | null {
  return given === '' ? null : given
}

type Query = Readonly<{
  [Name in 'groups' | 'exclude_groups' | 'allowed_auth_methods' | 'allowed_client_types']?: readonly string[]
}> &
  Readonly<{ [Name in 'name' | 'username' | 'email' | 'password_policy']?: string }> &
  Readonly<{ account_expired?: boolean; return_groups?: boolean }>

function filterOf(query: Query): UserFilter {
  const { name, username, email, groups, exclude_groups: others, password_policy: policy } = query
  const { allowed_auth_methods: methods, allowed_client_types: types, account_expired: expired } = query
  const inNone = groups?.includes('nil') ?? false
  return {
    ...(name !== undefined && { fullName: name }),
    ...(username !== undefined && { name: username }),
    ...(email !== undefined && { email }),
    ...(groups && (inNone ? { inNoGroup: true as const } : { groups })),
    ...(others && { exceptGroups: others }),
    ...(policy !== undefined && { passwordPolicy: policy }),
    ...(expired !== undefined && { expired }),
    ...(methods && { methods: isNone(methods) ? 'none' : methods.map(methodOf) }),
    ...(types && { clientTypes: isNone(types) ? 'none' : (types as ClientType[]) }),
    ...(query.return_groups && { withGroups: true as const }),
  }
}

/** The two ways to ask for who has an empty list. */
function isNone(texts: readonly string[]): boolean {
  return texts.includes('empty') || texts.includes('[]')
}

function invalid(message: string): MortiseError {
  return new MortiseError('MORTISE_INPUT_INVALID', message)
}
