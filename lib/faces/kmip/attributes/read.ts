import type { AttributeName, AttributeValue } from '../../../core/index.js'
import { type Item, ItemType, noItem } from '../../../native/index.js'
import { refuse } from '../engine/refusal.js'
import { enumerated, type Fields, integer, structure, text } from '../fields.js'
import { Tag } from '../tables/index.js'
import { isTwo, type Version } from '../version.js'
import { customName, readCustom } from './custom.js'
import { attributesOf, isSpecified } from './table.js'

/** An attribute that a client names. */
export interface NamedAttribute {
  /** The core's; undefined for one that the specification has and the core does not. */
  readonly core: AttributeName | undefined
  /** Of one of a client's own. */
  readonly custom?: { readonly vendor: string; readonly name: string }
}

/** One that it gives a value of. */
export interface GivenAttribute extends NamedAttribute {
  /** Undefined in a request to delete. */
  readonly value: AttributeValue | undefined
  /** Of 1.x: which of several instances. */
  readonly index: number | undefined
}

/** By its name of 1.x. @throws InvalidField for a name that the version does not have */
export function namedByText(name: string, version: Version): NamedAttribute {
  const known = attributesOf(version).byText.get(name)
  if (known) return { core: known.core }
  const custom = customName(name)
  if (custom) return { core: 'VendorAttribute', custom }
  if (isSpecified(name, version)) return { core: undefined }
  throw refuse('InvalidField', `KMIP ${version} has no attribute ${JSON.stringify(name)}`)
}

/** By an Attribute Reference of 2.x: the tag, or vendor and name. */
export function namedByReference(fields: Fields, item: Item, version: Version): NamedAttribute {
  const { message } = fields
  if (message.type(item) === ItemType.Enumeration) {
    const tag = message.unsigned(item)
    const known = attributesOf(version).byTag.get(tag)
    return { core: known?.core }
  }
  const reference = structure.read(message, item)
  const vendor = reference.optional(Tag.VendorIdentification, text)
  const name = reference.required(Tag.AttributeName, text)
  // PyKMIP names the attributes of the specification so, with itself as the vendor.
  if (vendor === undefined || vendor === 'KMIP') {
    const known = attributesOf(version).byText.get(name)
    if (known) return { core: known.core }
  }
  return { core: 'VendorAttribute', custom: { vendor: vendor ?? 'x', name } }
}

/** An Attribute structure of 1.x. */
export function readAttribute(attribute: Fields, version: Version): GivenAttribute {
  const name = attribute.required(Tag.AttributeName, text)
  const index = attribute.optional(Tag.AttributeIndex, integer)
  const named = namedByText(name, version)
  const item = attribute.message.find(attribute.item, Tag.AttributeValue)
  if (item === noItem) return { ...named, index, value: undefined }
  if (named.custom) {
    const value = { ...named.custom, ...readCustom(attribute.message, item) }
    return { ...named, index, value }
  }
  const codec = named.core && attributesOf(version).byText.get(name)?.codec
  return { ...named, index, value: codec?.read(attribute.message, item) }
}

/** An attribute of 2.x under its own tag. */
export function readTagged(fields: Fields, item: Item, version: Version): GivenAttribute {
  const { message } = fields
  const tag = message.tag(item)
  if (tag === Tag.Attribute) {
    const attribute = structure.read(message, item)
    const custom = {
      vendor: attribute.optional(Tag.VendorIdentification, text) ?? 'x',
      name: attribute.required(Tag.AttributeName, text),
    }
    const valueItem = message.find(item, Tag.AttributeValue)
    const value = valueItem === noItem ? undefined : { ...custom, ...readCustom(message, valueItem) }
    return { core: 'VendorAttribute', custom, index: undefined, value }
  }
  const known = attributesOf(version).byTag.get(tag)
  return { core: known?.core, index: undefined, value: known?.codec.read(message, item) }
}

/** What a request says of an object: the Attributes of 2.x, the Template-Attribute of 1.x. */
export function readAttributes(
  payload: Fields,
  tags: { readonly one: number; readonly two: number },
  version: Version,
): readonly GivenAttribute[] {
  if (isTwo(version)) {
    const attributes = payload.optional(tags.two, structure)
    if (!attributes) return []
    return attributes.message.children(attributes.item).map((item) => readTagged(attributes, item, version))
  }
  const template = payload.optional(tags.one, structure)
  if (!template) return []
  return template.all(Tag.Attribute, structure).map((attribute) => readAttribute(attribute, version))
}

/** The templates that a Template-Attribute names, by their names. */
export function templatesIn(payload: Fields, tag: number, version: Version): readonly string[] {
  const template = isTwo(version) ? undefined : payload.optional(tag, structure)
  return template?.all(Tag.Name, structure).map((name) => name.required(Tag.NameValue, text)) ?? []
}

export const attributesTags = { one: Tag.TemplateAttribute, two: Tag.Attributes }

/** The names in a request for attributes; undefined where it names none, and wants all. @throws InvalidMessage for one that is there twice */
export function readNames(payload: Fields, version: Version): readonly NamedAttribute[] | undefined {
  const { message, item } = payload
  const named = isTwo(version)
    ? message.children(item, Tag.AttributeReference).map((one) => namedByReference(payload, one, version))
    : payload.all(Tag.AttributeName, text).map((name) => namedLeniently(name, version))
  if (
    !isTwo(version) &&
    version >= '1.1' &&
    new Set(payload.all(Tag.AttributeName, text)).size < named.length
  )
    throw refuse('InvalidMessage', 'an Attribute Name is given more than once')
  return named.length === 0 ? undefined : named
}

/** Who asks for an attribute that there is not gets none. */
function namedLeniently(name: string, version: Version): NamedAttribute {
  // Those who copy from a text may copy its spaces.
  const spaced = name.replaceAll(/ +/g, ' ')
  const known = attributesOf(version).byText.get(spaced)
  if (known) return { core: known.core }
  const custom = customName(spaced)
  return custom ? { core: 'VendorAttribute', custom } : { core: undefined }
}

/** The type of a new object. @throws MORTISE_KMIP_MALFORMED */
export function objectTypeOf(payload: Fields): number {
  return payload.required(Tag.ObjectType, enumerated)
}
