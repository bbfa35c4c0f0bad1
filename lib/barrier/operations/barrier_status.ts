import type { SystemOperation } from '../../operation/index.js'
import type { KeyringState } from '../barrier.js'
import type { BarrierServices } from './services.js'

export interface BarrierStatus {
  /** Ids of the root keys that the keyring is wrapped with: more than one while a rotation is not finished. */
  readonly roots: readonly string[]
  /** The keyring as this process has it, oldest first. */
  readonly keyring: readonly {
    readonly version: number
    /** Milliseconds since 1970. */
    readonly created: number
    readonly state: KeyringState
  }[]
}

/** What the store is sealed with. */
export const barrierStatus: SystemOperation<BarrierServices, object, BarrierStatus> = {
  name: 'BarrierStatus',
  permission: 'BarrierManage',
  durability: 'written',
  async prepare({ barrier }) {
    const roots = (await barrier.wrappings.all()).map(({ key }) => key)
    return { answer: { roots, keyring: barrier.keyringVersions } }
  },
}
