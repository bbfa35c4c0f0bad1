import { pageLimit, type SystemOperation } from '../../operation/index.js'
import type { OAuthScope } from '../registered_scopes.js'
import type { AccessServices } from '../services.js'
import type { PageInput } from './page.js'

export interface OAuthScopePage {
  /** In the order of their names. */
  readonly scopes: readonly OAuthScope[]
  readonly next: string | null
}

/** @throws MORTISE_INPUT_INVALID */
export const listOAuthScopes: SystemOperation<AccessServices, PageInput, OAuthScopePage> = {
  name: 'ListOAuthScopes',
  permission: 'PrincipalRead',
  durability: 'written',
  async prepare({ registeredScopes }, _actor, input) {
    const limit = pageLimit(input)
    const scopes = await registeredScopes.list(limit, input.after)
    const next = scopes.length < limit ? null : (scopes.at(-1)?.name ?? null)
    return { answer: { scopes, next }, detail: { count: scopes.length } }
  },
}
