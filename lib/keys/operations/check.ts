import { MortiseError } from '../../errors/index.js'
import type { ObjectOperation } from '../../operation/index.js'
import { leaseSeconds } from '../attributes/index.js'
import { livingStates } from '../lifecycle.js'
import { usagesOf } from '../row.js'
import type { KeyServices } from '../services.js'

export interface CheckInput {
  /** Id or name. */
  readonly object: string
  /** How much is to be protected, in the unit of the usage limits. */
  readonly count?: number
  /** Usages, of which the mask must have all. */
  readonly usage?: readonly string[]
  /** For how long a lease must last. */
  readonly seconds?: number
}

/**
 * Whether an object may be used as somebody else means to who enforces that itself (KMIP 2.1, Check). Nothing is counted.
 *
 * @throws MORTISE_KEY_USAGE, MORTISE_KEY_USAGE_LIMIT, MORTISE_INPUT_INVALID for a lease that is longer than any
 */
export const check: ObjectOperation<KeyServices, CheckInput, { readonly id: string }> = {
  name: 'Check',
  permission: 'GetAttributes',
  durability: 'written',
  states: livingStates,
  purposes: ['general'],
  target: (input) => input,
  async prepare(services, _actor, { count, usage = [], seconds = 0 }, object) {
    const { usageLimits, stated } = object.values
    const has = new Set<string>([...usagesOf(object.usage), ...(stated?.usage ?? [])])
    const lacking = usage.filter((one) => !has.has(one))
    if (lacking.length > 0)
      throw new MortiseError('MORTISE_KEY_USAGE', `the usage mask of the key has no ${lacking.join(', ')}`)
    if (count !== undefined && usageLimits) {
      const left = usageLimits.total - (await services.usage.protected(object))
      if (count > left) throw new MortiseError('MORTISE_KEY_USAGE_LIMIT')
    }
    if (seconds > leaseSeconds)
      throw new MortiseError('MORTISE_INPUT_INVALID', `a lease lasts ${leaseSeconds} seconds at most`)
    return { answer: { id: object.id } }
  },
}
