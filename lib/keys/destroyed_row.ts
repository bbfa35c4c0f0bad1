import type { ManagedObject, ObjectWrite } from '../operation/index.js'
import { changedRow } from './row.js'
import type { KeyServices } from './services.js'

/** What becomes of an object that goes with something else, whatever it was used for. */
export function destroyedRow(
  { barrier, clock }: Pick<KeyServices, 'barrier' | 'clock'>,
  object: ManagedObject,
): ObjectWrite {
  return {
    row: changedRow(barrier, object, {
      state: object.state === 'Compromised' ? 'DestroyedCompromised' : 'Destroyed',
      material: null,
      values: { destroyed: clock.now() },
    }),
  }
}
