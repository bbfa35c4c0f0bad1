import type { ObjectOperation } from '../../operation/index.js'
import { attributesOf, leaseSeconds } from '../attributes/index.js'
import type { KeyServices } from '../services.js'

export interface ObtainLeaseInput {
  /** Id or name. */
  readonly object: string
}

export interface ObtainedLease {
  readonly id: string
  /** Seconds for which the client may go on with what it has of the object before it asks again. */
  readonly seconds: number
  /** ISO 8601: what the client has from before then is old. */
  readonly lastChange: string
}

/**
 * How long a client that keeps a copy of an object may use it (KMIP 2.1, Obtain Lease). It is a promise of the client: nobody else
 * holds it to that.
 */
export const obtainLease: ObjectOperation<KeyServices, ObtainLeaseInput, ObtainedLease> = {
  name: 'ObtainLease',
  permission: 'GetAttributes',
  durability: 'written',
  // Nobody is to go on with a key that others have.
  states: ['PreActive', 'Active', 'Deactivated'],
  purposes: ['general'],
  target: (input) => input,
  async prepare(_services, _actor, _input, object) {
    const { LastChangeDate } = attributesOf(object, ['LastChangeDate'])
    return {
      answer: { id: object.id, seconds: leaseSeconds, lastChange: String(LastChangeDate) },
      detail: { seconds: leaseSeconds },
    }
  },
}
