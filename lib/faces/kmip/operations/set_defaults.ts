import { native, TtlvWriter } from '../../../native/index.js'
import { type Fields, structure } from '../fields.js'
import { constraintsSetting, defaultsSetting, requireSmall, rulesOf } from '../objects/rules.js'
import { Tag } from '../tables/index.js'
import type { KmipOperation } from './operation.js'

const writer = new TtlvWriter(native)

/** KMIP 2.1 section 6.1.53: for all clients, by administrators. Without any Defaults Information there are none. */
export const setDefaults: KmipOperation = {
  name: 'SetDefaults',
  effect: 'final',
  async run({ payload, session }) {
    await session.setFaceSetting(defaultsSetting, kept(payload.optional(Tag.DefaultsInformation, structure)))
    return {}
  },
}

/** KMIP 2.1 section 6.1.52: the same, without Constraints too, which the test cases leave out to have none. */
export const setConstraints: KmipOperation = {
  name: 'SetConstraints',
  effect: 'final',
  async run({ payload, session }) {
    await session.setFaceSetting(constraintsSetting, kept(payload.optional(Tag.Constraints, structure)))
    return {}
  },
}

function kept(fields: Fields | undefined): Buffer {
  if (!fields || rulesOf(fields).length === 0) return Buffer.alloc(0)
  return requireSmall(writer.message((writer) => writer.copy(fields.message, fields.item)))
}
