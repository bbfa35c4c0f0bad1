import type { ObjectPermission, Role, SystemPermission } from '../operation/index.js'

/** What a role allows. */
export interface RolePermissions {
  readonly system: readonly SystemPermission[]
  /** On every object, whoever owns it. */
  readonly objects: readonly ObjectPermission[]
}

/**
 * The table of roles. No role opens a key: whoever wants to use or export one needs a grant, which an administrator may
 * give (to itself too), but not without its trace on the audit trail.
 */
export const roles: Readonly<Record<Role, RolePermissions>> = {
  administrator: {
    system: [
      'AuditPrune',
      'AuditRead',
      'Backup',
      'BarrierManage',
      'Create',
      'Import',
      'PrincipalManage',
      'PrincipalRead',
      'RNGRetrieve',
      'TokenManage',
    ],
    objects: [
      'Activate',
      'Archive',
      'Destroy',
      'Get',
      'GetAttributes',
      'Grant',
      'Locate',
      'ModifyAttributes',
      'Recover',
      'Revoke',
    ],
  },
}
