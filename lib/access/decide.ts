import {
  type GrantRow,
  type ObjectPermission,
  objectPermissions,
  type Permission,
  type Principal,
} from '../operation/index.js'
import { roles } from './roles.js'
import { systemDuties, systemPrincipal } from './system_principal.js'

/** What the decision needs to know of an object. */
export interface ObjectRights {
  /** Principal id. */
  readonly owner: string
  /** Every grant on the object, checked by the barrier. */
  readonly grants: readonly GrantRow[]
}

export interface Decision {
  readonly allowed: boolean
  /** For people: `owner`, `role administrator`, `granted Encrypt`, `disabled`. */
  readonly reason: string
}

const ofObjects: ReadonlySet<string> = new Set(objectPermissions)

function isObjectPermission(permission: Permission): permission is ObjectPermission {
  return ofObjects.has(permission)
}

/**
 * The one decision of who may do what. Denies by default. An owner has every right on its object, a role and a grant have
 * those that they list; the right to grant comes from ownership or a role alone, whatever a grant says.
 *
 * @param object the object that an object permission is asked on; a system permission does not look at it
 */
export function decide(principal: Principal, permission: Permission, object?: ObjectRights): Decision {
  if (!principal.enabled) return denied('disabled')
  return isObjectPermission(permission)
    ? decideOnObject(principal, permission, object)
    : decideOnSystem(principal, permission)
}

function decideOnSystem(principal: Principal, permission: Exclude<Permission, ObjectPermission>): Decision {
  if (permission === 'SelfManage' || permission === 'Query') return allowed('everybody')
  const role = principal.roles.find((role) => roles[role].system.includes(permission))
  if (role) return allowed(`role ${role}`)
  if (principal.permissions.includes(permission)) return allowed(`permitted ${permission}`)
  return denied(`no role and no permission for ${permission}`)
}

function decideOnObject(
  principal: Principal,
  permission: ObjectPermission,
  object: ObjectRights | undefined,
): Decision {
  if (!object) return denied(`${permission} is asked on an object`)
  if (principal.id === systemPrincipal.id) {
    return systemDuties.includes(permission)
      ? allowed('the system')
      : denied(`the system has no duty to ${permission}`)
  }
  if (object.owner === principal.id) return allowed('owner')
  const role = principal.roles.find((role) => roles[role].objects.includes(permission))
  if (role) return allowed(`role ${role}`)
  if (permission !== 'Grant') {
    for (const { granteeKind, grantee, permissions } of object.grants) {
      const itself = granteeKind === 'principal' && grantee === principal.id
      if (!itself && granteeKind !== 'everyone') continue
      if (permissions.includes(permission))
        return allowed(`granted ${permission}${itself ? '' : ' to everyone'}`)
    }
  }
  return denied(`not the owner, no role and no grant for ${permission}`)
}

function allowed(reason: string): Decision {
  return { allowed: true, reason }
}

function denied(reason: string): Decision {
  return { allowed: false, reason }
}
