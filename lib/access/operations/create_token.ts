import type { Prepared, SystemOperation } from '../../operation/index.js'
import type { AccessServices } from '../services.js'
import { type IssuedToken, newToken } from '../tokens.js'
import { requireRightsOfPrincipal } from './cover.js'

export interface CreateOwnTokenInput {
  /** At most 255 characters. Default empty. */
  readonly label?: string
  /** Milliseconds since 1970 from which it is no longer accepted. Default null: never. */
  readonly expires?: number | null
}

export interface CreateTokenInput extends CreateOwnTokenInput {
  /** Id or name. */
  readonly principal: string
}

/**
 * An API token for somebody. The answer is the only place where its text ever stands.
 *
 * @throws MORTISE_PRINCIPAL_NOT_FOUND, MORTISE_INPUT_INVALID, MORTISE_ACCESS_DENIED for rights that the actor lacks
 */
export const createToken: SystemOperation<AccessServices, CreateTokenInput, IssuedToken> = {
  name: 'CreateToken',
  permission: 'TokenManage',
  durability: 'synced',
  async prepare(services, actor, input) {
    const { value: principal } = await services.principals.read(input.principal)
    await requireRightsOfPrincipal(services, actor, principal)
    return issue(services, principal.id, input)
  },
}

/**
 * An API token for oneself.
 *
 * @throws MORTISE_INPUT_INVALID
 */
export const createOwnToken: SystemOperation<AccessServices, CreateOwnTokenInput, IssuedToken> = {
  name: 'CreateOwnToken',
  permission: 'SelfManage',
  durability: 'synced',
  async prepare(services, actor, input) {
    return issue(services, actor.id, input)
  },
}

function issue(
  { barrier, clock }: AccessServices,
  principal: string,
  { label = '', expires = null }: CreateOwnTokenInput,
): Prepared<IssuedToken> {
  const { token, row } = newToken(barrier, clock.now(), { principal, label, expires })
  return { answer: token, rows: { records: [row] }, detail: { token: token.id, principal, label, expires } }
}
