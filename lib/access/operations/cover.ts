import { MortiseError } from '../../errors/index.js'
import type { Group, Principal, Role, Subject, SystemPermission } from '../../operation/index.js'
import { decide } from '../decide.js'
import { contains, scopeText } from '../scope.js'
import type { AccessServices } from '../services.js'

/** Somebody, or a group, as it is or is about to be. */
interface Holder {
  readonly name: string
  readonly roles: readonly Role[]
  readonly permissions?: readonly SystemPermission[]
}

/** An administrator has every right that there is to give: it could give them to itself. */
export function isAdministrator({ held }: Subject): boolean {
  return held.some(({ role }) => role.name === 'administrator')
}

/**
 * Nobody gives a right that it lacks, and nobody takes over a principal that may do more than itself: whoever manages
 * principals, their passwords or tokens, groups and roles must hold every permission of the one that it works on.
 *
 * @throws MORTISE_ACCESS_DENIED
 */
export function requireRightsOf(actor: Subject, { name, roles, permissions = [] }: Holder): void {
  if (isAdministrator(actor)) return
  const system = [...permissions, ...roles.flatMap((role) => role.system)]
  const lacking = [
    ...roles.filter((role) => role.name === 'administrator').map((role) => role.name),
    ...system.filter((permission) => !decide(actor, permission).allowed),
    ...roles.flatMap(({ objects, scope }) =>
      objects
        .filter((permission) => !actor.held.some(({ role }) => gives(role, permission, scope)))
        .map((permission) =>
          scope ? `${permission} on ${scopeText(scope)}` : `${permission} on every object`,
        ),
    ),
  ]
  if (lacking.length > 0) {
    throw denied(`${name} has or would have rights that ${actor.name} lacks (${unique(lacking)})`)
  }
}

/**
 * The same for a principal, with what its groups give it.
 *
 * @throws MORTISE_ACCESS_DENIED, MORTISE_BARRIER_INTEGRITY
 */
export async function requireRightsOfPrincipal(
  { subjects }: Pick<AccessServices, 'subjects'>,
  actor: Subject,
  principal: Principal,
): Promise<void> {
  const { held } = await subjects.complete(principal)
  requireRightsOf(actor, { ...principal, roles: held.map(({ role }) => role) })
}

/**
 * A group gives its members its roles, and all that was granted to it, on whichever keys. Whoever is a member has that too; anybody
 * else could let itself in, and so manages it only while nothing was granted to it and its roles give nothing that the actor lacks.
 *
 * @throws MORTISE_ACCESS_DENIED
 */
export async function requireRightsOfGroup(
  { memberships, roles, scopedGrants, store }: AccessServices,
  actor: Subject,
  { id, name, roles: given }: Group,
): Promise<void> {
  // As the store has it now: the actor may have been removed a moment ago.
  if (isAdministrator(actor) || (await memberships.has(id, actor.id))) return
  const grantee = { granteeKind: 'group', grantee: id } as const
  if ((await store.hasGrants(grantee)) || (await scopedGrants.list(1, undefined, grantee)).length > 0)
    throw denied(`${actor.name} is not a member of ${name} and may lack what was granted to it`)
  requireRightsOf(actor, { name, roles: await roles.all(given) })
}

/**
 * For what is as good as being anybody.
 *
 * @param does what only an administrator does
 * @throws MORTISE_ACCESS_DENIED
 */
export function requireAdministrator(actor: Subject, does: string): void {
  if (!isAdministrator(actor)) throw denied(`${actor.name} is no administrator, who alone ${does}`)
}

/** @throws MORTISE_ACCESS_DENIED for somebody who could not grant each key of the scope */
export function requireGrantOn(actor: Subject, scope: Role['scope']): void {
  if (actor.held.some(({ role }) => gives(role, 'Grant', scope))) return
  throw denied(`${actor.name} may not Grant on ${scope ? scopeText(scope) : 'every object'}`)
}

function gives(role: Role, permission: Role['objects'][number], scope: Role['scope']): boolean {
  return role.objects.includes(permission) && contains(role.scope, scope)
}

function unique(lacking: readonly string[]): string {
  return [...new Set(lacking)].join(', ')
}

function denied(reason: string): MortiseError {
  return new MortiseError(
    'MORTISE_ACCESS_DENIED',
    `${reason}: ask somebody who has them, or an administrator`,
  )
}
