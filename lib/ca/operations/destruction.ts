import { changedRow } from '../../keys/index.js'
import type { ManagedObject, ObjectWrite } from '../../operation/index.js'
import type { CaServices } from '../services.js'

/** What becomes of a key or certificate that goes for ever. */
export function destroyedRow(
  { barrier, clock }: Pick<CaServices, 'barrier' | 'clock'>,
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
