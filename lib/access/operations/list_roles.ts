import { pageLimit, type Role, type SystemOperation } from '../../operation/index.js'
import { builtinRoles } from '../builtin.js'
import type { AccessServices } from '../services.js'
import type { PageInput } from './page.js'

export interface RolePage {
  /** The built-in ones first, on the first page and beside its limit; then the others in the order of their names. */
  readonly roles: readonly Role[]
  readonly next: string | null
}

/** @throws MORTISE_INPUT_INVALID */
export const listRoles: SystemOperation<AccessServices, PageInput, RolePage> = {
  name: 'ListRoles',
  permission: 'PrincipalRead',
  durability: 'written',
  async prepare(services, _actor, input) {
    const limit = pageLimit(input)
    const own = await services.roles.list(limit, input.after)
    const roles = input.after === undefined ? [...builtinRoles, ...own] : own
    const next = own.length < limit ? null : (own.at(-1)?.name ?? null)
    return { answer: { roles, next }, detail: { count: roles.length } }
  },
}
