import { type Group, pageLimit, type SystemOperation } from '../../operation/index.js'
import { systemGroups } from '../builtin.js'
import type { AccessServices } from '../services.js'
import type { PageInput } from './page.js'

export interface GroupPage {
  /** The system's groups first, on the first page and beside its limit; then the others in the order of their names. */
  readonly groups: readonly Group[]
  readonly next: string | null
}

/** @throws MORTISE_INPUT_INVALID */
export const listGroups: SystemOperation<AccessServices, PageInput, GroupPage> = {
  name: 'ListGroups',
  permission: 'PrincipalRead',
  durability: 'written',
  async prepare(services, _actor, input) {
    const limit = pageLimit(input)
    const own = await services.groups.list(limit, input.after)
    const groups = input.after === undefined ? [...systemGroups, ...own] : own
    const next = own.length < limit ? null : (own.at(-1)?.name ?? null)
    return { answer: { groups, next }, detail: { count: groups.length } }
  },
}
