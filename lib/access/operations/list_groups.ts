import type { SystemOperation } from '../../operation/index.js'
import type { AccessServices } from '../services.js'
import { type GroupEntry, groupEntry } from './get_group.js'
import { checkedSkip, type SkipInput } from './page.js'

export interface GroupPage {
  /** In the order of their names, whatever their case. */
  readonly groups: readonly GroupEntry[]
  /** How many there are, on whatever page. */
  readonly total: number
}

/** @throws MORTISE_INPUT_INVALID */
export const listGroups: SystemOperation<AccessServices, SkipInput, GroupPage> = {
  name: 'ListGroups',
  permission: 'PrincipalRead',
  durability: 'written',
  async prepare(services, _actor, input) {
    const { skip, limit } = checkedSkip(input)
    const { groups, total } = await services.groups.list(skip, limit)
    const entries = await Promise.all(groups.map((group) => groupEntry(services, group)))
    return { answer: { groups: entries, total }, detail: { count: entries.length } }
  },
}
