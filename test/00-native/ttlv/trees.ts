import fc from 'fast-check'
import { type Item, ItemType, type TtlvMessage, type TtlvWriter } from '../../../lib/native/index.js'
import type { Tree } from './reference.js'

/** All that a message contains, read through its accessors. */
export function treeOf(message: TtlvMessage, item: Item = message.root): Tree {
  return { tag: message.tag(item), type: message.type(item), value: valueIn(message, item) }
}

function valueIn(message: TtlvMessage, item: Item): Tree['value'] {
  switch (message.type(item)) {
    case ItemType.Structure:
      return message.children(item).map((child) => treeOf(message, child))
    case ItemType.Integer:
      return message.integer(item)
    case ItemType.Enumeration:
    case ItemType.Interval:
      return message.unsigned(item)
    case ItemType.Boolean:
      return message.boolean(item)
    case ItemType.BigInteger:
      return message.bigInteger(item)
    case ItemType.TextString:
      return message.text(item)
    case ItemType.ByteString:
      return Buffer.from(message.byteString(item))
    default:
      return message.long(item)
  }
}

export function writeTree(writer: TtlvWriter, { tag, type, value }: Tree): void {
  switch (type) {
    case ItemType.Structure:
      writer.begin(tag)
      for (const child of value as readonly Tree[]) writeTree(writer, child)
      writer.end()
      break
    case ItemType.Integer:
      writer.integer(tag, value as number)
      break
    case ItemType.Enumeration:
      writer.enumeration(tag, value as number)
      break
    case ItemType.Interval:
      writer.interval(tag, value as number)
      break
    case ItemType.Boolean:
      writer.boolean(tag, value as boolean)
      break
    case ItemType.LongInteger:
      writer.longInteger(tag, value as bigint)
      break
    case ItemType.DateTime:
      writer.dateTime(tag, value as bigint)
      break
    case ItemType.DateTimeExtended:
      writer.dateTimeExtended(tag, value as bigint)
      break
    case ItemType.BigInteger:
      writer.bigInteger(tag, value as bigint)
      break
    case ItemType.TextString:
      writer.text(tag, value as string)
      break
    case ItemType.ByteString:
      writer.byteString(tag, value as Buffer)
      break
  }
}

const tag = fc.oneof(
  fc.integer({ min: 0x420001, max: 0x420170 }),
  fc.integer({ min: 0x540000, max: 0x54ffff }),
)
const unsigned = fc.integer({ min: 0, max: 0xffffffff })
const long = fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n })
const of = <T extends Tree['value']>(type: number, value: fc.Arbitrary<T>) =>
  fc.record({ tag, type: fc.constant(type), value }, { noNullPrototype: true })

const leaf: fc.Arbitrary<Tree> = fc.oneof(
  of(ItemType.Integer, fc.integer()),
  of(ItemType.LongInteger, long),
  of(ItemType.BigInteger, fc.bigInt({ min: -(2n ** 200n), max: 2n ** 200n })),
  of(ItemType.Enumeration, unsigned),
  of(ItemType.Boolean, fc.boolean()),
  of(ItemType.TextString, fc.string({ maxLength: 40 })),
  of(ItemType.TextString, fc.string({ maxLength: 20, unit: 'binary' })),
  of(
    ItemType.ByteString,
    fc.uint8Array({ maxLength: 40 }).map((bytes) => Buffer.from(bytes)),
  ),
  of(ItemType.DateTime, long),
  of(ItemType.Interval, unsigned),
  of(ItemType.DateTimeExtended, long),
)

const { structure } = fc.letrec<{ structure: Tree; any: Tree }>((tie) => ({
  structure: of(ItemType.Structure, fc.array(tie('any'), { maxLength: 6 })),
  any: fc.oneof({ maxDepth: 4, withCrossShrink: true }, leaf, tie('structure')),
}))

/** Messages of any content. */
export const messages: fc.Arbitrary<Tree> = structure.map((tree) => ({ ...tree, tag: 0x420078 }))
