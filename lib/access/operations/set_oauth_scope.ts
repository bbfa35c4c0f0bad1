import type { SystemOperation } from '../../operation/index.js'
import { type NewOAuthScope, newOAuthScope, type OAuthScope } from '../registered_scopes.js'
import type { AccessServices } from '../services.js'
import { oauthScopeDetail } from './register_oauth_scope.js'

/** What may be changed of a scope. Undefined fields stay as they are. */
export type OAuthScopeChanges = Omit<NewOAuthScope, 'name'>

/**
 * Changes a scope. Tokens that have it keep it until they end.
 *
 * @throws MORTISE_OAUTH_SCOPE_NOT_FOUND, MORTISE_INPUT_INVALID
 */
export const setOAuthScope: SystemOperation<
  AccessServices,
  OAuthScopeChanges & { readonly scope: string },
  OAuthScope
> = {
  name: 'SetOAuthScope',
  permission: 'PrincipalManage',
  durability: 'synced',
  async prepare({ registeredScopes }, _actor, { scope: name, ...changes }) {
    const { value, version } = await registeredScopes.read(name)
    const scope = newOAuthScope({ ...value, ...changes }, value.api)
    return {
      answer: scope,
      rows: { records: [registeredScopes.write(scope, version + 1)] },
      detail: oauthScopeDetail(scope),
    }
  },
}
