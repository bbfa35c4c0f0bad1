import { MortiseError } from '../../errors/index.js'
import type { Prepared, SystemOperation } from '../../operation/index.js'
import type { Keyring } from '../keyring.js'
import { type Wrapped, wrappingRow } from '../wrappings.js'
import type { BarrierServices } from './services.js'

export interface KeyringStep {
  readonly version: number
  /** `pending`: every process is to learn of it before it is used. `active`: it seals from now on. */
  readonly state: 'pending' | 'active'
}

export interface RotateKeyringInput {
  /** The version that the first step has answered, for the second step. */
  readonly pending?: number
}

/**
 * One of the two steps of a rotation of the keyring: adds a version that nothing is sealed with yet (or finds one that a rotation
 * which was cut short has left), or makes that one the active one, with a new epoch, so that what was prepared under the one before
 * is prepared again.
 *
 * @throws MORTISE_BARRIER_ROTATION while a rotation of the root key is not finished, MORTISE_INPUT_INVALID for a version that is not there
 */
export const rotateKeyring: SystemOperation<BarrierServices, RotateKeyringInput, KeyringStep> = {
  name: 'RotateKeyring',
  permission: 'BarrierManage',
  durability: 'synced',
  async prepare(services, _actor, input) {
    await requireOneWrapping(services)
    return services.barrier.wrappings.opened((wrapped) =>
      input.pending === undefined ? add(services, wrapped) : activate(services, wrapped, input.pending),
    )
  },
}

function add(services: BarrierServices, wrapped: Wrapped): Prepared<KeyringStep> {
  const { pending } = wrapped.keyring
  if (pending) return done({ version: pending.version, state: 'pending' })
  const next = wrapped.keyring.withPending(services.clock.now())
  const version = next.versions.at(-1)?.version as number
  return { ...done({ version, state: 'pending' }), rows: { records: [rewrap(services, wrapped, next)] } }
}

function activate(services: BarrierServices, wrapped: Wrapped, version: number): Prepared<KeyringStep> {
  const { pending, versions } = wrapped.keyring
  if (!versions.some((one) => one.version === version))
    throw new MortiseError('MORTISE_INPUT_INVALID', `the keyring has no version ${version}`)
  const step = done({ version, state: 'active' })
  // Another process that rotates has come first.
  if (pending?.version !== version) return step
  const next = wrapped.keyring.withActivated()
  return { ...step, rows: { records: [rewrap(services, wrapped, next)], newEpoch: true } }
}

function done(step: KeyringStep): Prepared<KeyringStep> {
  return { answer: step, detail: { ...step } }
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
