import { MortiseError } from '../../errors/index.js'
import type { ObjectOperation } from '../../operation/index.js'
import { type ObjectInfo, objectInfo } from '../info.js'
import { livingStates } from '../lifecycle.js'
import { changedRow, managed } from '../row.js'
import type { KeyServices } from '../services.js'

export interface RecoverInput {
  /** Id or name. */
  readonly object: string
}

/** Brings an archived object back, in the state that it has by then (KMIP 2.1 section 6.1.42). */
export const recover: ObjectOperation<KeyServices, RecoverInput, ObjectInfo> = {
  name: 'Recover',
  permission: 'Recover',
  durability: 'synced',
  states: livingStates,
  purposes: ['general'],
  archived: true,
  target: (input) => input,
  async prepare(services, _actor, _input, object) {
    if (object.values.archived === undefined)
      throw new MortiseError('MORTISE_KEY_STATE', 'the object is not archived')
    const values = { archived: undefined, changed: services.clock.now() }
    const row = changedRow(services.barrier, object, { values })
    return { answer: objectInfo(managed(row)), rows: { objects: [{ row }] } }
  },
}
