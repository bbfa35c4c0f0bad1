import { type Prepared, pageLimit, type SystemOperation } from '../../operation/index.js'
import type { AccessServices } from '../services.js'
import type { Token } from '../tokens.js'
import { nextPage, type PageInput } from './page.js'

export interface ListTokensInput extends PageInput {
  /** Id or name. */
  readonly principal: string
}

export interface TokenPage {
  /** In the order of their ids; those that have expired are gone. */
  readonly tokens: readonly Token[]
  readonly next: string | null
}

/** @throws MORTISE_PRINCIPAL_NOT_FOUND, MORTISE_INPUT_INVALID */
export const listTokens: SystemOperation<AccessServices, ListTokensInput, TokenPage> = {
  name: 'ListTokens',
  permission: 'TokenManage',
  durability: 'written',
  async prepare(services, _actor, input) {
    const { id } = await services.principals.find(input.principal)
    return list(services, id, input)
  },
}

/** @throws MORTISE_INPUT_INVALID */
export const listOwnTokens: SystemOperation<AccessServices, PageInput, TokenPage> = {
  name: 'ListOwnTokens',
  permission: 'SelfManage',
  durability: 'written',
  async prepare(services, actor, input) {
    return list(services, actor.id, input)
  },
}

async function list(
  services: AccessServices,
  principal: string,
  input: PageInput,
): Promise<Prepared<TokenPage>> {
  const limit = pageLimit(input)
  const tokens = await services.tokens.of(principal, limit, input.after)
  return { answer: { tokens, next: nextPage(tokens, limit) }, detail: { principal, count: tokens.length } }
}
