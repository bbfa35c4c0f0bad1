import { MortiseError } from '../../errors/index.js'
import {
  type GrantablePermission,
  grantablePermissions,
  type Scope,
  type ScopedGrant,
  type SystemOperation,
} from '../../operation/index.js'
import { checkedScope, scopeText } from '../scope.js'
import { scopesOfGrantee } from '../scoped_grants.js'
import type { AccessServices } from '../services.js'
import { requireGrantOn } from './cover.js'
import { type Grantee, granteeKey, requireGrantable } from './grantee.js'

export interface GrantOnScopeInput {
  readonly scope: Scope
  readonly grantee: Grantee
  /** What is added to what the grantee has on the scope; at least one. */
  readonly permissions: readonly GrantablePermission[]
}

/**
 * Grants permissions on every key of a scope, whoever owns it, those to come as well.
 *
 * @throws MORTISE_PRINCIPAL_NOT_FOUND, MORTISE_GROUP_NOT_FOUND, MORTISE_INPUT_INVALID, MORTISE_ACCESS_DENIED for somebody
 *   whose roles do not let it grant on all of the scope
 */
export const grantOnScope: SystemOperation<AccessServices, GrantOnScopeInput, ScopedGrant> = {
  name: 'GrantOnScope',
  permission: 'GrantManage',
  durability: 'synced',
  async prepare(services, actor, input) {
    const { scopedGrants } = services
    requireGrantable(input.permissions)
    const scope = checkedScope(input.scope)
    requireGrantOn(actor, scope)
    const key = await granteeKey(services, input.grantee)
    const before = await scopedGrants.read({ ...key, scope })
    if (!before && (await scopedGrants.list(scopesOfGrantee, undefined, key)).length >= scopesOfGrantee) {
      throw new MortiseError('MORTISE_INPUT_INVALID', `a grantee can have ${scopesOfGrantee} scopes`)
    }
    const permissions = grantablePermissions.filter(
      (permission) =>
        input.permissions.includes(permission) || before?.value.permissions.includes(permission),
    )
    return {
      answer: { ...key, scope, permissions },
      rows: { records: [scopedGrants.write({ ...key, scope }, permissions, before)], newEpoch: true },
      detail: { ...key, scope: scopeText(scope), permissions: input.permissions },
    }
  },
}
