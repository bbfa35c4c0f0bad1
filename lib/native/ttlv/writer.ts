import { MortiseError } from '../../errors/index.js'
import type { Addon } from '../addon.js'
import { ItemType } from './item_type.js'
import type { Item, TtlvMessage } from './message.js'

/** Words that are copied as they are: items that are always the same. */
export type Prepared = Uint32Array

/** Where the native encoder finds what the other words are: native/node_ttlv.cc. */
const header = { count: 0, units: 1, wide: 2, at: 3, size: 4 } as const
/** The type, in commands alone, of a text whose bytes stand in the command (native/ttlv/encode.h). */
const preparedText = 0x80 | ItemType.TextString
const slabBytes = 2 ** 16
const noRoom = -1
/** Words that are always free: enough for a command without bytes of its own, and what the encoder may read behind the last. */
const spare = 8

/**
 * Writes messages: items one after the other, the native encoder lays them out in one call. Messages share slabs of memory, which are
 * written once and go with the last of them.
 *
 * Methods throw MORTISE_INPUT_INVALID for what their item type cannot hold.
 */
export class TtlvWriter {
  readonly #native: Addon
  #commands = new Uint32Array(1024)
  #commandBytes = new Uint8Array(this.#commands.buffer)
  #encode: ReturnType<Addon['ttlvEncoder']>
  #next: number = header.size
  /** A command that begins up to here fits. */
  #last = this.#commands.length - spare
  #texts = ''
  #writing = false
  #slab = Buffer.allocUnsafeSlow(slabBytes)
  #used = 0

  constructor(native: Addon) {
    this.#native = native
    this.#encode = native.ttlvEncoder(this.#commands)
  }

  /**
   * @param write calls the methods of this writer for one item, the message
   * @throws what `write` throws; MORTISE_INPUT_INVALID for text that is not well formed
   */
  message(write: (writer: TtlvWriter) => void): Buffer {
    this.#begin()
    try {
      write(this)
      return this.#finish()
    } catch (error) {
      this.#commands.fill(0, 0, this.#next)
      throw error
    } finally {
      this.#texts = ''
      this.#writing = false
    }
  }

  /** What `write` writes, to be put into messages again and again. Structures may begin in it that others end. */
  prepare(write: (writer: TtlvWriter) => void): Prepared {
    this.#begin()
    try {
      write(this)
      if (this.#texts !== '') throw new MortiseError('MORTISE_INTERNAL', 'only fixed texts are prepared')
      return this.#commands.slice(header.size, this.#next)
    } finally {
      this.#writing = false
    }
  }

  put(prepared: Prepared): void {
    const { length } = prepared
    const at = this.#next
    if (at + length > this.#last) this.#grow(length)
    const commands = this.#commands
    for (let i = 0; i < length; i++) commands[at + i] = prepared[i] as number
    this.#next = at + length
  }

  // The methods below call no others unless they must: there are dozens of calls in a message.

  begin(tag: number): void {
    const at = this.#next
    if (at > this.#last) this.#grow(0)
    this.#commands[at] = (tag << 8) | ItemType.Structure
    this.#next = at + 1
  }

  end(): void {
    const at = this.#next
    if (at > this.#last) this.#grow(0)
    this.#commands[at] = 0
    this.#next = at + 1
  }

  integer(tag: number, value: number): void {
    if ((value | 0) !== value) throw unfit('an Integer is a whole number of 32 bits')
    const at = this.#next
    if (at > this.#last) this.#grow(0)
    const commands = this.#commands
    commands[at] = (tag << 8) | ItemType.Integer
    commands[at + 1] = value
    this.#next = at + 2
  }

  enumeration(tag: number, value: number): void {
    if (value >>> 0 !== value) throw unfit('an Enumeration is a whole number of 32 bits without a sign')
    const at = this.#next
    if (at > this.#last) this.#grow(0)
    const commands = this.#commands
    commands[at] = (tag << 8) | ItemType.Enumeration
    commands[at + 1] = value
    this.#next = at + 2
  }

  /** @param value seconds */
  interval(tag: number, value: number): void {
    if (value >>> 0 !== value) throw unfit('an Interval is a whole number of 32 bits without a sign')
    const at = this.#next
    if (at > this.#last) this.#grow(0)
    const commands = this.#commands
    commands[at] = (tag << 8) | ItemType.Interval
    commands[at + 1] = value
    this.#next = at + 2
  }

  boolean(tag: number, value: boolean): void {
    const at = this.#next
    if (at > this.#last) this.#grow(0)
    const commands = this.#commands
    commands[at] = (tag << 8) | ItemType.Boolean
    commands[at + 1] = value ? 1 : 0
    this.#next = at + 2
  }

  longInteger(tag: number, value: bigint | number): void {
    this.#long((tag << 8) | ItemType.LongInteger, value)
  }

  /** @param value seconds since 1970 */
  dateTime(tag: number, value: bigint | number): void {
    this.#long((tag << 8) | ItemType.DateTime, value)
  }

  /** @param value microseconds since 1970 */
  dateTimeExtended(tag: number, value: bigint | number): void {
    this.#long((tag << 8) | ItemType.DateTimeExtended, value)
  }

  text(tag: number, value: string): void {
    const at = this.#next
    if (at > this.#last) this.#grow(0)
    const commands = this.#commands
    commands[at] = (tag << 8) | ItemType.TextString
    commands[at + 1] = value.length
    this.#next = at + 2
    this.#texts += value
  }

  /** Many texts of one tag: identifiers that were located. */
  textsOf(tag: number, values: readonly string[]): void {
    let at = this.#next
    const words = 2 * values.length
    if (at + words > this.#last) this.#grow(words)
    const commands = this.#commands
    const head = (tag << 8) | ItemType.TextString
    let texts = this.#texts
    for (let i = 0; i < values.length; i++) {
      const value = values[i] as string
      commands[at] = head
      commands[at + 1] = value.length
      texts += value
      at += 2
    }
    this.#next = at
    this.#texts = texts
  }

  /** A text that may be prepared. */
  fixedText(tag: number, value: string): void {
    this.#bytes((tag << 8) | preparedText, Buffer.from(value))
  }

  byteString(tag: number, value: Uint8Array): void {
    this.#bytes((tag << 8) | ItemType.ByteString, value)
  }

  /** @param value bytes are two's complement, as they stand in the message: a multiple of eight */
  bigInteger(tag: number, value: bigint | Uint8Array): void {
    if (typeof value !== 'bigint') {
      if (value.length === 0 || value.length % 8 !== 0)
        throw unfit('a Big Integer has a multiple of eight bytes')
      this.#bytes((tag << 8) | ItemType.BigInteger, value)
      return
    }
    let size = 8
    while (BigInt.asIntN(size * 8, value) !== value) size += 8
    const hex = BigInt.asUintN(size * 8, value).toString(16)
    this.#bytes((tag << 8) | ItemType.BigInteger, Buffer.from(hex.padStart(size * 2, '0'), 'hex'))
  }

  /** Writes an item of another message, with all that it contains: unknown tags and values are kept. */
  copy(message: TtlvMessage, item: Item): void {
    const tag = message.tag(item)
    switch (message.type(item)) {
      case ItemType.Structure:
        this.begin(tag)
        for (const child of message.children(item)) this.copy(message, child)
        this.end()
        break
      case ItemType.Integer:
        this.integer(tag, message.integer(item))
        break
      case ItemType.Enumeration:
        this.enumeration(tag, message.unsigned(item))
        break
      case ItemType.Interval:
        this.interval(tag, message.unsigned(item))
        break
      case ItemType.Boolean:
        this.boolean(tag, message.boolean(item))
        break
      case ItemType.LongInteger:
        this.longInteger(tag, message.long(item))
        break
      case ItemType.DateTime:
        this.dateTime(tag, message.long(item))
        break
      case ItemType.DateTimeExtended:
        this.dateTimeExtended(tag, message.long(item))
        break
      case ItemType.BigInteger: {
        const bytes = message.byteString(item)
        this.bigInteger(tag, bytes.length % 8 === 0 ? bytes : message.bigInteger(item))
        break
      }
      case ItemType.TextString:
        this.text(tag, message.text(item))
        break
      case ItemType.ByteString:
        this.byteString(tag, message.byteString(item))
        break
    }
  }

  #begin(): void {
    if (this.#writing) throw new MortiseError('MORTISE_INTERNAL', 'a message is being written')
    this.#writing = true
    this.#next = header.size
    this.#texts = ''
  }

  /** Every command takes at most eight bytes of the message for each of its words, but for the texts. */
  #finish(): Buffer {
    const words = this.#next - header.size
    const units = this.#texts.length
    const size = this.#run(words * 8 + units, false)
    if (size >= 0) return this.#taken(size)
    if (size === noRoom) {
      // Not ASCII.
      if (/\p{Surrogate}/u.test(this.#texts)) throw unfit('a text has half of a surrogate pair')
      const wide = this.#run(words * 8 + units * 3, true)
      if (wide >= 0) return this.#taken(wide)
    }
    throw unfit('structures lie too deep or do not end, or a text ends within a character')
  }

  #run(most: number, wide: boolean): number {
    if (this.#slab.length - this.#used < most) {
      this.#slab = Buffer.allocUnsafeSlow(Math.max(most, slabBytes))
      this.#used = 0
    }
    const commands = this.#commands
    commands[header.count] = this.#next - header.size
    commands[header.units] = this.#texts.length
    commands[header.wide] = wide ? 1 : 0
    commands[header.at] = this.#used
    return this.#encode(this.#texts, this.#slab)
  }

  #taken(size: number): Buffer {
    const start = this.#used
    this.#used = start + size
    return this.#slab.subarray(start, this.#used)
  }

  #long(head: number, value: bigint | number): void {
    const at = this.#next
    if (at > this.#last) this.#grow(0)
    const commands = this.#commands
    commands[at] = head
    if (typeof value === 'number') {
      if (!Number.isSafeInteger(value)) throw unfit('a number of 64 bits is a whole number, or a bigint')
      commands[at + 1] = Math.floor(value / 2 ** 32)
      commands[at + 2] = value
    } else {
      if (BigInt.asIntN(64, value) !== value) throw unfit('the number has more than 64 bits')
      commands[at + 1] = Number(BigInt.asUintN(32, value >> 32n))
      commands[at + 2] = Number(BigInt.asUintN(32, value))
    }
    this.#next = at + 3
  }

  #bytes(head: number, value: Uint8Array): void {
    const { length } = value
    const words = 2 + ((length + 3) >>> 2)
    const at = this.#next
    if (at + words > this.#last) this.#grow(words)
    const commands = this.#commands
    commands[at] = head
    commands[at + 1] = length
    this.#commandBytes.set(value, (at + 2) * 4)
    this.#next = at + words
  }

  #grow(words: number): void {
    const old = this.#commands
    this.#commands = new Uint32Array(2 ** Math.ceil(Math.log2(this.#next + words + 2 * spare)))
    this.#commandBytes = new Uint8Array(this.#commands.buffer)
    this.#last = this.#commands.length - spare
    this.#commands.set(old)
    old.fill(0)
    this.#encode = this.#native.ttlvEncoder(this.#commands)
  }
}

function unfit(what: string): MortiseError {
  return new MortiseError('MORTISE_INPUT_INVALID', `the KMIP message cannot be written: ${what}`)
}
