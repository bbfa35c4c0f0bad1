import type { Group, SystemOperation } from '../../operation/index.js'
import type { AccessServices } from '../services.js'

export interface GetGroupInput {
  /** Id or name. */
  readonly group: string
}

/** A group, and how many belong to it. */
export interface GroupEntry extends Group {
  readonly members: number
}

/** @throws MORTISE_GROUP_NOT_FOUND */
export const getGroup: SystemOperation<AccessServices, GetGroupInput, GroupEntry> = {
  name: 'GetGroup',
  permission: 'PrincipalRead',
  durability: 'written',
  async prepare(services, _actor, input) {
    const group = await services.groups.find(input.group)
    return { answer: await groupEntry(services, group), detail: { group: group.id } }
  },
}

export async function groupEntry(
  { memberships }: Pick<AccessServices, 'memberships'>,
  group: Group,
): Promise<GroupEntry> {
  return { ...group, members: await memberships.count(group.id) }
}
