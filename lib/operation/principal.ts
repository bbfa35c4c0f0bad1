import type { GranteeKind } from './change.js'
import type { ObjectPermission, SystemPermission } from './permission.js'

/** Who somebody is: a person, a program that calls, or a registered OAuth client. */
export type PrincipalKind = 'user' | 'service' | 'client'

/** The somebody that an operation is decided and recorded for, whatever face and login it came through. */
export interface Principal {
  /** UUID; what owners, grants and audit records name. */
  readonly id: string
  /** Unique, for people: an e-mail address, a service's name. */
  readonly name: string
  readonly kind: PrincipalKind
  /** Names of the roles that it has itself; its groups may give it others. */
  readonly roles: readonly string[]
  /** What it may do on no object, beside what its roles allow: by default make, import and draw random bytes. */
  readonly permissions: readonly SystemPermission[]
  /** A disabled principal is refused everywhere. */
  readonly enabled: boolean
  /** Milliseconds since 1970 from which it is refused everywhere, or null. */
  readonly expires: number | null
  /** Until it has set another password it may do nothing else. */
  readonly passwordChangeRequired: boolean
}

/** Whether a principal is neither disabled nor has expired. */
export function isActive({ enabled, expires }: Principal, now: number): boolean {
  return enabled && (expires === null || now < expires)
}

/**
 * Which keys something is about, whoever owns them: those whose name begins with a prefix, or those of an object group
 * (KMIP 2.1 section 4.35, Object Group). Keys that are made later are in it too; keys of other purposes than general never.
 */
export type Scope = { readonly namePrefix: string } | { readonly objectGroup: string }

/**
 * A named set of permissions to administer. No role opens a key: whoever wants to use one needs to own it or a grant, which
 * is on the audit trail.
 */
export interface Role {
  readonly name: string
  readonly description: string
  readonly system: readonly SystemPermission[]
  /** On objects of the scope, whoever owns them. */
  readonly objects: readonly ObjectPermission[]
  /** Null: every object. */
  readonly scope: Scope | null
}

/** Principals that get the same roles and grants. */
export interface Group {
  /** UUID; what grants name. */
  readonly id: string
  /** Unique, for people. */
  readonly name: string
  readonly description: string
  /** Whether Mortise has made it: then it stays, with its name and roles. */
  readonly system: boolean
  /** Names of the roles that its members have. */
  readonly roles: readonly string[]
  /** Whatever whoever manages groups keeps with it. */
  readonly metadata: Readonly<Record<string, unknown>>
  /** Milliseconds since 1970; null for a system group, and for what was made before this was kept. */
  readonly created: number | null
  readonly updated: number | null
}

/** Permissions of one grantee on every key of a scope. */
export interface ScopedGrant {
  readonly granteeKind: GranteeKind
  /** Principal id or group id; the empty string for everyone. */
  readonly grantee: string
  readonly scope: Scope
  readonly permissions: readonly ObjectPermission[]
}

/** A principal with everything that decides what it may do. */
export interface Subject extends Principal {
  /** The groups that it belongs to: names by id. */
  readonly groups: ReadonlyMap<string, string>
  /** Every role that it has; `through` is the name of the group that gives it, or null for a role of its own. */
  readonly held: readonly { readonly role: Role; readonly through: string | null }[]
  /** The grants on scopes that are given to it, to one of its groups or to everyone. */
  readonly scoped: readonly ScopedGrant[]
}
