import { ItemType } from '../../../native/index.js'
import { instances } from '../attributes/edit.js'
import { type NamedAttribute, namedByReference } from '../attributes/read.js'
import { isSeveral } from '../attributes/several.js'
import { refuse } from '../engine/refusal.js'
import { enumerated, integer, interval, longInteger } from '../fields.js'
import { enumerationNames, Tag } from '../tables/index.js'
import { identified, type KmipOperation, objectOf, type Request } from './operation.js'

const adjustments = enumerationNames('AdjustmentType')

/** KMIP 2.1 section 6.1.3: adds to a number or a date, or turns a Boolean over. */
export const adjustAttribute: KmipOperation = {
  name: 'AdjustAttribute',
  effect: 'undo',
  async run(request) {
    const { payload, session, version } = request
    const [item] = payload.message.children(payload.item, Tag.AttributeReference)
    if (item === undefined) throw refuse('InvalidMessage', 'the Attribute Reference is missing')
    const named = namedByReference(payload, item, version)
    const { core } = named
    if (core === undefined) throw refuse('UnsupportedAttribute', 'this attribute is not kept here')
    const object = objectOf(request)
    const before = instances(await session.attributes(object, [core]), named)
    const [value] = before
    if (value === undefined) throw refuse('AttributeNotFound', 'the object has no such attribute')
    if (before.length > 1) throw refuse('MultiValuedAttribute', 'the object has several of them')
    const next = adjusted(request, named, value)
    const several = isSeveral(core)
    const { id } = await session.modifyAttribute(object, core, next, several ? value : undefined)
    return identified(id, {
      undo: () => session.modifyAttribute(id, core, value, several ? next : undefined),
    })
  },
}

type Value = ReturnType<typeof instances>[number]

function adjusted({ payload }: Request, { custom }: NamedAttribute, value: Value): Value {
  if (custom && typeof value === 'object') {
    const { type, value: own } = value as { type: string; value: string | number | boolean }
    return {
      ...value,
      value: scalar(payload, type === 'longInteger' ? Number(own) : own, type === 'longInteger'),
    }
  }
  if (typeof value === 'object') throw refuse('InvalidDataType', 'a structure is not adjusted')
  return scalar(payload, value, false)
}

function scalar(
  payload: Request['payload'],
  value: string | number | boolean,
  asText: boolean,
): string | number | boolean {
  const how = adjustments.name(payload.required(Tag.AdjustmentType, enumerated))
  if (how === 'Negate') {
    if (typeof value === 'boolean') return !value
    if (typeof value === 'number') return asText ? String(-value) : -value
    throw refuse('InvalidDataType', 'only a number or a Boolean is negated')
  }
  if (how === undefined) throw refuse('InvalidField', 'there is no such adjustment')
  const by = (how === 'Increment' ? 1 : -1) * amount(payload)
  if (typeof value === 'number') return asText ? String(value + by) : value + by
  const date = typeof value === 'string' ? Date.parse(value) : Number.NaN
  if (Number.isNaN(date)) throw refuse('InvalidDataType', 'only a number or a date is added to')
  return new Date(date + by * 1000).toISOString()
}

function amount(payload: Request['payload']): number {
  switch (payload.typeOf(Tag.AdjustmentValue)) {
    case undefined:
      return 1
    case ItemType.Interval:
      return payload.required(Tag.AdjustmentValue, interval)
    case ItemType.LongInteger:
      return Number(payload.required(Tag.AdjustmentValue, longInteger))
    default:
      return payload.required(Tag.AdjustmentValue, integer)
  }
}
