import type { ObjectOperation } from '../../operation/index.js'
import { requireUndoable, stateAt } from '../dates.js'
import { type ObjectInfo, objectInfo } from '../info.js'
import { changedRow, managed } from '../row.js'
import type { KeyServices } from '../services.js'

export interface CancelRevocationInput {
  /** Id or name. */
  readonly object: string
  /** The date that the revocation has answered, of the deactivation or of the compromise: another one is not taken back. */
  readonly revoked: string
  /** The deactivation date that there was before, if there was one. */
  readonly deactivated?: string
}

/**
 * Takes a revocation of a moment ago back that was part of something that failed as a whole: the object is in the state that its dates
 * bring it to. Who may only revoke cannot; nor can anybody later, so that a compromised key stays one.
 *
 * @throws MORTISE_KEY_STATE where it was revoked at another time, or more than a minute ago
 */
export const cancelRevocation: ObjectOperation<KeyServices, CancelRevocationInput, ObjectInfo> = {
  name: 'CancelRevocation',
  permission: () => ['Revoke', 'Activate'],
  durability: 'synced',
  states: ['Deactivated', 'Compromised'],
  purposes: ['general'],
  whileDoomed: true,
  archived: true,
  target: (input) => input,
  async prepare(services, _actor, { revoked, deactivated }, object) {
    const now = services.clock.now()
    const { compromised } = object.values
    requireUndoable(compromised ?? object.values.deactivated, revoked, now)
    const values = {
      compromised: undefined,
      compromiseOccurred: undefined,
      revocationReason: undefined,
      revocationMessage: undefined,
      deactivated: deactivated === undefined ? undefined : Date.parse(deactivated),
      changed: now,
    }
    const before = { ...object.values, deactivated: values.deactivated } as typeof object.values
    const row = changedRow(services.barrier, object, {
      state: stateAt({ state: 'PreActive', values: before }, now),
      values,
    })
    return { answer: objectInfo(managed(row)), rows: { objects: [{ row }] }, detail: { state: row.state } }
  },
}
