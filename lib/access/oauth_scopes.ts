import { MortiseError } from '../errors/index.js'
import type { Subject } from '../operation/index.js'
import type { ClientFields } from './oauth_client_fields.js'
import { defaultScope, mayHave } from './registered_scopes.js'
import type { AccessServices } from './services.js'

export interface ScopesAsked {
  /** None: what is usual. */
  readonly asked: readonly string[]
  readonly client: Required<Pick<ClientFields, 'scopes'>>
  /** Whom the token is for; null: the client itself. */
  readonly user: Subject | null
}

/**
 * What a token is for of what was asked (RFC 6749 section 3.3): scopes that are registered, or that the client is registered with, but for those
 * that are bound to roles which the user has none of. A client has no role. What is usual is left where nothing else is.
 *
 * @returns with blanks between
 * @throws MORTISE_INPUT_INVALID for a scope that there is none of
 */
export async function grantedScopes(
  { registeredScopes }: AccessServices,
  { asked, client, user }: ScopesAsked,
): Promise<string> {
  const granted: string[] = []
  for (const name of new Set(asked)) {
    const scope = name === defaultScope ? undefined : await registeredScopes.get(name)
    if (!scope && name !== defaultScope && !client.scopes.includes(name)) throw unknownScope(name)
    if (!scope || mayHave(scope, user)) granted.push(name)
  }
  return granted.length === 0 ? defaultScope : granted.join(' ')
}

export function unknownScope(scope: string): MortiseError {
  return new MortiseError(
    'MORTISE_INPUT_INVALID',
    `there is no scope ${scope}, and the client has none: ask for ${defaultScope}, or register it`,
    {
      details: { error: 'invalid_scope' },
    },
  )
}
