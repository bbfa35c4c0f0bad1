import { type Item, ItemType, itemTypeName, malformed, noItem, type TtlvMessage } from '../../native/index.js'
import { tagNames } from './tables/index.js'

/** How the value of a type is read. */
export interface Kind<Value> {
  readonly type: ItemType
  readonly read: (message: TtlvMessage, item: Item) => Value
}

const kind = <Value>(type: ItemType, read: Kind<Value>['read']): Kind<Value> => ({ type, read })

export const integer = kind(ItemType.Integer, (message, item) => message.integer(item))
export const enumerated = kind(ItemType.Enumeration, (message, item) => message.unsigned(item))
/** Seconds. */
export const interval = kind(ItemType.Interval, (message, item) => message.unsigned(item))
export const boolean = kind(ItemType.Boolean, (message, item) => message.boolean(item))
export const longInteger = kind(ItemType.LongInteger, (message, item) => message.long(item))
export const bigInteger = kind(ItemType.BigInteger, (message, item) => message.bigInteger(item))
export const text = kind(ItemType.TextString, (message, item) => message.text(item))
/** A view of the message. */
export const byteString = kind(ItemType.ByteString, (message, item) => message.byteString(item))
/** Seconds since 1970. */
export const dateTime = kind(ItemType.DateTime, (message, item) => message.long(item))
/** Microseconds since 1970. */
export const dateTimeExtended = kind(ItemType.DateTimeExtended, (message, item) => message.long(item))
export const structure = kind(ItemType.Structure, (message, item) => new Fields(message, item))

/** A structure of a message. Its fields are read when they are asked for, in whatever order they stand. */
export class Fields {
  readonly message: TtlvMessage
  readonly item: Item

  constructor(message: TtlvMessage, item: Item = message.root) {
    this.message = message
    this.item = item
  }

  /**
   * The first field with the tag.
   *
   * @throws MORTISE_KMIP_MALFORMED where it has another type
   */
  optional<Value>(tag: number, kind: Kind<Value>): Value | undefined {
    const item = this.message.find(this.item, tag)
    return item === noItem ? undefined : this.#read(item, kind)
  }

  /** @throws MORTISE_KMIP_MALFORMED where there is none, or it has another type */
  required<Value>(tag: number, kind: Kind<Value>): Value {
    const item = this.message.find(this.item, tag)
    if (item === noItem) throw malformed(`${named(tag)} is missing in ${named(this.message.tag(this.item))}`)
    return this.#read(item, kind)
  }

  /** All fields with the tag. @throws MORTISE_KMIP_MALFORMED where one has another type */
  all<Value>(tag: number, kind: Kind<Value>): Value[] {
    return this.message.children(this.item, tag).map((item) => this.#read(item, kind))
  }

  /** The type of the first field with the tag, for those that may have several. */
  typeOf(tag: number): ItemType | undefined {
    const item = this.message.find(this.item, tag)
    return item === noItem ? undefined : this.message.type(item)
  }

  #read<Value>(item: Item, kind: Kind<Value>): Value {
    return readItem(this.message, item, kind)
  }
}

/** @throws MORTISE_KMIP_MALFORMED where it has another type */
export function readItem<Value>(message: TtlvMessage, item: Item, { type, read }: Kind<Value>): Value {
  if (message.type(item) === type) return read(message, item)
  const what = `${named(message.tag(item))} must be of the type ${itemTypeName(type)}`
  throw malformed(`${what} (byte ${message.offset(item)})`)
}

function named(tag: number): string {
  return tagNames.name(tag) ?? `the tag 0x${tag.toString(16).padStart(6, '0')}`
}
