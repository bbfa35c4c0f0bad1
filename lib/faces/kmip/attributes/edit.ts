import type { AttributeName, AttributeValue, AttributeValues } from '../../../core/index.js'
import type { TtlvWriter } from '../../../native/index.js'
import { refuse } from '../engine/refusal.js'
import { structure } from '../fields.js'
import type { Request } from '../operations/operation.js'
import { Tag } from '../tables/index.js'
import { isTwo } from '../version.js'
import { type GivenAttribute, type NamedAttribute, readAttribute, readTagged } from './read.js'
import { instancesOf, listOf, writeAttribute } from './write.js'

/** An attribute that a request changes, and the core has. */
export interface EditedAttribute extends GivenAttribute {
  readonly core: AttributeName
  readonly value: AttributeValue
}

/** What a request gives the value of: an Attribute in 1.x, the only one inside New Attribute or Current Attribute in 2.x. */
export function givenIn({ payload, version }: Request, tag: number): GivenAttribute | undefined {
  if (!isTwo(version)) {
    const attribute = payload.optional(Tag.Attribute, structure)
    return attribute && readAttribute(attribute, version)
  }
  const wrapper = payload.optional(tag, structure)
  if (!wrapper) return undefined
  const [item, ...others] = wrapper.message.children(wrapper.item)
  if (item === undefined || others.length > 0)
    throw refuse('InvalidMessage', 'one attribute is changed at a time')
  return readTagged(wrapper, item, version)
}

/** @throws InvalidField where there is none, or the core does not have it */
export function editedIn(request: Request, tag: number): EditedAttribute {
  const given = givenIn(request, tag)
  if (!given) throw refuse('InvalidMessage', 'the attribute is missing')
  return settable(given)
}

export function settable(given: GivenAttribute): EditedAttribute {
  const { core, value } = given
  if (core === undefined) throw refuse('UnsupportedAttribute', 'this attribute is not kept here')
  if (value === undefined) throw refuse('InvalidField', 'the attribute has no value')
  if (core !== 'UsageLimits') return { ...given, core, value }
  // How much is left of limits is counted here, and nobody's to say.
  const { total, left, unit } = value as Readonly<Record<string, string | number>>
  return { ...given, core, value: { total: total ?? left ?? 0, unit: unit ?? '' } }
}

/** The instances of what was named, of one's own attributes those of that name. */
export function instances(
  values: AttributeValues,
  { core, custom }: NamedAttribute,
): readonly AttributeValue[] {
  const all = listOf(core && values[core])
  if (!custom) return all
  return all.filter((one) => {
    const { vendor, name } = one as { vendor?: string; name?: string }
    return vendor === custom.vendor && name === custom.name
  })
}

/** Limits are changed as long as nothing was used of them. */
function withCount(values: AttributeValues): AttributeValues {
  const limits = values.UsageLimits as { readonly total: number; readonly unit: string } | undefined
  return limits ? { ...values, UsageLimits: { ...limits, left: limits.total } } : values
}

/** In 1.x the answer has the attribute as it is now; in 2.x nothing of it. */
export function writeEdited(
  writer: TtlvWriter,
  { version }: Request,
  values: AttributeValues,
  edited: NamedAttribute,
  index: number,
): void {
  if (isTwo(version)) return
  const shown = instancesOf(withCount(values), version, [edited])
  const one = shown.find((instance) => instance.index === index) ?? shown.at(-1)
  if (one) writeAttribute(writer, one)
}
