import type { MortiseError } from '../../../errors/index.js'
import {
  type Item,
  ItemType,
  type ItemTypeName,
  itemTypeName,
  malformed,
  type TtlvMessage,
  type TtlvWriter,
} from '../../../native/index.js'
import { type Meaning, type Names, Tag, tagNames } from '../tables/index.js'

/** What JSON and XML have in common: how an item's value is written as text (KMIP Additional Message Encodings 1.0 sections 4 and 6). */

/** A name of the tables; otherwise 0x and six digits. */
export function tagText(tag: number): string {
  return tagNames.name(tag) ?? `0x${tag.toString(16).padStart(6, '0')}`
}

/** A tag from its name or number. */
export function tagOf(text: string): number {
  const tag = /^0x[0-9a-f]{6}$/i.test(text) ? Number(text) : tagNames.value(text)
  if (tag === undefined) throw malformed(`there is no tag ${shown(text)}`)
  return tag
}

export function typeOf(text: string): ItemType {
  if (!Object.hasOwn(ItemType, text)) throw malformed(`there is no item type ${shown(text)}`)
  return ItemType[text as ItemTypeName]
}

/** Of what a stranger sent: short, and on one line. */
function shown(text: string): string {
  return JSON.stringify(text.length > 40 ? `${text.slice(0, 40)}...` : text)
}

/** Levels of structures that TTLV may have. */
export const deepest = 32

export function tooDeep(): MortiseError {
  return malformed(`structures are nested deeper than ${deepest} levels`)
}

/** Which attribute the value of one is that follows in the same structure (1.x). */
export function attributeNameOf(tag: number, type: ItemType, value: unknown): string | undefined {
  return tag === Tag.AttributeName && type === ItemType.TextString && typeof value === 'string'
    ? value
    : undefined
}

const unsigned = (digits: number, value: number | bigint) => `0x${value.toString(16).padStart(digits, '0')}`

/** The text of an Enumeration: its name, or eight digits. */
export function enumerationText(value: number, { enumeration }: Meaning): string {
  return enumeration?.name(value) ?? unsigned(8, value)
}

/** The bits of a mask by their names, those without one as digits; undefined for no bits and for what is no mask. */
export function maskText(value: number, { mask }: Meaning, between: string): string | undefined {
  if (mask === undefined || value === 0) return undefined
  const parts: string[] = []
  let unknown = 0
  for (let bit = 0; bit < 32; bit++) {
    const one = (1 << bit) >>> 0
    if ((value & one) === 0) continue
    const name = mask.name(one)
    if (name === undefined) unknown += one
    else parts.push(name)
  }
  if (unknown !== 0) parts.push(unsigned(8, unknown))
  return parts.join(between)
}

/** ISO 8601 in UTC; 16 digits beyond the years 0 to 9999. */
export function dateText(seconds: bigint): string {
  if (seconds < -62_167_219_200n || seconds > 253_402_300_799n) return longText(seconds)
  return `${new Date(Number(seconds) * 1000).toISOString().slice(0, 19)}Z`
}

/** Two's complement in 16 digits. */
export function longText(value: bigint): string {
  return unsigned(16, BigInt.asUintN(64, value))
}

export function hexText(message: TtlvMessage, item: Item): string {
  return message.byteString(item).toString('hex').toUpperCase()
}

/**
 * Writes an item that is no structure from its value as text, or as a number or Boolean of JSON.
 *
 * @throws MORTISE_KMIP_MALFORMED for what is none: the message names the tag, never the value
 */
export function writeValue(
  writer: TtlvWriter,
  tag: number,
  type: ItemType,
  value: unknown,
  meaning: Meaning,
): void {
  switch (type) {
    case ItemType.Integer:
      writer.integer(tag, readInteger(value, meaning.mask) ?? wrong(tag, type))
      break
    case ItemType.Enumeration:
      writer.enumeration(tag, readEnumeration(value, meaning.enumeration) ?? wrong(tag, type))
      break
    case ItemType.Interval:
      writer.interval(tag, readUnsigned(value) ?? wrong(tag, type))
      break
    case ItemType.Boolean:
      writer.boolean(tag, readBoolean(value) ?? wrong(tag, type))
      break
    case ItemType.LongInteger:
      writer.longInteger(tag, readLong(value) ?? wrong(tag, type))
      break
    case ItemType.DateTime:
      writer.dateTime(tag, readDate(value) ?? wrong(tag, type))
      break
    case ItemType.DateTimeExtended:
      writer.dateTimeExtended(tag, readLong(value) ?? wrong(tag, type))
      break
    case ItemType.BigInteger:
      writer.bigInteger(tag, readBigInteger(value) ?? wrong(tag, type))
      break
    case ItemType.TextString:
      writer.text(tag, typeof value === 'string' ? value : wrong(tag, type))
      break
    case ItemType.ByteString:
      writer.byteString(tag, readHex(value) ?? wrong(tag, type))
      break
    case ItemType.Structure:
      wrong(tag, type)
  }
}

function wrong(tag: number, type: ItemType): never {
  throw malformed(`the value of ${tagText(tag)} is not that of the type ${itemTypeName(type)}`)
}

function readInteger(value: unknown, mask: Names | undefined): number | undefined {
  if (typeof value === 'number') return (value | 0) === value ? value : undefined
  if (typeof value !== 'string') return undefined
  const parts = value.split(/[\s|]+/).filter((part) => part !== '')
  if (parts.length === 0) return undefined
  let all = 0
  for (const part of parts) {
    const number = readSigned(part) ?? mask?.value(part)
    if (number === undefined) return undefined
    if (parts.length === 1) return number | 0
    all |= number
  }
  return all
}

/** Decimal digits, or eight of two's complement. */
function readSigned(text: string): number | undefined {
  if (/^0x[0-9a-f]{8}$/i.test(text)) return Number(text) | 0
  if (!/^[+-]?\d{1,10}$/.test(text)) return undefined
  const number = Number(text)
  return (number | 0) === number ? number : undefined
}

function readUnsigned(value: unknown): number | undefined {
  const number =
    typeof value === 'string' && /^(0x[0-9a-f]{1,8}|\+?\d{1,10})$/i.test(value) ? Number(value) : value
  return typeof number === 'number' && number >>> 0 === number ? number : undefined
}

function readEnumeration(value: unknown, names: Names | undefined): number | undefined {
  return readUnsigned(value) ?? (typeof value === 'string' ? names?.value(value) : undefined)
}

function readBoolean(value: unknown): boolean | undefined {
  if (value === true || value === 'true' || value === '1' || value === '0x0000000000000001') return true
  if (value === false || value === 'false' || value === '0' || value === '0x0000000000000000') return false
  return undefined
}

/** A number is exact up to 2^52; 16 digits are two's complement. */
function readLong(value: unknown): bigint | undefined {
  if (typeof value === 'number') return Number.isSafeInteger(value) ? BigInt(value) : undefined
  if (typeof value !== 'string') return undefined
  if (/^0x[0-9a-f]{16}$/i.test(value)) return BigInt.asIntN(64, BigInt(value))
  if (!/^[+-]?\d{1,19}$/.test(value)) return undefined
  const long = BigInt(value.replace('+', ''))
  return BigInt.asIntN(64, long) === long ? long : undefined
}

const isoDate = /^(\d{4})-(\d\d)-(\d\d)T(\d\d):(\d\d):(\d\d)(?:\.\d{1,20})?(?:Z|([+-])(\d\d):(\d\d))?$/i

/** Fractions of seconds are cut; without a zone it is UTC. */
function readDate(value: unknown): bigint | undefined {
  if (typeof value !== 'string') return undefined
  if (value.startsWith('0x')) return readLong(value)
  const match = isoDate.exec(value)
  if (match === null) return undefined
  const [year, month, day, hour, minute, second] = match.slice(1, 7).map(Number) as [
    number,
    number,
    number,
    number,
    number,
    number,
  ]
  const date = new Date(0)
  date.setUTCFullYear(year, month - 1, day)
  date.setUTCHours(hour, minute, second)
  const isDay = date.getUTCMonth() === month - 1 && date.getUTCDate() === day
  const zone = 60 * Number(match[8] ?? 0) + Number(match[9] ?? 0)
  if (!isDay || hour > 23 || minute > 59 || second > 59 || zone > 14 * 60) return undefined
  return BigInt(date.getTime() / 1000 - (match[7] === '-' ? -1 : 1) * zone * 60)
}

/** Two's complement in hexadecimal digits; its sign is carried on to a multiple of eight bytes. */
function readBigInteger(value: unknown): bigint | Uint8Array | undefined {
  if (typeof value === 'number') return Number.isSafeInteger(value) ? BigInt(value) : undefined
  const bytes = typeof value === 'string' ? readHex(value.replace(/^0x/i, '')) : undefined
  if (bytes === undefined || bytes.length === 0) return undefined
  const missing = (8 - (bytes.length % 8)) % 8
  const negative = (bytes[0] as number) > 0x7f
  return Buffer.concat([Buffer.alloc(missing, negative ? 0xff : 0), bytes])
}

function readHex(value: unknown): Buffer | undefined {
  if (typeof value !== 'string' || value.length % 2 !== 0 || !/^[0-9a-f]*$/i.test(value)) return undefined
  return Buffer.from(value, 'hex')
}
