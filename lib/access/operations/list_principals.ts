import { type Principal, pageLimit, type SystemOperation } from '../../operation/index.js'
import type { AccessServices } from '../services.js'
import { nextPage, type PageInput } from './page.js'

export interface PrincipalPage {
  /** In the order of their ids. */
  readonly principals: readonly Principal[]
  readonly next: string | null
}

/** @throws MORTISE_INPUT_INVALID */
export const listPrincipals: SystemOperation<AccessServices, PageInput, PrincipalPage> = {
  name: 'ListPrincipals',
  permission: 'PrincipalRead',
  durability: 'written',
  async prepare(services, _actor, input) {
    const limit = pageLimit(input)
    const principals = await services.principals.list(limit, input.after)
    return { answer: { principals, next: nextPage(principals, limit) }, detail: { count: principals.length } }
  },
}
