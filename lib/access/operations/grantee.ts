import { MortiseError } from '../../errors/index.js'
import { type GrantRow, type Purpose, type State, states } from '../../operation/index.js'
import { type GrantablePermission, grantablePermissions } from '../grants.js'
import type { AccessServices } from '../services.js'

/** To whom a grant is given: a principal by id or name, or every enabled principal. */
export type Grantee = { readonly principal: string } | { readonly everyone: true }

/** What the grants operations work on: keys of everybody, until they are destroyed. */
export const grantPurposes: readonly Purpose[] = ['general']
export const grantStates: readonly State[] = states.filter(
  (state) => state !== 'Destroyed' && state !== 'DestroyedCompromised',
)

/**
 * The key of a grant, and the grant that the store has there now.
 *
 * @throws MORTISE_PRINCIPAL_NOT_FOUND, MORTISE_BARRIER_INTEGRITY
 */
export async function readGrant({ principals, grants }: AccessServices, object: string, grantee: Grantee) {
  const key: Pick<GrantRow, 'object' | 'granteeKind' | 'grantee'> =
    'everyone' in grantee
      ? { object, granteeKind: 'everyone', grantee: '' }
      : { object, granteeKind: 'principal', grantee: (await principals.read(grantee.principal)).key }
  const before = (await grants.read(object)).find(
    (row) => row.granteeKind === key.granteeKind && row.grantee === key.grantee,
  )
  return { key, before }
}

/** @throws MORTISE_INPUT_INVALID for none, or one that cannot be granted */
export function requireGrantable(permissions: readonly GrantablePermission[]): void {
  const stranger = permissions.find((permission) => !grantablePermissions.includes(permission))
  if (permissions.length > 0 && stranger === undefined) return
  throw new MortiseError(
    'MORTISE_INPUT_INVALID',
    `${stranger ?? 'nothing'} cannot be granted: give some of ${grantablePermissions.join(', ')}`,
  )
}
