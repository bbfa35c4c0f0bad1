import { type Principal, pageLimit, type SystemOperation } from '../../operation/index.js'
import type { AccessServices } from '../services.js'
import type { PrincipalPage } from './list_principals.js'
import type { PageInput } from './page.js'

export interface ListMembersInput extends PageInput {
  /** Id or name. */
  readonly group: string
}

/** Who belongs to a group, in the order of their ids. @throws MORTISE_GROUP_NOT_FOUND, MORTISE_INPUT_INVALID */
export const listMembers: SystemOperation<AccessServices, ListMembersInput, PrincipalPage> = {
  name: 'ListMembers',
  permission: 'PrincipalRead',
  durability: 'written',
  async prepare({ groups, memberships, principals: known }, _actor, input) {
    const limit = pageLimit(input)
    const group = await groups.find(input.group)
    const ids = await memberships.members(group.id, limit, input.after)
    const found = await Promise.all(ids.map((id) => known.get(id)))
    const principals = found.filter((one): one is Principal => one !== undefined)
    const next = ids.length < limit ? null : (ids.at(-1) ?? null)
    return { answer: { principals, next }, detail: { group: group.id, count: principals.length } }
  },
}
