import type { Principal } from '../operation/index.js'
import type { RecordTerm } from '../storage/index.js'
import {
  type Account,
  type ClientType,
  clientTextsWithout,
  type LoginMethod,
  methodTextsWithout,
} from './accounts.js'
import type { LoginState } from './login_states.js'
import { checkedSkip, type SkipInput } from './operations/page.js'
import { dateText } from './principals.js'
import type { AccessServices } from './services.js'
import { folded } from './text.js'

/** A principal with its account and how it has logged in. */
export interface User extends Principal, Account, LoginState {}

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
  /** That it may log in so; `none`: that it may not at all. */
  readonly method?: LoginMethod | 'none'
  readonly clientType?: ClientType | 'none'
  readonly passwordPolicy?: string
  readonly expired?: boolean
  /** Milliseconds since 1970 by which it will have expired. */
  readonly expiresBy?: number
  readonly locked?: boolean
  /** Milliseconds since 1970 since when it has not logged in, though it has before. */
  readonly idleSince?: number
  readonly neverLoggedIn?: true
}

export interface UserQuery extends UserFilter, SkipInput {}

/** Everything that is known of one. */
export async function userOf(
  { accounts, loginStates }: Pick<AccessServices, 'accounts' | 'loginStates'>,
  principal: Principal,
): Promise<User> {
  const [account, state] = await Promise.all([accounts.read(principal.id), loginStates.read(principal.id)])
  return { ...principal, ...account.value, ...state.value }
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
  const { skip, limit } = checkedSkip(query)
  const terms = await termsOf(services, query)
  const { principals, total } = await services.principals.select({ order: 'name', ...terms, skip, limit })
  return { users: await Promise.all(principals.map((one) => userOf(services, one))), total }
}

async function termsOf({ clock, groups }: AccessServices, filter: UserFilter) {
  const { kind, name, fullName, email, method, clientType, passwordPolicy, expired, expiresBy, locked } =
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
  const may = (field: string, wanted: string | undefined, others: () => string[]) => {
    if (wanted === 'none') has('account', field, ['none'])
    else if (wanted !== undefined) none.push({ namespace: 'account', field, values: others() })
  }
  may('methods', method, () => methodTextsWithout(method as LoginMethod))
  may('clients', clientType, () => clientTextsWithout(clientType as ClientType))
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
  const member = async (group: string): Promise<RecordTerm> => {
    const { id } = await groups.find(group)
    return { namespace: 'membership', field: 'group', values: [id], prefix: `${id}/` }
  }
  all.push(...(await Promise.all((filter.groups ?? []).map(member))))
  none.push(...(await Promise.all((filter.exceptGroups ?? []).map(member))))
  return { all, none }
}
