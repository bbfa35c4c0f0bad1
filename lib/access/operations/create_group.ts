import { MortiseError } from '../../errors/index.js'
import type { Group, SystemOperation } from '../../operation/index.js'
import { type NewGroup, newGroup } from '../groups.js'
import type { AccessServices } from '../services.js'
import { requireRightsOf } from './cover.js'

/** Members that a group can be made with; more are added one by one. */
const memberLimit = 1000

export interface CreateGroupInput extends NewGroup {
  /** Ids or names of principals that belong to it from the beginning, at most 1,000. Default nobody. */
  readonly members?: readonly string[]
}

/**
 * Makes a group.
 *
 * @throws MORTISE_GROUP_EXISTS, MORTISE_ROLE_NOT_FOUND, MORTISE_PRINCIPAL_NOT_FOUND, MORTISE_INPUT_INVALID,
 *   MORTISE_ACCESS_DENIED for rights that the actor lacks
 */
export const createGroup: SystemOperation<AccessServices, CreateGroupInput, Group> = {
  name: 'CreateGroup',
  permission: 'GroupManage',
  durability: 'synced',
  async prepare({ clock, groups, memberships, principals, roles }, actor, { members = [], ...input }) {
    const group = newGroup(input, clock.now())
    requireRightsOf(actor, { name: group.name, roles: await roles.all(group.roles) })
    if ((await groups.idOf(group.name)) !== undefined) {
      throw new MortiseError('MORTISE_GROUP_EXISTS', `a group ${group.name} exists already`)
    }
    if (members.length > memberLimit) {
      throw new MortiseError(
        'MORTISE_INPUT_INVALID',
        `a group can be made with ${memberLimit} members at most`,
      )
    }
    const found = await Promise.all(members.map(async (member) => (await principals.find(member)).id))
    const ids = [...new Set(found)]
    const added = await Promise.all(ids.map((id) => memberships.add(group.id, id)))
    return {
      answer: group,
      rows: { records: [...groups.write(group), ...added], newEpoch: group.roles.length > 0 },
      detail: { group: group.id, name: group.name, roles: group.roles, members: ids },
    }
  },
}
