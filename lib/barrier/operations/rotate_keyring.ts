import { MortiseError } from '../../errors/index.js'
import type { SystemOperation } from '../../operation/index.js'
import type { Keyring } from '../keyring.js'
import { type Wrapped, wrappingRow } from '../wrappings.js'
import type { BarrierServices } from './services.js'

export interface KeyringStep {
  readonly version: number
  /** `pending`: every process is to learn of it before it is used. `active`: it seals from now on. */
  readonly state: 'pending' | 'active'
}

/**
 * One of the two steps of a rotation of the keyring: adds a version that nothing is sealed with yet, or makes the one
 * that was added the active one, with a new epoch, so that what was prepared under the one before is prepared again.
 *
 * @throws MORTISE_BARRIER_ROTATION while a rotation of the root key is not finished
 */
export const rotateKeyring: SystemOperation<BarrierServices, object, KeyringStep> = {
  name: 'RotateKeyring',
  permission: 'BarrierManage',
  durability: 'synced',
  async prepare(services) {
    await requireOneWrapping(services)
    return services.barrier.wrappings.opened((wrapped) => {
      const pending = wrapped.keyring.pending
      const next = pending
        ? wrapped.keyring.withActivated()
        : wrapped.keyring.withPending(services.clock.now())
      const version = next.versions.at(-1)?.version as number
      const step: KeyringStep = { version, state: pending ? 'active' : 'pending' }
      return {
        answer: step,
        rows: { records: [rewrap(services, wrapped, next)], newEpoch: pending !== undefined },
        detail: { ...step },
      }
    })
  },
}

/** @throws MORTISE_BARRIER_ROTATION */
export async function requireOneWrapping({ barrier }: BarrierServices): Promise<void> {
  if ((await barrier.wrappings.all()).length > 1) throw new MortiseError('MORTISE_BARRIER_ROTATION')
}

/** The write that stores another keyring under the same root key. The keyring is closed. */
export function rewrap({ store }: BarrierServices, { root, record }: Wrapped, keyring: Keyring) {
  const row = wrappingRow(store.id, root, keyring, record.version + 1)
  keyring.close()
  return { row }
}
