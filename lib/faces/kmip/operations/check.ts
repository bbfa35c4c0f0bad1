import { refuse } from '../engine/refusal.js'
import { integer, interval, longInteger } from '../fields.js'
import { masks, Tag } from '../tables/index.js'
import { identified, type KmipOperation, objectOf } from './operation.js'

/**
 * KMIP 2.1 section 6.1.7: whether an object may be used so. Its fields are questions: what does not hold is told by a failure.
 */
export const check: KmipOperation = {
  name: 'Check',
  effect: 'read',
  async run(request) {
    const { payload, session } = request
    const count = payload.optional(Tag.UsageLimitsCount, longInteger)
    const mask = payload.optional(Tag.CryptographicUsageMask, integer)
    const lease = payload.optional(Tag.LeaseTime, interval)
    const object = objectOf(request)
    const { id } = await session.check(object, {
      ...(count !== undefined && { count: Number(count) }),
      ...(mask !== undefined && { usage: wordsOf(mask) }),
      ...(lease !== undefined && { seconds: lease }),
    })
    return identified(id)
  },
}

function wordsOf(mask: number): string[] {
  const bits = Object.entries(masks.CryptographicUsageMask)
  const named = bits.filter(([, { value }]) => (mask & value) !== 0)
  if (named.reduce((left, [, { value }]) => left & ~value, mask) !== 0)
    throw refuse('InvalidField', 'the usage mask has bits that nobody knows')
  return named.map(([name]) => name)
}
