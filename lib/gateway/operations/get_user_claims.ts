import { MortiseError } from '../../errors/index.js'
import type { SystemOperation } from '../../operation/index.js'
import type { GatewayServices } from '../services.js'
import { claimName, usualDialect } from '../user_claims.js'

export interface GetUserClaimsInput {
  /** Name of the principal; with a user store before it or a tenant behind it as well: `PRIMARY/bob@carbon.super`. */
  readonly username: string
  /** What stands before the names of claims; empty for nothing. Default {@link usualDialect}. */
  readonly dialect?: string
}

export interface UserClaim {
  readonly uri: string
  readonly value: string
}

/** What the directory says of a user, for whoever may know principals. @throws MORTISE_PRINCIPAL_NOT_FOUND */
export const getUserClaims: SystemOperation<GatewayServices, GetUserClaimsInput, readonly UserClaim[]> = {
  name: 'GetUserClaims',
  permission: 'PrincipalRead',
  durability: 'written',
  async prepare({ principals, userDirectory }, _actor, { username, dialect = usualDialect }) {
    const id = await principalOf(username, (name) => principals.idOf(name))
    if (id === undefined)
      throw new MortiseError('MORTISE_PRINCIPAL_NOT_FOUND', `there is no user ${JSON.stringify(username)}`)
    const claims = Object.entries(await userDirectory.claims(id))
    return {
      answer: claims.map(([name, value]) => ({ uri: claimName(dialect, name), value })),
      detail: { principal: id },
    }
  },
}

/** Whoever is called exactly so, or so without what WSO2 puts around it. */
async function principalOf(
  username: string,
  idOf: (name: string) => Promise<string | undefined>,
): Promise<string | undefined> {
  const plain = username.slice(username.indexOf('/') + 1)
  const at = plain.lastIndexOf('@')
  for (const name of [username, plain, at > 0 ? plain.slice(0, at) : plain]) {
    const id = await idOf(name)
    if (id !== undefined) return id
  }
  return undefined
}
