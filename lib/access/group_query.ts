import { localAccount } from './connections.js'
import type { GroupTerms } from './groups.js'
import { membershipOf, membershipOfAny } from './memberships.js'
import type { SkipInput } from './operations/page.js'
import type { AccessServices } from './services.js'
import { folded } from './text.js'

/** Which groups are meant: everything that is given must hold. */
export interface GroupFilter {
  /** Whatever its case. */
  readonly name?: string
  /** Ids or names of principals that belong to it, all of them, and of which none does. */
  readonly members?: readonly string[]
  readonly exceptMembers?: readonly string[]
  /** Whether nobody belongs to it. */
  readonly empty?: true
  /** Name of a connection that puts people into it; `local_account`, which moves nobody, stands for every group. */
  readonly connection?: string
}

export interface GroupQuery extends GroupFilter, SkipInput {}

/** @throws MORTISE_PRINCIPAL_NOT_FOUND, MORTISE_CONNECTION_NOT_FOUND */
export async function groupTerms(
  { connections, memberships, principals }: AccessServices,
  { name, members = [], exceptMembers = [], empty, connection = localAccount.name }: GroupFilter,
): Promise<GroupTerms> {
  const idOf = async (principal: string) => (await principals.find(principal)).id
  const [inside, outside] = await Promise.all([
    Promise.all(members.map(idOf)),
    Promise.all(exceptMembers.map(idOf)),
  ])
  const mapped =
    connection === localAccount.name ? undefined : Object.values((await connections.find(connection)).groups)
  return {
    all: [
      ...(name === undefined ? [] : [{ namespace: 'group', field: 'name', values: [folded(name)] }]),
      ...inside.map(membershipOf),
      ...(mapped ? [{ keys: mapped }] : []),
    ],
    none: [...outside.map(membershipOf), ...(empty ? [membershipOfAny] : [])],
    async fits({ id, name: own }) {
      if (name !== undefined && folded(own) !== folded(name)) return false
      if (mapped && !mapped.includes(id)) return false
      if (empty && (await memberships.count(id)) > 0) return false
      const has = (principal: string) => memberships.has(id, principal)
      const [all, none] = await Promise.all([inside, outside].map((ids) => Promise.all(ids.map(has))))
      return Boolean(all?.every(Boolean)) && !none?.some(Boolean)
    },
  }
}
