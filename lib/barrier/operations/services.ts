import type { Clock } from '../../operation/index.js'
import type { Store } from '../../storage/index.js'
import type { Barrier } from '../barrier.js'

/** What the operations of this folder work with. */
export interface BarrierServices {
  readonly store: Store
  readonly barrier: Barrier
  readonly clock: Clock
}
