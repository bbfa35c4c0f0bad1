import type { ManagedObject, ObjectWrite } from '../operation/index.js'
import { materialLeft } from './on_token.js'
import { changedRow } from './row.js'
import type { KeyServices } from './services.js'

/**
 * What becomes of an object that goes with something else, whatever it was used for. Where it may be on a token, {@link removalsFromTokens}
 * go with it.
 */
export function destroyedRow(
  { barrier, clock }: Pick<KeyServices, 'barrier' | 'clock'>,
  object: ManagedObject,
): ObjectWrite {
  return {
    row: changedRow(barrier, object, {
      state: object.state === 'Compromised' ? 'DestroyedCompromised' : 'Destroyed',
      material: materialLeft(object),
      values: { destroyed: clock.now() },
    }),
  }
}
