import { MortiseError } from '../../errors/index.js'
import type { AuditDetail, Role, SystemOperation } from '../../operation/index.js'
import { type NewRole, newRole } from '../roles.js'
import { scopeText } from '../scope.js'
import type { AccessServices } from '../services.js'
import { requireRightsOf } from './cover.js'

/**
 * Makes a role. It gives nobody anything until a principal or group is given it.
 *
 * @throws MORTISE_ROLE_EXISTS, MORTISE_INPUT_INVALID, MORTISE_ACCESS_DENIED for rights that the actor lacks
 */
export const createRole: SystemOperation<AccessServices, NewRole, Role> = {
  name: 'CreateRole',
  permission: 'RoleManage',
  durability: 'synced',
  async prepare({ roles }, actor, input) {
    const role = newRole(input)
    requireRightsOf(actor, { name: role.name, roles: [role] })
    if (await roles.get(role.name)) {
      throw new MortiseError('MORTISE_ROLE_EXISTS', `there is a role ${role.name} already`)
    }
    return { answer: role, rows: { records: [roles.write(role, 1)] }, detail: roleDetail(role) }
  },
}

export function roleDetail({ name, system, objects, scope }: Role): AuditDetail {
  return { role: name, system, objects, scope: scope && scopeText(scope) }
}
