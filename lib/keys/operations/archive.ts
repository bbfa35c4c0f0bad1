import type { ObjectOperation } from '../../operation/index.js'
import { type ObjectInfo, objectInfo } from '../info.js'
import { livingStates } from '../lifecycle.js'
import { changedRow, managed } from '../row.js'
import type { KeyServices } from '../services.js'

export interface ArchiveInput {
  /** Id or name. */
  readonly object: string
}

/** Takes an object out of use until it is recovered, in whatever state (KMIP 2.1 section 6.1.4). Its leases end. */
export const archive: ObjectOperation<KeyServices, ArchiveInput, ObjectInfo> = {
  name: 'Archive',
  permission: 'Archive',
  durability: 'synced',
  states: livingStates,
  purposes: ['general'],
  target: (input) => input,
  async prepare(services, _actor, _input, object) {
    const now = services.clock.now()
    const row = changedRow(services.barrier, object, { values: { archived: now, changed: now } })
    return {
      answer: objectInfo(managed(row)),
      rows: { objects: [{ row }] },
      ends: [{ object: object.id, principal: null }],
    }
  },
}
