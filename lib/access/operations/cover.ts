import { MortiseError } from '../../errors/index.js'
import type { Principal } from '../../operation/index.js'
import { decide } from '../decide.js'

/**
 * Nobody gives a right that it lacks, and nobody takes over a principal that may do more than itself: whoever manages
 * principals, their passwords or tokens must hold every role and permission of the one that it works on.
 *
 * @throws MORTISE_ACCESS_DENIED
 */
export function requireRightsOf(
  actor: Principal,
  subject: Pick<Principal, 'name' | 'roles' | 'permissions'>,
): void {
  const lacking: readonly string[] = [
    ...subject.roles.filter((role) => !actor.roles.includes(role)),
    ...subject.permissions.filter((permission) => !decide(actor, permission).allowed),
  ]
  if (lacking.length > 0) {
    throw new MortiseError(
      'MORTISE_ACCESS_DENIED',
      `${subject.name} has or would have rights that ${actor.name} lacks (${lacking.join(', ')}): ask somebody who has them`,
    )
  }
}
