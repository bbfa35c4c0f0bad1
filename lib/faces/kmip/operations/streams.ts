import { refuse } from '../engine/refusal.js'
import { boolean } from '../fields.js'
import { Tag } from '../tables/index.js'
import type { Request } from './operation.js'

/** What comes in one part may say so. @throws FeatureNotSupported for data in several parts */
export function refuseStreams({ payload }: Request): void {
  const first = payload.optional(Tag.InitIndicator, boolean)
  const last = payload.optional(Tag.FinalIndicator, boolean)
  const isOne = (first === undefined && last === undefined) || (first === true && last === true)
  if (isOne && payload.typeOf(Tag.CorrelationValue) === undefined) return
  throw refuse('FeatureNotSupported', 'data is taken in one part')
}
