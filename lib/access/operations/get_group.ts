import type { Group, SystemOperation } from '../../operation/index.js'
import type { AccessServices } from '../services.js'

export interface GetGroupInput {
  /** Id or name. */
  readonly group: string
}

/** @throws MORTISE_GROUP_NOT_FOUND */
export const getGroup: SystemOperation<AccessServices, GetGroupInput, Group> = {
  name: 'GetGroup',
  permission: 'PrincipalRead',
  durability: 'written',
  async prepare({ groups }, _actor, input) {
    const group = await groups.find(input.group)
    return { answer: group, detail: { group: group.id } }
  },
}
