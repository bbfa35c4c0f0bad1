import type { DerReader } from '../der/reader.js'
import { tags } from '../der/tags.js'
import { count, flag, nothing, sequence } from '../der/writer.js'

/** RFC 5280 section 4.2.1.9. */
export interface BasicConstraints {
  readonly cA: boolean
  /** How many intermediates that are not self-issued may follow. */
  readonly pathLength?: number | undefined
}

export function readBasicConstraints(reader: DerReader): BasicConstraints {
  const fields = reader.sequence()
  const cA = fields.flag()
  const pathLength = fields.next(tags.integer) ? fields.count() : undefined
  fields.end()
  return { cA, pathLength }
}

export function writeBasicConstraints({ cA, pathLength }: BasicConstraints): Buffer {
  return sequence(flag(cA), pathLength === undefined ? nothing : count(pathLength))
}
