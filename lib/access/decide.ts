import {
  type GrantRow,
  type ObjectPermission,
  objectPermissions,
  type Permission,
  type Purpose,
  type Scope,
  type ScopedGrant,
  type Subject,
  type SystemPermission,
} from '../operation/index.js'
import { findGrant, grantsOver, type ObjectGrants } from './grant_index.js'
import { covers, type Named, scopeText } from './scope.js'

/** What the decision needs to know of an object. The name and object groups are the key's, whichever of its versions is meant. */
export interface ObjectRights extends Named {
  /** Principal id. */
  readonly owner: string
  readonly purpose: Purpose
  /** Every grant on the key, checked by the barrier. */
  readonly grants: ObjectGrants
}

export interface Decision {
  readonly allowed: boolean
  /** For people: `owner`, `role administrator`, `granted Encrypt to the group billing`, `disabled`. */
  readonly reason: string
}

/** In words, which few ask for. */
type Reason = () => string

/** One ground on which a permission on an object can rest: the reason, or undefined where it does not. */
type Ground = (subject: Subject, permission: ObjectPermission, object: ObjectRights) => Reason | undefined

/** Every ground, in the order in which they are looked at. */
export const grounds = {
  owner: (subject, _permission, object) => (object.owner === subject.id ? () => 'owner' : undefined),
  roles: ({ held }, permission, object) => {
    for (const { role, through } of held) {
      if (role.objects.includes(permission) && within(role.scope, object)) {
        return () => `role ${role.name}${role.scope ? ` on ${scopeText(role.scope)}` : ''}${giver(through)}`
      }
    }
    return undefined
  },
  grants: (subject, permission, { grants }) => {
    if (permission === 'Grant') return undefined
    const grant = grants.to(subject, permission)
    return grant && (() => `granted ${permission}${addressee(subject, grant)}`)
  },
  scopes: (subject, permission, object) => {
    if (permission === 'Grant') return undefined
    const grant = findScoped(subject, object, permission)
    return grant && (() => `granted ${permission} on ${scopeText(grant.scope)}${addressee(subject, grant)}`)
  },
} as const satisfies Record<string, Ground>

const inOrder: readonly Ground[] = Object.values(grounds)
const ofObjects: ReadonlySet<string> = new Set(objectPermissions)

export function isObjectPermission(permission: Permission): permission is ObjectPermission {
  return ofObjects.has(permission)
}

/**
 * The one decision of who may do what. Denies by default. An owner has every right on its object; a role and a grant have
 * those that they list, on the objects of their scope; the right to grant comes from ownership or a role alone, whatever a
 * grant says.
 *
 * @param object the object that an object permission is asked on; a system permission does not look at it
 */
export function decide(subject: Subject, permission: Permission, object?: ObjectRights): Decision {
  if (!subject.enabled) return denied('disabled')
  return isObjectPermission(permission)
    ? decideOnObject(subject, permission, object)
    : decideOnSystem(subject, permission)
}

function decideOnSystem(subject: Subject, permission: SystemPermission): Decision {
  if (permission === 'SelfManage' || permission === 'Query') return allowed('everybody')
  for (const { role, through } of subject.held) {
    if (role.system.includes(permission)) return allowed(`role ${role.name}${giver(through)}`)
  }
  if (subject.permissions.includes(permission)) return allowed(`permitted ${permission}`)
  return denied(`no role and no permission for ${permission}`)
}

function decideOnObject(
  subject: Subject,
  permission: ObjectPermission,
  object: ObjectRights | undefined,
): Decision {
  if (!object) return denied(`${permission} is asked on an object`)
  for (const ground of inOrder) {
    const reason = ground(subject, permission, object)
    if (reason !== undefined) return new Decided(true, reason)
  }
  return new Decided(false, () => `not the owner, no role and no grant for ${permission}`)
}

/** Whether somebody has any right on an object, and so may hear why another is refused. */
export function mayKnow(subject: Subject, object: ObjectRights): boolean {
  return (
    decide(subject, 'Get', object).allowed ||
    object.grants.to(subject) !== undefined ||
    findScoped(subject, object) !== undefined
  )
}

/** Whether the decision on some objects depends on their names and object groups. */
export function looksAtScopes({ held, scoped }: Subject): boolean {
  return scoped.length > 0 || held.some(({ role }) => role.scope !== null)
}

/** A scope is of general keys alone: what signs tokens or audit heads does not come into it by its name. */
function within(scope: Scope | null, object: ObjectRights): boolean {
  return scope === null || (object.purpose === 'general' && covers(scope, object))
}

/** What somebody has on a scope that an object is in. @param permission default any */
function findScoped(
  subject: Subject,
  object: ObjectRights,
  permission?: ObjectPermission,
): ScopedGrant | undefined {
  if (object.purpose !== 'general') return undefined
  for (const grants of grantsOver(object, subject.scoped)) {
    const found = findGrant(subject, grants, permission)
    if (found) return found
  }
  return undefined
}

/** To whom a grant is given that reaches somebody, in words. */
function addressee(
  { groups }: Subject,
  { granteeKind, grantee }: Pick<GrantRow, 'granteeKind' | 'grantee'>,
): string {
  if (granteeKind === 'principal') return ''
  return granteeKind === 'group' ? ` to the group ${groups.get(grantee)}` : ' to everyone'
}

function giver(group: string | null): string {
  return group === null ? '' : ` through the group ${group}`
}

function allowed(reason: string): Decision {
  return { allowed: true, reason }
}

function denied(reason: string): Decision {
  return { allowed: false, reason }
}

class Decided implements Decision {
  readonly allowed: boolean
  readonly #reason: Reason

  constructor(allowed: boolean, reason: Reason) {
    this.allowed = allowed
    this.#reason = reason
  }

  get reason(): string {
    return this.#reason()
  }
}
