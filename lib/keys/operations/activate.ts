import type { ObjectOperation } from '../../operation/index.js'
import { type ObjectInfo, objectInfo } from '../info.js'
import { nextState, statesFor } from '../lifecycle.js'
import { changedRow, managed } from '../row.js'
import type { KeyServices } from '../services.js'

export interface ActivateInput {
  /** Id or name. */
  readonly object: string
}

/** Makes a PreActive object usable (KMIP 2.1 section 6.1.1). */
export const activate: ObjectOperation<KeyServices, ActivateInput, ObjectInfo> = {
  name: 'Activate',
  permission: 'Activate',
  durability: 'synced',
  states: statesFor('activate'),
  purposes: ['general'],
  target: (input) => input,
  async prepare(services, _actor, _input, object) {
    const now = services.clock.now()
    const row = changedRow(services.barrier, object, {
      state: nextState(object.state, 'activate'),
      values: { activated: now, changed: now },
    })
    return { answer: objectInfo(managed(row)), rows: { objects: [{ row }] } }
  },
}
