import { type ObjectOperation, type State, states } from '../../operation/index.js'
import { type AuthorityInfo, authorityInfo } from '../info.js'
import type { CaServices } from '../services.js'

/** Until it is deleted. */
export const keptStates: readonly State[] = states.filter((state) => !state.startsWith('Destroyed'))

/** What is known of an authority. */
export const getAuthority: ObjectOperation<CaServices, { readonly authority: string }, AuthorityInfo> = {
  name: 'GetAuthority',
  permission: 'Get',
  durability: 'written',
  states: keptStates,
  purposes: ['ca'],
  target: ({ authority }) => ({ object: authority }),
  async prepare({ authorities, clock }, _actor, _input, object) {
    return { answer: authorityInfo(await authorities.of(object), clock.now()) }
  },
}
