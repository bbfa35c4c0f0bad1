import { type Item, ItemType, type TtlvMessage, type TtlvWriter } from '../../../native/index.js'
import { refuse } from '../engine/refusal.js'
import { isoOf, secondsOf } from './values.js'

/** An attribute of a client's own: Custom Attribute in 1.x, Vendor Attribute in 2.x. */
export interface CustomAttribute {
  readonly vendor: string
  readonly name: string
  readonly type: string
  readonly value: string | number | boolean
}

/** What an attribute of 1.x that decides nothing here is kept as. */
const policyName = { vendor: 'kmip', name: 'Operation Policy Name' }

/** `x-Barcode` of 1.x is `Barcode` of the vendor `x` in 2.x. */
export function customName(attributeName: string): { vendor: string; name: string } | undefined {
  if (attributeName === policyName.name) return policyName
  const [, vendor, name] = /^([xy])-(.+)$/s.exec(attributeName) ?? []
  return vendor === undefined || name === undefined ? undefined : { vendor, name }
}

/** Whether there is one of it at most; of a client's own there may be several. */
export function isAlone(custom: Pick<CustomAttribute, 'vendor' | 'name'> | undefined): boolean {
  return custom?.vendor === policyName.vendor && custom.name === policyName.name
}

/** The other way about; undefined for what 1.x has no name for. */
export function nameOfCustom({ vendor, name }: Pick<CustomAttribute, 'vendor' | 'name'>): string | undefined {
  if (isAlone({ vendor, name })) return name
  return vendor === 'x' || vendor === 'y' ? `${vendor}-${name}` : undefined
}

/** @throws InvalidDataType for a structure or a Big Integer, which the core does not keep */
export function readCustom(message: TtlvMessage, item: Item): Pick<CustomAttribute, 'type' | 'value'> {
  switch (message.type(item)) {
    case ItemType.TextString:
      return { type: 'text', value: message.text(item) }
    case ItemType.Integer:
      return { type: 'integer', value: message.integer(item) }
    case ItemType.LongInteger:
      return { type: 'longInteger', value: String(message.long(item)) }
    case ItemType.Boolean:
      return { type: 'boolean', value: message.boolean(item) }
    case ItemType.DateTime:
      return { type: 'dateTime', value: isoOf(message.long(item)) }
    case ItemType.ByteString:
      return { type: 'byteString', value: message.byteString(item).toString('hex') }
    case ItemType.Enumeration:
      return { type: 'enumeration', value: message.unsigned(item) }
    case ItemType.Interval:
      return { type: 'interval', value: message.unsigned(item) }
    default:
      throw refuse(
        'InvalidDataType',
        'an attribute of your own is a text, a number, a date, bytes or a Boolean',
      )
  }
}

/** By the item types of TTLV that are kept. */
const writers: Readonly<
  Record<string, (writer: TtlvWriter, tag: number, value: CustomAttribute['value']) => void>
> = {
  text: (writer, tag, value) => writer.text(tag, String(value)),
  integer: (writer, tag, value) => writer.integer(tag, Number(value)),
  longInteger: (writer, tag, value) => writer.longInteger(tag, BigInt(value)),
  boolean: (writer, tag, value) => writer.boolean(tag, value === true),
  dateTime: (writer, tag, value) => writer.dateTime(tag, secondsOf(String(value))),
  byteString: (writer, tag, value) => writer.byteString(tag, Buffer.from(String(value), 'hex')),
  enumeration: (writer, tag, value) => writer.enumeration(tag, Number(value)),
  interval: (writer, tag, value) => writer.interval(tag, Number(value)),
}

export function writeCustom(writer: TtlvWriter, tag: number, { type, value }: CustomAttribute): void {
  writers[type]?.(writer, tag, value)
}
