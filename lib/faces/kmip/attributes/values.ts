import type { AttributeValue } from '../../../core/index.js'
import { type Item, noItem, type TtlvMessage, type TtlvWriter } from '../../../native/index.js'
import { refuse } from '../engine/refusal.js'
import {
  boolean,
  byteString,
  dateTime,
  enumerated,
  integer,
  interval,
  type Kind,
  longInteger,
  readItem,
  structure,
  text,
} from '../fields.js'
import { type EnumerationName, enumerationNames, enumerations, isKnown, masks } from '../tables/index.js'
import type { ValueRow, Version } from '../tables/rows.js'

/** How a value stands in a message, and in the core. */
export interface ValueCodec {
  /** @throws MORTISE_KMIP_MALFORMED for another item type */
  read(message: TtlvMessage, item: Item): AttributeValue
  /** Of a field that may stand several times in its structure. */
  readAll?(message: TtlvMessage, items: readonly Item[]): AttributeValue
  write(writer: TtlvWriter, tag: number, value: AttributeValue, version: Version): void
  /** Whether a version has a word for all of it. */
  isKnown(value: AttributeValue, version: Version): boolean
}

type Scalar = string | number | boolean

function codec<Raw>(
  kind: Kind<Raw>,
  toCore: (raw: Raw) => Scalar,
  write: (writer: TtlvWriter, tag: number, value: never) => void,
): ValueCodec {
  return {
    read: (message, item) => toCore(readItem(message, item, kind)),
    write: (writer, tag, value) => write(writer, tag, value as never),
    isKnown: () => true,
  }
}

export const words = codec(
  text,
  (value) => value,
  (writer, tag, value: string) => writer.text(tag, value),
)
/** Hexadecimal as text, which clients write in either case. */
export const digits = codec(
  text,
  (value) => value.toLowerCase(),
  (writer, tag, value: string) => writer.text(tag, value),
)
export const flag = codec(
  boolean,
  (value) => value,
  (writer, tag, value: boolean) => writer.boolean(tag, value),
)
export const whole = codec(
  integer,
  (value) => value,
  (writer, tag, value: number) => writer.integer(tag, value),
)
/** A Long Integer that is a safe integer of JavaScript. */
export const long = codec(
  longInteger,
  (value) => {
    const number = Number(value)
    if (Number.isSafeInteger(number)) return number
    throw refuse('InvalidField', 'the number is too large')
  },
  (writer, tag, value: number) => writer.longInteger(tag, value),
)
export const seconds = codec(
  interval,
  (value) => value,
  (writer, tag, value: number) => writer.interval(tag, value),
)
/** ISO 8601 in the core. */
export const date = codec(dateTime, isoOf, (writer, tag, value: string) =>
  writer.dateTime(tag, secondsOf(value)),
)
/** Hexadecimal in the core. */
export const bytes = codec(
  byteString,
  (value) => value.toString('hex'),
  (writer, tag, value: string) => writer.byteString(tag, Buffer.from(value, 'hex')),
)

/** Several fields of one tag in a structure: hexadecimal with spaces between them in the core. */
export const severalBytes: ValueCodec = {
  read: (message, item) => bytes.read(message, item),
  readAll: (message, items) => items.map((item) => bytes.read(message, item)).join(' '),
  write(writer, tag, value) {
    for (const one of String(value).split(' ')) writer.byteString(tag, Buffer.from(one, 'hex'))
  },
  isKnown: () => true,
}

/** Names of an enumeration; a value without one is its number in hexadecimal. `other` are the core's names of some of them. */
export function oneOf(list: EnumerationName, other: Readonly<Record<string, string>> = {}): ValueCodec {
  const names = enumerationNames(list)
  const rows: Readonly<Record<string, ValueRow>> = enumerations[list]
  const fromCore = new Map(Object.entries(other))
  const toCore = new Map(Object.entries(other).map(([core, kmip]) => [kmip, core]))
  const kmipName = (value: AttributeValue) => fromCore.get(value as string) ?? (value as string)
  return {
    read(message, item) {
      const number = readItem(message, item, enumerated)
      const name = names.name(number) ?? `0x${number.toString(16).padStart(8, '0')}`
      return toCore.get(name) ?? name
    },
    write(writer, tag, value) {
      const name = kmipName(value)
      writer.enumeration(tag, names.value(name) ?? Number(name))
    },
    isKnown(value, version) {
      const row = rows[kmipName(value)]
      return row === undefined ? /^0x[0-9a-f]+$/.test(kmipName(value)) : isKnown(row, version)
    },
  }
}

/** Names of bits with spaces between them; the others as one number in hexadecimal. */
export function bitsOf(list: keyof typeof masks): ValueCodec {
  const rows = Object.entries<ValueRow>(masks[list])
  return {
    read(message, item) {
      const mask = readItem(message, item, integer) >>> 0
      return maskText(mask, rows)
    },
    write(writer, tag, value, version) {
      const known = rows.filter(([, row]) => isKnown(row, version))
      writer.integer(tag, maskNumber(String(value), known) | 0)
    },
    isKnown: () => true,
  }
}

function maskText(mask: number, rows: readonly (readonly [string, ValueRow])[]): string {
  const named = rows.filter(([, { value }]) => (mask & value) !== 0)
  const rest = named.reduce((left, [, { value }]) => left & ~value, mask) >>> 0
  return [...named.map(([name]) => name), ...(rest === 0 ? [] : [`0x${rest.toString(16)}`])].join(' ')
}

function maskNumber(value: string, rows: readonly (readonly [string, ValueRow])[]): number {
  const bits = new Map(rows.map(([name, row]) => [name, row.value]))
  return value
    .split(' ')
    .map((word) => bits.get(word) ?? (word.startsWith('0x') ? Number(word) : 0))
    .reduce((mask, bit) => mask | bit, 0)
}

/** A structure: the core's names of its fields, and where each stands. */
export function fieldsOf(
  fields: Readonly<Record<string, readonly [tag: number, codec: ValueCodec, since?: Version]>>,
): ValueCodec {
  const entries = Object.entries(fields)
  return {
    read(message, item) {
      const { message: within, item: at } = readItem(message, item, structure)
      const value: Record<string, Scalar> = {}
      for (const [name, [tag, one]] of entries) {
        const child = within.find(at, tag)
        if (child === noItem) continue
        const read = one.readAll?.(within, within.children(at, tag)) ?? one.read(within, child)
        value[name] = read as Scalar
      }
      return value
    },
    write(writer, tag, value, version) {
      const given = value as Readonly<Record<string, Scalar>>
      writer.begin(tag)
      for (const [name, [field, one, since = '1.0']] of entries) {
        const field_ = given[name]
        if (field_ !== undefined && version >= since) one.write(writer, field, field_, version)
      }
      writer.end()
    },
    isKnown(value, version) {
      const given = value as Readonly<Record<string, Scalar>>
      return entries.every(([name, [, one, since = '1.0']]) => {
        const field = given[name]
        return field === undefined || version < since || one.isKnown(field, version)
      })
    },
  }
}

export function isoOf(seconds: bigint): string {
  const date = new Date(Number(seconds) * 1000)
  if (Number.isNaN(date.getTime())) throw refuse('InvalidField', 'the date is too far away')
  return date.toISOString()
}

export function secondsOf(iso: string): number {
  return Math.floor(Date.parse(iso) / 1000)
}
