import type { SystemPermission } from './permission.js'

/** Who somebody is: a person, a program that calls, or a registered OAuth client. */
export type PrincipalKind = 'user' | 'service' | 'client'

/**
 * Administrative roles. A role is a name for a set of permissions (lib/access/roles.ts); none of them opens a key:
 * whoever wants to use one needs a grant, which is on the audit trail.
 */
export type Role = 'administrator'

/** The somebody that an operation is decided and recorded for, whatever face and login it came through. */
export interface Principal {
  /** UUID; what owners, grants and audit records name. */
  readonly id: string
  /** Unique, for people: an e-mail address, a service's name. */
  readonly name: string
  readonly kind: PrincipalKind
  readonly roles: readonly Role[]
  /** What it may do on no object, beside what its roles allow: by default make, import and draw random bytes. */
  readonly permissions: readonly SystemPermission[]
  /** A disabled principal is refused everywhere. */
  readonly enabled: boolean
}
