import {
  type Item,
  ItemType,
  itemTypeName,
  malformed,
  noItem,
  type TtlvMessage,
  type TtlvWriter,
} from '../../../native/index.js'
import { type Meaning, meaningOf, Tag } from '../tables/index.js'
import {
  attributeNameOf,
  dateText,
  deepest,
  enumerationText,
  hexText,
  longText,
  maskText,
  tagOf,
  tagText,
  tooDeep,
  typeOf,
  writeValue,
} from './values.js'
import { attributeNameIn } from './xml.js'

/** An item as JSON has it; nothing of it is believed. */
export interface JsonItem {
  readonly tag?: unknown
  readonly type?: unknown
  readonly value?: unknown
}

/**
 * `profile` is that of OASIS (KMIP Additional Message Encodings 1.0 section 6). In Cosmian's dialect masks are numbers; and a list inside a
 * structure of its own tag, a mask as Enumeration, and a Revocation Reason as text are understood. Both write the type of structures,
 * which its clients need.
 */
export type JsonDialect = 'profile' | 'cosmian'

export function parseItem(text: string): JsonItem {
  try {
    return itemIn(JSON.parse(text))
  } catch (error) {
    if (error instanceof SyntaxError) throw malformed('it is not JSON')
    throw error
  }
}

function itemIn(value: unknown): JsonItem {
  if (typeof value !== 'object' || value === null) throw malformed('an item of the JSON is no object')
  return value
}

export function tagIn({ tag }: JsonItem): string {
  if (typeof tag !== 'string') throw malformed('an item of the JSON has no tag')
  return tag
}

export function itemsIn({ value }: JsonItem): readonly JsonItem[] {
  if (value === null || value === undefined) return []
  if (!Array.isArray(value)) throw malformed('the value of a structure in JSON is an array or null')
  return value.map(itemIn)
}

/** How the messages of the profile write structures; the type may be left out for them alone. */
export function jsonTypeOf({ type }: JsonItem): ItemType {
  if (type === undefined) return ItemType.Structure
  if (typeof type !== 'string') throw malformed('the type of an item in JSON is a text')
  return typeOf(type)
}

/** @returns the attribute that was named, if this names one */
export function writeItem(
  writer: TtlvWriter,
  item: JsonItem,
  dialect: JsonDialect,
  level: number,
  attribute?: string,
): string | undefined {
  const tag = tagOf(tagIn(item))
  const type = jsonTypeOf(item)
  const meaning = meaningOf(tag, attribute)
  if (level > deepest && type === ItemType.Structure) throw tooDeep()
  if (dialect === 'cosmian' && writeOtherwise(writer, item, tag, type, meaning, level)) return undefined
  if (type === ItemType.Structure) {
    writer.begin(tag)
    writeItems(writer, itemsIn(item), dialect, level + 1)
    writer.end()
  } else {
    writeValue(writer, tag, type, item.value, meaning)
  }
  return attributeNameOf(tag, type, item.value)
}

export function writeItems(
  writer: TtlvWriter,
  items: readonly JsonItem[],
  dialect: JsonDialect,
  level: number,
): void {
  let attribute: string | undefined
  for (const item of items) attribute = writeItem(writer, item, dialect, level, attribute) ?? attribute
}

/** Writes what Cosmian's clients have in a form of their own. */
function writeOtherwise(
  writer: TtlvWriter,
  item: JsonItem,
  tag: number,
  type: ItemType,
  { mask }: Meaning,
  level: number,
): boolean {
  if (type === ItemType.Structure) {
    const items = itemsIn(item)
    const isList = items.length > 0 && items.every((one) => tagOf(tagIn(one)) === tag)
    if (isList) writeItems(writer, items, 'cosmian', level + 1)
    return isList
  }
  if (tag === Tag.RevocationReason) {
    writeReason(writer, type, item.value)
    return true
  }
  if (type === ItemType.Enumeration && mask !== undefined) {
    writeValue(writer, tag, ItemType.Integer, item.value, { mask })
    return true
  }
  return false
}

/** As Cosmian's older clients have it: the message alone, or the code alone. */
function writeReason(writer: TtlvWriter, type: ItemType, value: unknown): void {
  const isMessage = type === ItemType.TextString
  writer.begin(Tag.RevocationReason)
  const meaning = meaningOf(Tag.RevocationReasonCode, undefined)
  const code = isMessage ? 'Unspecified' : value
  writeValue(writer, Tag.RevocationReasonCode, ItemType.Enumeration, code, meaning)
  if (isMessage) writeValue(writer, Tag.RevocationMessage, ItemType.TextString, value, meaning)
  writer.end()
}

/** The JSON encoding of a message, or of one of its items. */
export function jsonOfTtlv(
  message: TtlvMessage,
  {
    dialect = 'profile',
    item = message.root,
    tag,
  }: { dialect?: JsonDialect; item?: Item; tag?: string } = {},
): string {
  return itemText(message, item, undefined, dialect, tag)
}

function itemText(
  message: TtlvMessage,
  item: Item,
  attribute: string | undefined,
  dialect: JsonDialect,
  name = tagText(message.tag(item)),
): string {
  const type = message.type(item)
  const value =
    type === ItemType.Structure
      ? `[${itemTexts(message, item, dialect)}]`
      : valueText(message, item, type, meaningOf(message.tag(item), attribute), dialect)
  return `{"tag":"${name}","type":"${itemTypeName(type)}","value":${value}}`
}

function itemTexts(message: TtlvMessage, structure: Item, dialect: JsonDialect): string {
  let texts = ''
  let attribute: string | undefined
  for (let item = message.first(structure); item !== noItem; item = message.next(structure, item)) {
    texts += `${texts === '' ? '' : ','}${itemText(message, item, attribute, dialect)}`
    attribute = attributeNameIn(message, item) ?? attribute
  }
  return texts
}

function valueText(
  message: TtlvMessage,
  item: Item,
  type: ItemType,
  meaning: Meaning,
  dialect: JsonDialect,
): string {
  switch (type) {
    case ItemType.Integer: {
      const value = message.integer(item)
      const mask = dialect === 'profile' ? maskText(value, meaning, '|') : undefined
      return mask === undefined ? String(value) : `"${mask}"`
    }
    case ItemType.Enumeration:
      return `"${enumerationText(message.unsigned(item), meaning)}"`
    case ItemType.Interval:
      return String(message.unsigned(item))
    case ItemType.Boolean:
      return String(message.boolean(item))
    case ItemType.LongInteger:
    case ItemType.DateTimeExtended:
      return `"${longText(message.long(item))}"`
    case ItemType.DateTime:
      return `"${dateText(message.long(item))}"`
    case ItemType.BigInteger:
      return `"0x${hexText(message, item)}"`
    case ItemType.TextString:
      return JSON.stringify(message.text(item))
    default:
      return `"${hexText(message, item)}"`
  }
}
