import { cascadeTag } from '../operations/cascade.js'
import { type EnumerationName, enumerationNames } from '../tables/index.js'
import { itemsIn, type JsonItem, parseItem, tagIn } from './json.js'
import { deepest, tooDeep } from './values.js'

/**
 * Cosmian's JSON of an operation alone, in the words of KMIP: its clients have fields of their own, and two generations of them differ.
 * What is left as it is, the ordinary reader judges.
 */
export function fromCosmian(operation: JsonItem, isLocate: boolean): JsonItem {
  const items = itemsIn(operation)
  const type = items.find(({ tag }) => tag === 'ObjectType')?.value
  const named = items.flatMap((item) => {
    if (item.tag === 'Object' && typeof type === 'string') return [{ ...item, tag: type }]
    if (item.tag === 'Cascade') return [{ ...item, tag: `0x${cascadeTag.toString(16)}` }]
    // Whatever is destroyed goes on being told of here.
    return item.tag === 'Remove' ? [] : [item]
  })
  return { ...operation, value: named.map((item) => rewritten(item, isLocate, 1)) }
}

/** Tags by which an object is named: an identifier that is a list of them, in JSON. */
export function tagsOfIdentifier(operation: JsonItem): readonly string[] | undefined {
  const id = itemsIn(operation).find(({ tag }) => tag === 'UniqueIdentifier')?.value
  return typeof id === 'string' && id.startsWith('[') ? listOfTexts(id) : undefined
}

/** Attributes that objects with tags have. Those with an underscore are the server's, and say the type. */
export function tagAttributes(tags: readonly string[], isLocate: boolean): JsonItem[] {
  return tags.flatMap((tag) => {
    const type = systemTags[tag]
    if (type === undefined) return [tagAttribute(tag)]
    return isLocate ? [{ tag: 'ObjectType', type: 'Enumeration', value: type }] : []
  })
}

const systemTags: Readonly<Record<string, string>> = {
  _cert: 'Certificate',
  _kk: 'SymmetricKey',
  _oo: 'OpaqueObject',
  _pk: 'PublicKey',
  _sd: 'SecretData',
  _sk: 'PrivateKey',
}

export const tagVendor = { vendor: 'cosmian', name: 'tag' }

function tagAttribute(tag: string): JsonItem {
  return {
    tag: 'Attribute',
    type: 'Structure',
    value: [
      { tag: 'VendorIdentification', type: 'TextString', value: tagVendor.vendor },
      { tag: 'AttributeName', type: 'TextString', value: tagVendor.name },
      { tag: 'AttributeValue', type: 'TextString', value: tag },
    ],
  }
}

function rewritten(item: JsonItem, isLocate: boolean, level: number): JsonItem {
  if (level > deepest) throw tooDeep()
  const { type, value } = item
  if ((type !== undefined && type !== 'Structure') || !Array.isArray(value)) return item
  const items = itemsIn(item)
  const tag = tagIn(item)
  const [only] = items
  if (tag === 'KeyMaterial' && items.length === 1 && only?.tag === 'ByteString') return { ...only, tag }
  const inside = items.flatMap((one) => attributesIn(one, isLocate))
  const wraps = tag === 'KeyWrappingSpecification' || tag === 'KeyWrappingData'
  const encoded = inside.some((one) => one.tag === 'EncodingOption')
  return {
    ...item,
    value: [
      ...inside.map((one) => rewritten(one, isLocate, level + 1)),
      // What is wrapped there is the key itself, unless it is said otherwise.
      ...(wraps && !encoded ? [{ tag: 'EncodingOption', type: 'Enumeration', value: 'NoEncoding' }] : []),
    ],
  }
}

/** A vendor attribute, or a list of them; tags each for itself, as they are found one by one. */
function attributesIn(item: JsonItem, isLocate: boolean): JsonItem[] {
  if (item.tag !== 'VendorAttributes' && item.tag !== 'VendorAttribute' && item.tag !== 'Attribute')
    return [item]
  const items = itemsIn(item)
  if (items.length > 0 && items.every(({ tag }) => tag === item.tag))
    return items.flatMap((one) => attributesIn(one, isLocate))
  const fieldOf = (tag: string) => items.find((one) => one.tag === tag)
  const [vendor, name, value] = ['VendorIdentification', 'AttributeName', 'AttributeValue'].map(fieldOf)
  const isOurs = vendor?.value === tagVendor.vendor && name?.value === tagVendor.name
  const tags = isOurs && typeof value?.value === 'string' ? listOfTexts(textIn(value)) : undefined
  return tags ? tagAttributes(tags, isLocate) : [{ ...item, tag: 'Attribute' }]
}

function textIn({ type, value }: JsonItem): string {
  return type === 'ByteString' ? Buffer.from(String(value), 'hex').toString('utf8') : String(value)
}

function listOfTexts(text: string): readonly string[] | undefined {
  try {
    const list: unknown = JSON.parse(text)
    return Array.isArray(list) && list.every((one) => typeof one === 'string') ? list : undefined
  } catch {
    return undefined
  }
}

/** The answer to an operation alone, in which tags are one list in JSON as its clients have them, with the server's own. */
export function toCosmian(text: string): string {
  return text.includes(`"value":"${tagVendor.vendor}"`) ? JSON.stringify(gathered(parseItem(text))) : text
}

function gathered(item: JsonItem): JsonItem {
  if (!Array.isArray(item.value)) return item
  const items = itemsIn(item)
  const tagged = items.filter(isTag)
  if (tagged.length === 0) return { ...item, value: items.map(gathered) }
  const type = items.find(({ tag }) => tag === 'ObjectType')?.value
  const own = Object.keys(systemTags).filter((tag) => systemTags[tag] === type)
  const words = tagged.map((one) => itemsIn(one).find(({ tag }) => tag === 'AttributeValue')?.value)
  const list = tagAttribute(JSON.stringify([...words, ...own]))
  return { ...item, value: [...items.filter((one) => !isTag(one)).map(gathered), list] }
}

function isTag(item: JsonItem): boolean {
  if (item.tag !== 'Attribute') return false
  const fieldIn = (wanted: string) => itemsIn(item).find(({ tag }) => tag === wanted)?.value
  return fieldIn('VendorIdentification') === tagVendor.vendor && fieldIn('AttributeName') === tagVendor.name
}

/** The names that clients of Cosmian 4 have for values: without the underscores. */
const olderLists: readonly EnumerationName[] = ['KeyFormatType', 'CryptographicAlgorithm', 'CertificateType']

export function olderName(tag: string, value: string): string {
  const list = olderLists.find((one) => one === tag)
  return list && enumerationNames(list).value(value) !== undefined ? value.replaceAll('_', '') : value
}
