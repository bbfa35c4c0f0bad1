import { MortiseError } from '../../errors/index.js'
import type { AuditDetail, SystemOperation } from '../../operation/index.js'
import { type NewOAuthScope, newOAuthScope, type OAuthScope } from '../registered_scopes.js'
import type { AccessServices } from '../services.js'

/**
 * Registers a scope that APIs share: from then on tokens may have it.
 *
 * @throws MORTISE_OAUTH_SCOPE_EXISTS, MORTISE_INPUT_INVALID
 */
export const registerOAuthScope: SystemOperation<AccessServices, NewOAuthScope, OAuthScope> = {
  name: 'RegisterOAuthScope',
  permission: 'PrincipalManage',
  durability: 'synced',
  async prepare({ registeredScopes }, _actor, input) {
    const scope = newOAuthScope(input)
    if (await registeredScopes.get(scope.name))
      throw new MortiseError('MORTISE_OAUTH_SCOPE_EXISTS', `there is a scope ${scope.name} already`)
    return {
      answer: scope,
      rows: { records: [registeredScopes.write(scope, 1)] },
      detail: oauthScopeDetail(scope),
    }
  },
}

export function oauthScopeDetail({ name, bindings, api }: OAuthScope): AuditDetail {
  return { scope: name, bindings, ...(api !== null && { api }) }
}
