import type { SystemOperation } from '../../operation/index.js'
import type { OAuthScope } from '../registered_scopes.js'
import type { AccessServices } from '../services.js'
import type { OAuthScopeName } from './get_oauth_scope.js'
import { oauthScopeDetail } from './register_oauth_scope.js'

/**
 * Deletes a scope: no token gets it any more. APIs that ask for it still do, so that nobody comes in there who has no older token.
 *
 * @throws MORTISE_OAUTH_SCOPE_NOT_FOUND
 */
export const deleteOAuthScope: SystemOperation<AccessServices, OAuthScopeName, OAuthScope> = {
  name: 'DeleteOAuthScope',
  permission: 'PrincipalManage',
  durability: 'synced',
  async prepare({ registeredScopes }, _actor, { scope }) {
    const before = await registeredScopes.read(scope)
    return {
      answer: before.value,
      rows: { records: [registeredScopes.remove(before)] },
      detail: oauthScopeDetail(before.value),
    }
  },
}
