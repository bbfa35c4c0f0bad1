import {
  type Item,
  ItemType,
  itemTypeName,
  malformed,
  noItem,
  type TtlvMessage,
  type TtlvWriter,
} from '../../../native/index.js'
import { type Meaning, meaningOf, tagNames } from '../tables/index.js'
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
import { escapeXml, scanXml, type XmlEvent } from './xml_scanner.js'

/**
 * A message in the XML encoding (KMIP Additional Message Encodings 1.0 section 4), as TTLV. Unknown attributes of elements are passed by.
 *
 * @throws MORTISE_KMIP_MALFORMED
 */
export function ttlvOfXml(writer: TtlvWriter, text: string): Buffer {
  return writer.message(() => {
    /** The elements that are open: their names, and which attribute was named last in each. */
    const open: { readonly name: string; attribute?: string | undefined; readonly structure: boolean }[] = []
    let messages = 0
    for (const event of scanXml(text)) {
      const inside = open.at(-1)
      if (event.kind === 'end') {
        if (inside?.name !== event.name) throw malformed('the elements of the XML do not end in their order')
        if (inside.structure) writer.end()
        open.pop()
        continue
      }
      if (inside === undefined && messages++ > 0) throw malformed('the XML has more than one message')
      if (inside?.structure === false) throw malformed('only structures contain others')
      const tag = tagOfElement(event)
      const type = typeOf(event.attributes.get('type') ?? 'Structure')
      const structure = type === ItemType.Structure
      if (structure) {
        if (open.length === deepest) throw tooDeep()
        writer.begin(tag)
      } else {
        const value = event.attributes.get('value')
        if (value === undefined) throw malformed(`${tagText(tag)} has no value`)
        writeValue(writer, tag, type, value, meaningOf(tag, inside?.attribute))
        if (inside !== undefined) inside.attribute = attributeNameOf(tag, type, value) ?? inside.attribute
      }
      open.push({ name: event.name, structure })
    }
    if (open.length > 0 || messages === 0) throw malformed('the XML ends before its message does')
  })
}

function tagOfElement({ name, attributes }: XmlEvent & { kind: 'begin' }): number {
  if (name !== 'TTLV') return tagOf(name)
  const tag = attributes.get('tag')
  if (tag === undefined) throw malformed('an element TTLV has no tag')
  return tagOf(tag)
}

/** The XML encoding of a message, in one line. */
export function xmlOfTtlv(message: TtlvMessage): string {
  return elementText(message, message.root, undefined)
}

function elementText(message: TtlvMessage, item: Item, attribute: string | undefined): string {
  const tag = message.tag(item)
  const name = tagNames.name(tag)
  const [begin, end] = name === undefined ? [`TTLV tag="${tagText(tag)}"`, 'TTLV'] : [name, name]
  const type = message.type(item)
  if (type !== ItemType.Structure) {
    const value = valueText(message, item, type, meaningOf(tag, attribute))
    return `<${begin} type="${itemTypeName(type)}" value="${value}"/>`
  }
  let inner = ''
  let named: string | undefined
  for (let child = message.first(item); child !== noItem; child = message.next(item, child)) {
    inner += elementText(message, child, named)
    named = attributeNameIn(message, child) ?? named
  }
  return inner === '' ? `<${begin}/>` : `<${begin}>${inner}</${end}>`
}

/** See {@link attributeNameOf}. */
export function attributeNameIn(message: TtlvMessage, item: Item): string | undefined {
  const type = message.type(item)
  return type === ItemType.TextString
    ? attributeNameOf(message.tag(item), type, message.text(item))
    : undefined
}

function valueText(message: TtlvMessage, item: Item, type: ItemType, meaning: Meaning): string {
  switch (type) {
    case ItemType.Integer: {
      const value = message.integer(item)
      return maskText(value, meaning, ' ') ?? String(value)
    }
    case ItemType.Enumeration:
      return enumerationText(message.unsigned(item), meaning)
    case ItemType.Interval:
      return String(message.unsigned(item))
    case ItemType.Boolean:
      return String(message.boolean(item))
    case ItemType.LongInteger:
      return String(message.long(item))
    case ItemType.DateTime:
      return dateText(message.long(item))
    case ItemType.DateTimeExtended:
      return longText(message.long(item))
    case ItemType.TextString:
      return escapeXml(message.text(item))
    default:
      return hexText(message, item)
  }
}
