import { refuse } from '../engine/refusal.js'
import { longInteger } from '../fields.js'
import { Tag } from '../tables/index.js'
import { identified, type KmipOperation, objectOf } from './operation.js'

/** KMIP 2.1 section 6.1.23. */
export const getUsageAllocation: KmipOperation = {
  name: 'GetUsageAllocation',
  effect: 'read',
  async run(request) {
    const count = Number(request.payload.required(Tag.UsageLimitsCount, longInteger))
    if (!Number.isSafeInteger(count)) throw refuse('InvalidField', 'the Usage Limits Count is too large')
    const { id } = await request.session.getUsageAllocation(objectOf(request), count)
    return identified(id)
  },
}
