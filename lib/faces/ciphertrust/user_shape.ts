import Type, { type Static } from 'typebox'
import { clientTypes, type LoginMethod, type OwnUser, type User } from '../../core/index.js'
import { MortiseError } from '../../errors/index.js'
import { nullable } from '../http/index.js'
import { dateText } from './dates.js'
import { root } from './domains.js'
import { orderedSubject } from './subject_text.js'
import { userIdOf } from './user_ids.js'

/** Ways to log in, by their names here. */
const methods = {
  password: 'password',
  user_certificate: 'certificate',
  password_with_user_certificate: 'password_with_certificate',
} as const satisfies Record<string, LoginMethod>
export type MethodName = keyof typeof methods
export const methodNames = Object.keys(methods) as readonly MethodName[]

/** Who may log in every way need not do so in two at once. */
const everyMethod: readonly LoginMethod[] = ['password', 'certificate']

/** @throws MORTISE_INPUT_INVALID for a name that is none */
export function methodOf(name: string): LoginMethod {
  const known = methodNames.find((one) => one === name)
  if (known) return methods[known]
  throw new MortiseError('MORTISE_INPUT_INVALID', `${name} is none of ${methodNames.join(', ')}`)
}

const date = (description: string) => nullable('string', { description })
const metadata = Type.Unsafe<Readonly<Record<string, unknown>>>({
  type: 'object',
  additionalProperties: true,
})

export const userSchema = Type.Object({
  user_id: Type.String({ description: 'connection|id' }),
  username: Type.String(),
  name: Type.String(),
  nickname: Type.String(),
  email: Type.String(),
  created_at: date('Null for what was registered before this was kept'),
  updated_at: date('The same'),
  last_login: date('Null for never'),
  logins_count: Type.Integer(),
  failed_logins_count: Type.Integer({ description: 'Since it logged in last' }),
  failed_logins_initial_attempt_at: date('The first of them'),
  last_failed_login_at: date('The last failure'),
  account_lockout_at: date('When it was locked'),
  password_changed_at: date('When its password was set'),
  password_change_required: Type.Boolean(),
  certificate_subject_dn: Type.String({ description: 'Empty for none' }),
  enable_cert_auth: Type.Boolean(),
  allowed_auth_methods: Type.Array(Type.String()),
  allowed_client_types: Type.Array(Type.String()),
  login_flags: Type.Object({ prevent_ui_login: Type.Boolean() }),
  auth_domain: Type.String(),
  auth_domain_name: Type.Optional(Type.String()),
  user_metadata: metadata,
  app_metadata: Type.Optional(metadata),
  password_policy: Type.Optional(Type.String({ description: 'Where it has one of its own' })),
  expires_at: Type.Optional(Type.String()),
  groups: Type.Optional(Type.Array(Type.String())),
})

/** A user as this API shows it: what is everybody's, with the defaults where nothing was said. */
export function userOf(user: User | OwnUser): Static<typeof userSchema> {
  const { name: username, expires, passwordPolicy, certificateSubject } = user
  const allowed = methodNames.filter((name) => (user.methods ?? everyMethod).includes(methods[name]))
  return {
    user_id: userIdOf(user.origin),
    username,
    name: user.fullName ?? username,
    nickname: user.nickname ?? username,
    email: user.email ?? `${username}@local`,
    created_at: dateText(user.created),
    updated_at: dateText(user.updated),
    last_login: dateText(user.lastLogin),
    logins_count: user.loginsCount,
    failed_logins_count: user.failedLoginsCount,
    failed_logins_initial_attempt_at: dateText(user.failedLoginsInitialAttemptAt),
    last_failed_login_at: dateText(user.lastFailedLoginAt),
    account_lockout_at: dateText(user.accountLockoutAt),
    password_changed_at: dateText(user.passwordChangedAt),
    password_change_required: user.passwordChangeRequired,
    certificate_subject_dn: certificateSubject === null ? '' : orderedSubject(certificateSubject),
    enable_cert_auth: allowed.includes('user_certificate'),
    allowed_auth_methods: allowed,
    allowed_client_types: [...(user.clientTypes ?? clientTypes)],
    login_flags: { prevent_ui_login: user.preventUiLogin },
    auth_domain: root.id,
    auth_domain_name: root.name,
    user_metadata: user.userMetadata,
    ...('appMetadata' in user && { app_metadata: user.appMetadata }),
    ...(passwordPolicy !== null && { password_policy: passwordPolicy }),
    ...(expires !== null && { expires_at: new Date(expires).toISOString() }),
    ...(user.groups && { groups: [...user.groups] }),
  }
}
