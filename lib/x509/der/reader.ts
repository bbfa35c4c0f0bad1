import { malformed } from '../malformed.js'
import { oidText } from './oid.js'
import { tags } from './tags.js'

/** One value with its identifier and length octets (`der`), and without them. Both are views. */
export interface DerElement {
  readonly tag: number
  readonly der: Uint8Array
  readonly content: Uint8Array
}

/**
 * Reads DER (X.690 section 10) one value after the other and copies nothing. What is not the one encoding that DER allows is
 * refused: indefinite or padded lengths, padded integers, booleans but 0x00 and 0xff, strings in parts. Nothing is read that the caller
 * does not ask for, so that the grammar bounds the depth.
 *
 * @throws MORTISE_X509_INVALID of every method
 */
export class DerReader {
  readonly #bytes: Uint8Array
  #at = 0

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes
  }

  get done(): boolean {
    return this.#at === this.#bytes.length
  }

  /** Whether the next value has this identifier octet. */
  next(tag: number): boolean {
    return this.#bytes[this.#at] === tag
  }

  /** That there is nothing more. */
  end(): void {
    if (!this.done) throw malformed('there is something behind its end')
  }

  /** The next value, which stays the next. */
  peek(): DerElement {
    const at = this.#at
    const element = this.element()
    this.#at = at
    return element
  }

  element(): DerElement {
    const start = this.#at
    const tag = this.#byte()
    if ((tag & 0x1f) === 0x1f) throw malformed('a tag is of more than one byte')
    const length = this.#length()
    const from = this.#at
    if (length > this.#bytes.length - from) throw malformed('a value is longer than what holds it')
    this.#at = from + length
    return {
      tag,
      der: this.#bytes.subarray(start, this.#at),
      content: this.#bytes.subarray(from, this.#at),
    }
  }

  /** The content of a value of this identifier octet. */
  content(tag: number): Uint8Array {
    if (!this.next(tag)) {
      throw malformed(`a value of tag 0x${tag.toString(16)} is missing or another one is in its place`)
    }
    return this.element().content
  }

  constructed(tag: number): DerReader {
    return new DerReader(this.content(tag))
  }

  sequence(): DerReader {
    return this.constructed(tags.sequence)
  }

  /** Every element of a SEQUENCE OF that may not be empty. */
  sequenceOf<T>(read: (reader: DerReader) => T): T[] {
    return this.sequence().every(read)
  }

  /** Every element up to the end, of which there must be one. */
  every<T>(read: (reader: DerReader) => T): T[] {
    const all: T[] = []
    do {
      all.push(read(this))
    } while (!this.done)
    return all
  }

  /** BOOLEAN DEFAULT FALSE: DER leaves out the default. */
  flag(tag: number = tags.boolean): boolean {
    if (!this.next(tag)) return false
    const [byte, ...more] = this.content(tag)
    if (byte !== 0xff || more.length > 0) throw malformed('a BOOLEAN is not DER, or is a default spelt out')
    return true
  }

  /** The bytes of an INTEGER in two's complement. */
  integer(tag: number = tags.integer): Uint8Array {
    const bytes = this.content(tag)
    const [first, second = 0] = bytes
    if (first === undefined) throw malformed('an INTEGER is empty')
    const padded = bytes.length > 1 && ((first === 0 && second < 0x80) || (first === 0xff && second >= 0x80))
    if (padded) throw malformed('an INTEGER is padded')
    return bytes
  }

  /** An INTEGER of 0 to 2^31 - 1; what is larger is taken as that. */
  count(tag: number = tags.integer): number {
    const bytes = this.integer(tag)
    if ((bytes[0] ?? 0) >= 0x80) throw malformed('a number is negative')
    return bytes.length > 4 ? 2 ** 31 - 1 : bytes.reduce((value, byte) => value * 256 + byte, 0)
  }

  oid(): string {
    return oidText(this.content(tags.oid))
  }

  octetString(): Uint8Array {
    return this.content(tags.octetString)
  }

  /** A BIT STRING: its bytes, and how many bits of the last are none of it. */
  bitString(tag: number = tags.bitString): { readonly bytes: Uint8Array; readonly unused: number } {
    const content = this.content(tag)
    const unused = content[0] ?? 8
    const bytes = content.subarray(1)
    const rest = (bytes.at(-1) ?? 0) & ((1 << unused) - 1)
    if (unused > 7 || (bytes.length === 0 && unused > 0) || rest !== 0) {
      throw malformed('a BIT STRING is not DER')
    }
    return { bytes, unused }
  }

  /** A BIT STRING of whole bytes. */
  bitBytes(): Uint8Array {
    const { bytes, unused } = this.bitString()
    if (unused > 0) throw malformed('a BIT STRING is not of whole bytes')
    return bytes
  }

  #byte(): number {
    const byte = this.#bytes[this.#at++]
    if (byte === undefined) throw malformed('it is cut off')
    return byte
  }

  #length(): number {
    const first = this.#byte()
    if (first < 0x80) return first
    const size = first & 0x7f
    // 3 bytes are 16 MiB, beyond every limit of what is read here.
    if (size === 0 || size > 3) throw malformed('a length is indefinite or too large')
    let length = 0
    for (let i = 0; i < size; i++) length = length * 256 + this.#byte()
    if (length < 0x80 || length < 2 ** (8 * (size - 1))) throw malformed('a length is padded')
    return length
  }
}
