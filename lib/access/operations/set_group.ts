import { MortiseError } from '../../errors/index.js'
import type { Group, SystemOperation } from '../../operation/index.js'
import { changedGroup, type GroupChanges } from '../groups.js'
import type { AccessServices } from '../services.js'
import { requireMember, requireRightsOf } from './cover.js'

export interface SetGroupInput extends GroupChanges {
  /** Id or name. */
  readonly group: string
}

/**
 * Changes the name, description, roles or metadata of a group. Its members and grants stay.
 *
 * @throws MORTISE_GROUP_NOT_FOUND, MORTISE_GROUP_EXISTS, MORTISE_ACCESS_BUILT_IN, MORTISE_ROLE_NOT_FOUND,
 *   MORTISE_INPUT_INVALID, MORTISE_ACCESS_DENIED for somebody who is neither a member nor an administrator, and for rights
 *   that the actor lacks
 */
export const setGroup: SystemOperation<AccessServices, SetGroupInput, Group> = {
  name: 'SetGroup',
  permission: 'GroupManage',
  durability: 'synced',
  async prepare(services, actor, { group: asked, ...changes }) {
    const { groups, roles } = services
    const before = await groups.read(asked)
    const group = changedGroup(before.value, changes, services.clock.now())
    await requireMember(services, actor, before.value)
    requireRightsOf(actor, { name: group.name, roles: await roles.all(group.roles) })
    if (group.name !== before.value.name && (await groups.idOf(group.name)) !== undefined) {
      throw new MortiseError('MORTISE_GROUP_EXISTS', `a group ${group.name} exists already`)
    }
    return {
      answer: group,
      rows: { records: groups.write(group, before), newEpoch: true },
      detail: { group: group.id, name: group.name, roles: group.roles },
    }
  },
}
