import type { ObjectOperation } from '../../operation/index.js'
import { type ObjectInfo, objectInfo } from '../info.js'
import { livingStates, nextState } from '../lifecycle.js'
import { changedRow, managed } from '../row.js'
import type { KeyServices } from '../services.js'

export interface DestroyInput {
  /** Id or name. */
  readonly object: string
}

/**
 * Destroys the key of an object, for ever; what is known of it stays (KMIP 2.1 section 6.1.14). An Active object must be
 * revoked first.
 */
export const destroy: ObjectOperation<KeyServices, DestroyInput, ObjectInfo> = {
  name: 'Destroy',
  permission: 'Destroy',
  durability: 'synced',
  states: livingStates,
  purposes: ['general'],
  target: (input) => input,
  async prepare(services, _actor, _input, object) {
    const row = changedRow(services.barrier, object, {
      state: nextState(object.state, 'destroy'),
      material: null,
      values: { destroyed: services.clock.now() },
    })
    return {
      answer: objectInfo(managed(row)),
      rows: { objects: [{ row }] },
      ends: [{ object: object.id, principal: null }],
      detail: { state: row.state },
    }
  },
}
