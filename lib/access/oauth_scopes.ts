import { MortiseError } from '../errors/index.js'
import type { Subject } from '../operation/index.js'
import type { ClientFields } from './oauth_client_fields.js'
import type { AccessServices } from './services.js'

/** What every client may ask for, and gets that asks for nothing. */
export const usualScope = 'default'

export interface ScopesAsked {
  /** None: what is usual. */
  readonly asked: readonly string[]
  readonly client: Required<Pick<ClientFields, 'scopes'>>
  /** Whom the token is for; null: the client itself. */
  readonly user: Subject | null
}

/**
 * What a token is for of what was asked (RFC 6749 section 3.3): what the client was registered with.
 *
 * @returns with blanks between
 * @throws MORTISE_INPUT_INVALID for a scope that the client does not have
 */
export async function grantedScopes(
  _services: AccessServices,
  { asked, client }: ScopesAsked,
): Promise<string> {
  const wanted = asked.length === 0 ? [usualScope] : [...new Set(asked)]
  for (const scope of wanted)
    if (scope !== usualScope && !client.scopes.includes(scope)) throw unknownScope(scope)
  return wanted.join(' ')
}

export function unknownScope(scope: string): MortiseError {
  return new MortiseError(
    'MORTISE_INPUT_INVALID',
    `the client has no scope ${scope}: ask for ${usualScope}`,
    {
      details: { error: 'invalid_scope' },
    },
  )
}
