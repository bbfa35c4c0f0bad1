import { pageLimit, type SystemOperation } from '../../operation/index.js'
import { type Identity, identityText } from '../identities.js'
import type { AccessServices } from '../services.js'
import type { PageInput } from './page.js'

export interface ListIdentitiesInput extends PageInput {
  /** Id or name. */
  readonly principal: string
}

export interface IdentityPage {
  /** In the order of `connection|subject`. */
  readonly identities: readonly Identity[]
  readonly next: string | null
}

/** Who a principal is outside. @throws MORTISE_PRINCIPAL_NOT_FOUND, MORTISE_INPUT_INVALID */
export const listIdentities: SystemOperation<AccessServices, ListIdentitiesInput, IdentityPage> = {
  name: 'ListIdentities',
  permission: 'PrincipalRead',
  durability: 'written',
  async prepare(services, _actor, input) {
    const limit = pageLimit(input)
    const { id } = await services.principals.find(input.principal)
    const identities = await services.identities.of(id, limit, input.after)
    const last = identities.length < limit ? undefined : identities.at(-1)
    return {
      answer: { identities, next: last ? identityText(last) : null },
      detail: { principal: id, count: identities.length },
    }
  },
}
