import { MortiseError } from '../../errors/index.js'
import {
  type GrantablePermission,
  type GrantRow,
  grantablePermissions,
  type Purpose,
  type State,
  states,
} from '../../operation/index.js'
import type { GranteeKey } from '../scoped_grants.js'
import type { AccessServices } from '../services.js'

/** To whom a grant is given: a principal or a group by id or name, or every enabled principal. */
export type Grantee =
  | { readonly principal: string }
  | { readonly group: string }
  | { readonly everyone: true }

/** What the grants operations work on: keys, those of applications and certificate authorities, until they are destroyed. */
export const grantPurposes: readonly Purpose[] = ['general', 'ca', 'keymanager']
export const grantStates: readonly State[] = states.filter(
  (state) => state !== 'Destroyed' && state !== 'DestroyedCompromised',
)

/** @throws MORTISE_PRINCIPAL_NOT_FOUND, MORTISE_GROUP_NOT_FOUND, MORTISE_BARRIER_INTEGRITY */
export async function granteeKey(
  { principals, groups }: AccessServices,
  grantee: Grantee,
): Promise<GranteeKey> {
  if ('everyone' in grantee) return { granteeKind: 'everyone', grantee: '' }
  if ('group' in grantee) return { granteeKind: 'group', grantee: (await groups.find(grantee.group)).id }
  return { granteeKind: 'principal', grantee: (await principals.read(grantee.principal)).key }
}

/** The same for who is to lose something: a group may be gone and be known by its id alone. */
export async function formerGranteeKey(services: AccessServices, grantee: Grantee): Promise<GranteeKey> {
  const id = 'group' in grantee ? await services.groups.identify(grantee.group) : undefined
  return id === undefined ? granteeKey(services, grantee) : { granteeKind: 'group', grantee: id }
}

/** The grant that the store has there now. @throws MORTISE_BARRIER_INTEGRITY */
export async function readGrant(
  { grants }: AccessServices,
  { object, granteeKind, grantee }: Pick<GrantRow, 'object' | 'granteeKind' | 'grantee'>,
): Promise<GrantRow | undefined> {
  return (await grants.read(object)).find((row) => row.granteeKind === granteeKind && row.grantee === grantee)
}

/** For people: the name of a principal or group; null for everyone, and for a group that is gone. */
export async function granteeName(
  { principals, groups }: AccessServices,
  { granteeKind, grantee }: GranteeKey,
): Promise<string | null> {
  if (granteeKind === 'everyone') return null
  const found = await (granteeKind === 'group' ? groups : principals).get(grantee)
  return found?.name ?? null
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
