import { malformed } from '../malformed.js'
import { tags } from './tags.js'

/** One DER value (X.690 section 10) of this identifier octet. */
export function value(tag: number, ...contents: readonly Uint8Array[]): Buffer {
  const size = contents.reduce((sum, content) => sum + content.length, 0)
  return Buffer.concat([header(tag, size), ...contents])
}

function header(tag: number, size: number): Uint8Array {
  if (size < 0x80) return Uint8Array.of(tag, size)
  const bytes = bytesOf(size)
  return Uint8Array.of(tag, 0x80 | bytes.length, ...bytes)
}

/** Big endian, as few as there are. */
function bytesOf(number: number | bigint): Buffer {
  const digits = number.toString(16)
  return Buffer.from(digits.padStart(digits.length + (digits.length % 2), '0'), 'hex')
}

export function sequence(...contents: readonly Uint8Array[]): Buffer {
  return value(tags.sequence, ...contents)
}

/** SET OF: in the order of the encodings (X.690 section 11.6). */
export function setOf(contents: readonly Uint8Array[], tag: number = tags.set): Buffer {
  return value(tag, ...[...contents].sort(Buffer.compare))
}

/** BOOLEAN DEFAULT FALSE, of which DER leaves out the default. */
export function flag(isSet: boolean, tag: number = tags.boolean): Uint8Array {
  return isSet ? value(tag, Uint8Array.of(0xff)) : nothing
}

/** What is left out. */
export const nothing = new Uint8Array()

/** INTEGER of two's complement, as the reader has it. */
export function integer(bytes: Uint8Array, tag: number = tags.integer): Buffer {
  return value(tag, bytes)
}

/** INTEGER of a number that is not negative. */
export function count(number: number | bigint, tag: number = tags.integer): Buffer {
  const isWhole = typeof number === 'bigint' || Number.isSafeInteger(number)
  if (!isWhole || number < 0) throw malformed(`${number} is no whole number of 0 or more`)
  const bytes = bytesOf(number)
  return value(tag, (bytes[0] ?? 0) < 0x80 ? nothing : Uint8Array.of(0), bytes)
}

export function enumerated(number: number, tag: number = tags.enumerated): Buffer {
  return count(number, tag)
}

/** Characters: more than 64 bytes of content need. */
const longestOid = 160
const dotted = /^(?:[01]\.[1-3]?\d|2\.(?:0|[1-9]\d*))(?:\.(?:0|[1-9]\d*))*$/

/** Certificates have a dozen of them, nearly always the same. */
const written = new Map<string, Buffer>()
const mostWritten = 500

/** OBJECT IDENTIFIER of dotted decimal. */
export function oid(text: string): Buffer {
  const known = written.get(text)
  if (known) return known
  if (text.length > longestOid || !dotted.test(text)) {
    throw malformed(`${JSON.stringify(text.slice(0, longestOid))} is no object identifier`)
  }
  const [root = 0n, second = 0n, ...rest] = text.split('.').map(BigInt)
  const der = value(tags.oid, Uint8Array.from([root * 40n + second, ...rest].flatMap(base128)))
  if (written.size < mostWritten) written.set(text, der)
  return der
}

function base128(arc: bigint): number[] {
  const bytes = [Number(arc & 0x7fn)]
  for (let left = arc >> 7n; left > 0n; left >>= 7n) bytes.unshift(Number(left & 0x7fn) | 0x80)
  return bytes
}

export function octetString(bytes: Uint8Array): Buffer {
  return value(tags.octetString, bytes)
}

/** BIT STRING of whole bytes. */
export function bitBytes(bytes: Uint8Array): Buffer {
  return value(tags.bitString, Uint8Array.of(0), bytes)
}

/** BIT STRING of named bits, the first of them first: without zeros at its end (X.690 section 11.2.2). */
export function namedBits(bits: readonly boolean[], tag: number = tags.bitString): Buffer {
  const used = bits.lastIndexOf(true) + 1
  const bytes = new Uint8Array(Math.ceil(used / 8))
  for (let bit = 0; bit < used; bit++) {
    if (bits[bit]) bytes[bit >> 3] = (bytes[bit >> 3] ?? 0) | (0x80 >> (bit & 7))
  }
  return value(tag, Uint8Array.of(8 * bytes.length - used), bytes)
}

/** A value of a string type whose characters are bytes of UTF-8 as they are. */
export function text(tag: number, characters: string): Buffer {
  return value(tag, Buffer.from(characters))
}
