import type { ItemType } from './item_type.js'

/** An item of a {@link TtlvMessage}: its place on the tape. */
export type Item = number

/** What stands where there is no item. */
export const noItem: Item = -1

/**
 * A decoded and validated message: a tape of four words an item, and the bytes that it came in. Nothing is read before it is
 * asked for, and values are asked for by methods that do not look at the type: the caller knows it.
 *
 * The bytes must not be written to while the message is in use.
 */
export class TtlvMessage {
  readonly bytes: Buffer
  /** The message itself. */
  readonly root: Item
  readonly #tape: Uint32Array

  constructor(bytes: Buffer, tape: Uint32Array, root: Item) {
    this.bytes = bytes
    this.root = root
    this.#tape = tape
  }

  /** Three bytes: 0x42.... of KMIP, 0x54.... of extensions. */
  tag(item: Item): number {
    return this.#word(item, 0) >>> 8
  }

  type(item: Item): ItemType {
    return (this.#word(item, 0) & 0xff) as ItemType
  }

  /** Where the item begins, in bytes from the beginning of the message: what errors tell. */
  offset(item: Item): number {
    return this.#word(item, 1) - this.#word(this.root, 1)
  }

  /** Where the message ends in {@link bytes}. */
  get end(): number {
    return this.#word(this.root, 1) + this.#word(this.root, 2)
  }

  /** The first item inside a structure, or {@link noItem}. */
  first(structure: Item): Item {
    return structure + 1 < this.#word(structure, 3) ? structure + 1 : noItem
  }

  /** The one behind an item of a structure, or {@link noItem}. */
  next(structure: Item, item: Item): Item {
    const next = this.#word(item, 3)
    return next < this.#word(structure, 3) ? next : noItem
  }

  /** The first item of a structure with the tag, or {@link noItem}. */
  find(structure: Item, tag: number): Item {
    const end = this.#word(structure, 3)
    for (let item = structure + 1; item < end; item = this.#word(item, 3)) {
      if (this.tag(item) === tag) return item
    }
    return noItem
  }

  /** The items of a structure; with a tag, those that have it. */
  children(structure: Item, tag?: number): Item[] {
    const end = this.#word(structure, 3)
    const items: Item[] = []
    for (let item = structure + 1; item < end; item = this.#word(item, 3)) {
      if (tag === undefined || this.tag(item) === tag) items.push(item)
    }
    return items
  }

  /** Of an Integer. */
  integer(item: Item): number {
    return this.#word(item, 2) | 0
  }

  /** Of an Enumeration or an Interval, which have no sign. */
  unsigned(item: Item): number {
    return this.#word(item, 2)
  }

  boolean(item: Item): boolean {
    return this.#word(item, 2) === 1
  }

  /** Of a Long Integer; of a Date-Time the seconds since 1970, of a Date-Time Extended the microseconds. */
  long(item: Item): bigint {
    return this.bytes.readBigInt64BE(this.#word(item, 1))
  }

  bigInteger(item: Item): bigint {
    const bytes = this.byteString(item)
    return BigInt.asIntN(bytes.length * 8, BigInt(`0x${bytes.toString('hex')}`))
  }

  text(item: Item): string {
    const start = this.#word(item, 1)
    return this.bytes.toString('utf8', start, start + this.#word(item, 2))
  }

  /** Of a Byte String or Big Integer; a view of {@link bytes}. */
  byteString(item: Item): Buffer {
    const start = this.#word(item, 1)
    return this.bytes.subarray(start, start + this.#word(item, 2))
  }

  #word(item: Item, word: number): number {
    return this.#tape[4 * item + word] as number
  }
}
