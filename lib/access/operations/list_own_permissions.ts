import { type SystemOperation, type SystemPermission, systemPermissions } from '../../operation/index.js'
import { decide } from '../decide.js'
import type { AccessServices } from '../services.js'

/** What whoever asks may do on no object, by its roles, groups and permissions. */
export const listOwnPermissions: SystemOperation<AccessServices, object, readonly SystemPermission[]> = {
  name: 'ListOwnPermissions',
  permission: 'SelfManage',
  durability: 'written',
  async prepare(_services, actor) {
    return { answer: systemPermissions.filter((permission) => decide(actor, permission).allowed) }
  },
}
