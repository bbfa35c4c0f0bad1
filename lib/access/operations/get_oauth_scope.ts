import type { SystemOperation } from '../../operation/index.js'
import type { OAuthScope } from '../registered_scopes.js'
import type { AccessServices } from '../services.js'

export interface OAuthScopeName {
  readonly scope: string
}

/** @throws MORTISE_OAUTH_SCOPE_NOT_FOUND */
export const getOAuthScope: SystemOperation<AccessServices, OAuthScopeName, OAuthScope> = {
  name: 'GetOAuthScope',
  permission: 'PrincipalRead',
  durability: 'written',
  async prepare({ registeredScopes }, _actor, { scope }) {
    const { value } = await registeredScopes.read(scope)
    return { answer: value, detail: { scope } }
  },
}
