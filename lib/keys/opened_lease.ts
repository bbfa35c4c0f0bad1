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
