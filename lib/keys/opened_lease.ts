import type { ProviderKey } from '../hsm/index.js'
import type { LeaseBinding } from '../native/index.js'
import type { ManagedObject } from '../operation/index.js'
import { protectsUntil } from './dates.js'
import type { KeyServices } from './services.js'
import type { LeaseCounter } from './usage.js'

/** A native lease, with what is needed to extend it. */
export interface OpenedLease<L> {
  readonly lease: L
  readonly object: ManagedObject
  /** What its uses are reserved against, if they are. */
  readonly reserved: Reservation | null
}

export interface Reservation {
  /** Uses that the reservation before has added. */
  readonly block: number
  readonly counter: LeaseCounter
}

/** A lease with uses that are reserved for it. */
interface ReservedLease<L> extends OpenedLease<L> {
  readonly reserved: Reservation
}

/**
 * Opens a native lease with a first block of uses, and the parts of what `prepare` answers that follow from it. One whose uses count
 * against the key's limits protects, in the sense of {@link binding}.
 */
export async function openLease<L extends { end(): void }>(
  services: KeyServices,
  principal: string,
  object: ManagedObject,
  counter: LeaseCounter,
  open: (key: ProviderKey, bound: LeaseBinding) => L,
) {
  const block = await services.usage.leaseBlock(object, counter)
  const reservation = await services.usage.reserve(object, counter, block)
  const bound = binding(services, principal, object, block, counter.limited)
  const lease = open(services.provider(object.provider).open(object), bound)
  const opened: ReservedLease<L> = { lease, object, reserved: { block, counter } }
  return { opened, rows: { records: [reservation] }, abandon: () => lease.end() }
}

/**
 * What a native lease on an object is bound to. One that protects ends when a date of the key says so, by a clock that
 * nobody sets.
 */
export function binding(
  services: KeyServices,
  principal: string,
  object: ManagedObject,
  uses: number,
  protects: boolean,
) {
  const until = protects ? protectsUntil(object) : Number.POSITIVE_INFINITY
  return {
    manager: services.manager,
    store: services.store.id,
    object: object.id,
    principal,
    keyVersion: object.serial,
    uses,
    milliseconds: services.leaseMilliseconds,
    ...(until !== Number.POSITIVE_INFINITY && { lifetime: Math.max(0, until - services.clock.now()) }),
  }
}
