import type { Role, SystemOperation } from '../../operation/index.js'
import { changedRole, type RoleChanges } from '../roles.js'
import type { AccessServices } from '../services.js'
import { requireRightsOf } from './cover.js'
import { roleDetail } from './create_role.js'

export interface SetRoleInput extends RoleChanges {
  readonly role: string
}

/**
 * Changes what a role allows, for everybody who has it, at once.
 *
 * @throws MORTISE_ROLE_NOT_FOUND, MORTISE_ACCESS_BUILT_IN, MORTISE_INPUT_INVALID, MORTISE_ACCESS_DENIED for rights that the
 *   actor lacks
 */
export const setRole: SystemOperation<AccessServices, SetRoleInput, Role> = {
  name: 'SetRole',
  permission: 'RoleManage',
  durability: 'synced',
  async prepare({ roles }, actor, { role: asked, ...changes }) {
    const before = await roles.read(asked)
    const role = changedRole(before.value, changes)
    requireRightsOf(actor, { name: role.name, roles: [before.value, role] })
    return {
      answer: role,
      rows: { records: [roles.write(role, before.version + 1)], newEpoch: true },
      detail: roleDetail(role),
    }
  },
}
