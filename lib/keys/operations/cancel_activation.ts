import type { ObjectOperation } from '../../operation/index.js'
import { requireUndoable } from '../dates.js'
import { type ObjectInfo, objectInfo } from '../info.js'
import { changedRow, managed } from '../row.js'
import type { KeyServices } from '../services.js'

export interface CancelActivationInput {
  /** Id or name. */
  readonly object: string
  /** The activation date that is to be gone, as the activation answered it: another one is not taken back. */
  readonly activated: string
}

/**
 * Makes an object PreActive again that was activated a moment ago, where that was part of something that failed as a whole. Its leases
 * end.
 *
 * @throws MORTISE_KEY_STATE where it was activated at another time, or more than a minute ago
 */
export const cancelActivation: ObjectOperation<KeyServices, CancelActivationInput, ObjectInfo> = {
  name: 'CancelActivation',
  permission: 'Activate',
  durability: 'synced',
  states: ['Active'],
  purposes: ['general'],
  target: (input) => input,
  async prepare(services, _actor, { activated }, object) {
    const now = services.clock.now()
    requireUndoable(object.values.activated, activated, now)
    const row = changedRow(services.barrier, object, {
      state: 'PreActive',
      values: { activated: undefined, changed: now },
    })
    return {
      answer: objectInfo(managed(row)),
      rows: { objects: [{ row }] },
      ends: [{ object: object.id, principal: null }],
    }
  },
}
