import {
  type GrantablePermission,
  grantablePermissions,
  type ScopedGrant,
  type SystemOperation,
} from '../../operation/index.js'
import { checkedScope, scopeText } from '../scope.js'
import type { AccessServices } from '../services.js'
import { requireGrantOn } from './cover.js'
import type { GrantOnScopeInput } from './grant_on_scope.js'
import { formerGranteeKey, requireGrantable } from './grantee.js'

export interface WithdrawOnScopeInput extends Pick<GrantOnScopeInput, 'scope' | 'grantee'> {
  /** What is taken from what the grantee has on the scope. Default everything. */
  readonly permissions?: readonly GrantablePermission[]
}

/**
 * Takes permissions on a scope back; leases that rest on them end at once. Withdrawing what was not granted is no error.
 *
 * @throws MORTISE_PRINCIPAL_NOT_FOUND, MORTISE_GROUP_NOT_FOUND, MORTISE_INPUT_INVALID, MORTISE_ACCESS_DENIED for somebody
 *   whose roles do not let it grant on all of the scope
 */
export const withdrawOnScope: SystemOperation<AccessServices, WithdrawOnScopeInput, ScopedGrant> = {
  name: 'WithdrawOnScope',
  permission: 'GrantManage',
  durability: 'synced',
  async prepare(services, actor, { grantee, permissions: taken = grantablePermissions, ...input }) {
    const { scopedGrants } = services
    requireGrantable(taken)
    const scope = checkedScope(input.scope)
    requireGrantOn(actor, scope)
    const key = await formerGranteeKey(services, grantee)
    const before = await scopedGrants.read({ ...key, scope })
    const permissions = grantablePermissions.filter(
      (permission) => before?.value.permissions.includes(permission) && !taken.includes(permission),
    )
    const answer = { ...key, scope, permissions }
    const detail = { ...key, scope: scopeText(scope), permissions: taken }
    if (!before) return { answer, detail }
    const row = scopedGrants.write({ ...key, scope }, permissions, before)
    return { answer, rows: { records: [row], newEpoch: true }, detail, recheck: true }
  },
}
