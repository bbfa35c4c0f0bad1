import type { Role, SystemOperation } from '../../operation/index.js'
import type { AccessServices } from '../services.js'

export interface GetRoleInput {
  /** Its name. */
  readonly role: string
}

/** @throws MORTISE_ROLE_NOT_FOUND */
export const getRole: SystemOperation<AccessServices, GetRoleInput, Role> = {
  name: 'GetRole',
  permission: 'PrincipalRead',
  durability: 'written',
  async prepare({ roles }, _actor, input) {
    const role = await roles.find(input.role)
    return { answer: role, detail: { role: role.name } }
  },
}
