import type { Principal } from '../operation/index.js'
import type { RecordTerm } from '../storage/index.js'
import {
  type Account,
  type ClientType,
  clientTextsWithout,
  type LoginMethod,
  methodTextsWithout,
} from './accounts.js'
import { localAccount } from './connections.js'
import { type Identities, identityText } from './identities.js'
import type { LoginState } from './login_states.js'
import { membershipInAny } from './memberships.js'
import { checkedSkip, type SkipInput } from './operations/page.js'
import { dateText } from './principals.js'
import type { AccessServices } from './services.js'
import { folded } from './text.js'

/** A principal with its account and how it has logged in. Its origin is an identity that is still its own. */
export interface User extends Principal, Account, LoginState {
  /** Names of its groups, in order, where they were asked for. */
  readonly groups?: readonly string[]
}

/** What its own user does not see. */
export type OwnUser = Omit<User, 'appMetadata'>

/** Which users are meant: everything that is given must hold. Texts are compared without case. */
export interface UserFilter {
  readonly kind?: Principal['kind']
  /** Of the principal. */
  readonly name?: string
  readonly fullName?: string
  readonly email?: string
  /** Ids or names of groups that it is in all of, and in none of. */
  readonly groups?: readonly string[]
  readonly exceptGroups?: readonly string[]
  /** Whether it is in no group at all. */
  readonly inNoGroup?: true
  /** That it may log in in each of these ways; `none`: that it may not at all. */
  readonly methods?: readonly LoginMethod[] | 'none'
  readonly clientTypes?: readonly ClientType[] | 'none'
  readonly passwordPolicy?: string
  readonly expired?: boolean
  /** Milliseconds since 1970 by which it will have expired. */
  readonly expiresBy?: number
  readonly locked?: boolean
  /** Milliseconds since 1970 since when it has not logged in, though it has before. */
  readonly idleSince?: number
  readonly neverLoggedIn?: true
}

export interface UserQuery extends UserFilter, SkipInput {
  /** Whether the names of its groups are answered with each. Default no. */
  readonly withGroups?: true
}

/** Everything that is known of one. */
export async function userOf(
  { accounts, identities, loginStates }: Pick<AccessServices, 'accounts' | 'identities' | 'loginStates'>,
  principal: Principal,
): Promise<User> {
  const { id } = principal
  const [account, state] = await Promise.all([accounts.read(id), loginStates.read(id)])
  const origin = await knownBy(identities, id, account.value.origin)
  return { ...principal, ...account.value, ...state.value, origin }
}

/** What it was made by, unless that was unlinked since and may be somebody else by now. */
async function knownBy(identities: Identities, principal: string, origin: string): Promise<string> {
  const bar = origin.indexOf('|')
  const owner = await identities.principalOf(origin.slice(0, bar), origin.slice(bar + 1))
  return owner === principal ? origin : identityText({ connection: localAccount.name, subject: principal })
}

async function groupsOf({ groups, memberships }: AccessServices, user: User): Promise<User> {
  const joined = await Promise.all((await memberships.of(user.id)).map((group) => groups.get(group)))
  return { ...user, groups: joined.flatMap((group) => (group ? [group.name] : [])).sort() }
}

/**
 * A page of the users that fit, in the order of their names, and how many there are.
 *
 * @throws MORTISE_GROUP_NOT_FOUND, MORTISE_INPUT_INVALID
 */
export async function findUsers(
  services: AccessServices,
  query: UserQuery,
): Promise<{ users: User[]; total: number }> {
  const part = checkedSkip(query)
  const terms = await termsOf(services, query)
  const { principals, total } = await services.principals.select({ order: 'name', ...terms, ...part })
  const users = await Promise.all(principals.map((one) => userOf(services, one)))
  if (!query.withGroups) return { users, total }
  return { users: await Promise.all(users.map((user) => groupsOf(services, user))), total }
}

async function termsOf({ clock, groups }: AccessServices, filter: UserFilter) {
  const { kind, name, fullName, email, methods, clientTypes, passwordPolicy, expired, expiresBy, locked } =
    filter
  const all: RecordTerm[] = []
  const none: RecordTerm[] = []
  const now = dateText(clock.now())
  const put = (holds: boolean, term: RecordTerm) => (holds ? all : none).push(term)
  const has = (namespace: string, field: string, values: readonly string[]) =>
    all.push({ namespace, field, values })
  if (kind !== undefined) has('principal', 'kind', [kind])
  if (name !== undefined) has('principal', 'name', [folded(name)])
  if (fullName !== undefined) has('account', 'fullName', [folded(fullName)])
  if (email !== undefined) has('account', 'email', [folded(email)])
  const may = (field: string, without: readonly (readonly string[])[] | 'none') => {
    if (without === 'none') has('account', field, ['none'])
    else none.push(...without.map((values) => ({ namespace: 'account', field, values })))
  }
  if (methods) may('methods', methods === 'none' ? methods : methodTextsWithout(methods))
  if (clientTypes) may('clients', clientTypes === 'none' ? clientTypes : clientTextsWithout(clientTypes))
  if (passwordPolicy !== undefined) has('account', 'policy', [passwordPolicy])
  if (expired !== undefined) put(expired, { namespace: 'principal', field: 'expires', through: now })
  if (expiresBy !== undefined) {
    all.push({ namespace: 'principal', field: 'expires', through: dateText(expiresBy) })
    none.push({ namespace: 'principal', field: 'expires', through: now })
  }
  if (locked !== undefined) {
    // Who was locked once and is not any more: by the clock.
    put(locked, { namespace: 'login', field: 'lockedUntil', through: dateText(Number.MAX_SAFE_INTEGER) })
    if (locked) none.push({ namespace: 'login', field: 'lockedUntil', through: now })
  }
  if (filter.idleSince !== undefined) {
    all.push({ namespace: 'login', field: 'lastLogin', through: dateText(filter.idleSince) })
  }
  if (filter.neverLoggedIn) {
    none.push({ namespace: 'login', field: 'lastLogin', through: dateText(Number.MAX_SAFE_INTEGER) })
  }
  if (filter.inNoGroup) none.push(membershipInAny)
  const member = async (group: string): Promise<RecordTerm> => {
    const { id } = await groups.find(group)
    return { namespace: 'membership', field: 'group', values: [id], prefix: `${id}/` }
  }
  all.push(...(await Promise.all((filter.groups ?? []).map(member))))
  none.push(...(await Promise.all((filter.exceptGroups ?? []).map(member))))
  return { all, none }
}
