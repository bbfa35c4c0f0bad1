import { MortiseError } from '../../errors/index.js'
import type { Role, SystemOperation } from '../../operation/index.js'
import type { AccessServices } from '../services.js'
import { requireRightsOf } from './cover.js'
import { roleDetail } from './create_role.js'
import type { GetRoleInput } from './get_role.js'

/** So many holders are named. */
const named = 10

/**
 * Deletes a role that nobody has any more.
 *
 * @throws MORTISE_ROLE_NOT_FOUND, MORTISE_ACCESS_BUILT_IN, MORTISE_ROLE_HELD, MORTISE_ACCESS_DENIED for rights that the
 *   actor lacks
 */
export const deleteRole: SystemOperation<AccessServices, GetRoleInput, Role> = {
  name: 'DeleteRole',
  permission: 'RoleManage',
  durability: 'synced',
  async prepare({ roles, principals, groups }, actor, input) {
    const before = await roles.read(input.role)
    const role = before.value
    requireRightsOf(actor, { name: role.name, roles: [role] })
    const holders = [
      ...(await principals.holding(role.name, named)),
      ...(await groups.holding(role.name, named)),
    ].slice(0, named)
    if (holders.length > 0) {
      throw new MortiseError('MORTISE_ROLE_HELD', `${role.name} is held: take it from its holders first`, {
        details: { holders },
      })
    }
    return {
      answer: role,
      rows: { records: [roles.remove(before)], newEpoch: true },
      detail: roleDetail(role),
    }
  },
}
