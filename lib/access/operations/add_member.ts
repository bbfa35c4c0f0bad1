import type { Group, SystemOperation } from '../../operation/index.js'
import type { AccessServices } from '../services.js'
import { requireRightsOfGroup } from './cover.js'

export interface MemberInput {
  /** Id or name. */
  readonly group: string
  /** Id or name. */
  readonly principal: string
}

/**
 * Lets a principal into a group. Adding a member again is no error.
 *
 * @throws MORTISE_GROUP_NOT_FOUND, MORTISE_PRINCIPAL_NOT_FOUND, MORTISE_INPUT_INVALID for a principal of too many groups,
 *   MORTISE_ACCESS_DENIED for somebody who lacks what the group gives
 */
export const addMember: SystemOperation<AccessServices, MemberInput, Group> = {
  name: 'AddMember',
  permission: 'GroupManage',
  durability: 'synced',
  async prepare(services, actor, input) {
    const { groups, memberships, principals } = services
    const group = await groups.find(input.group)
    const { id: principal } = await principals.find(input.principal)
    await requireRightsOfGroup(services, actor, group)
    const detail = { group: group.id, name: group.name, principal }
    if (await memberships.has(group.id, principal)) return { answer: group, detail }
    return { answer: group, rows: { records: [await memberships.add(group.id, principal)] }, detail }
  },
}
