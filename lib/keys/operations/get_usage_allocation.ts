import { MortiseError } from '../../errors/index.js'
import type { ObjectOperation } from '../../operation/index.js'
import { protectsUntil } from '../dates.js'
import { protectStates } from '../lifecycle.js'
import type { KeyServices } from '../services.js'

export interface GetUsageAllocationInput {
  /** Id or name of a key with usage limits. */
  readonly object: string
  /** How much the client will protect, in the unit of the limits. */
  readonly count: number
}

export interface UsageAllocation {
  readonly id: string
  readonly count: number
}

/** Takes a part of the usage limits of a key for a client that uses the key itself (KMIP 2.1, Get Usage Allocation). */
export const getUsageAllocation: ObjectOperation<KeyServices, GetUsageAllocationInput, UsageAllocation> = {
  name: 'GetUsageAllocation',
  permission: 'GetUsageAllocation',
  durability: 'synced',
  states: protectStates,
  purposes: ['general'],
  target: (input) => input,
  async prepare(services, _actor, { count }, object) {
    if (!object.values.usageLimits)
      throw new MortiseError('MORTISE_ATTRIBUTE_NOT_FOUND', 'the key has no usage limits')
    if (!Number.isSafeInteger(count) || count < 1)
      throw new MortiseError('MORTISE_INPUT_INVALID', 'ask for one unit of the usage limits or more')
    if (protectsUntil(object) <= services.clock.now()) throw new MortiseError('MORTISE_KEY_PERIOD')
    return {
      answer: { id: object.id, count },
      rows: { records: [await services.usage.allocate(object, count)] },
      detail: { count },
    }
  },
}
