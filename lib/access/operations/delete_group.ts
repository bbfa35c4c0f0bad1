import { MortiseError } from '../../errors/index.js'
import type { Group, SystemOperation } from '../../operation/index.js'
import type { AccessServices } from '../services.js'
import { requireRightsOfGroup } from './cover.js'

export interface DeleteGroupInput {
  /** Id or name. */
  readonly group: string
}

/**
 * Deletes a group with its memberships and its grants on scopes; leases that rest on it end at once. Grants on single keys
 * that name it stay and give nobody anything.
 *
 * @throws MORTISE_GROUP_NOT_FOUND, MORTISE_ACCESS_BUILT_IN, MORTISE_GROUP_APPROVES, MORTISE_ACCESS_DENIED for somebody who lacks
 *   what the group gives
 */
export const deleteGroup: SystemOperation<AccessServices, DeleteGroupInput, Group> = {
  name: 'DeleteGroup',
  permission: 'GroupManage',
  durability: 'synced',
  async prepare(services, actor, input) {
    const { groups, memberships, scopedGrants, quorumPolicies } = services
    const before = await groups.read(input.group)
    const group = before.value
    await requireRightsOfGroup(services, actor, group)
    if ((await quorumPolicies.list()).some((policy) => policy.group === group.id))
      throw new MortiseError('MORTISE_GROUP_APPROVES')
    const members = await memberships.removeAll(group.id)
    const grants = await scopedGrants.removeAll({ granteeKind: 'group', grantee: group.id })
    return {
      answer: group,
      rows: { records: [...groups.remove(before), ...members, ...grants], newEpoch: true },
      detail: { group: group.id, name: group.name, members: members.length, grants: grants.length },
      recheck: true,
    }
  },
}
