import { tags } from '../../lib/x509/der/tags.js'

export { constructed, primitive, tags } from '../../lib/x509/der/tags.js'

/** One DER value. */
export function der(tag: number, ...content: readonly Uint8Array[]): Buffer {
  const body = Buffer.concat(content)
  return Buffer.concat([Buffer.from([tag, ...length(body.length)]), body])
}

function length(size: number): number[] {
  if (size < 0x80) return [size]
  const bytes = size.toString(16)
  const even = Buffer.from(bytes.padStart(bytes.length + (bytes.length % 2), '0'), 'hex')
  return [0x80 | even.length, ...even]
}

export function sequence(...content: readonly Uint8Array[]): Buffer {
  return der(tags.sequence, ...content)
}

export function integer(value: number): Buffer {
  const text = value.toString(16)
  const bytes = Buffer.from(text.padStart(text.length + (text.length % 2), '0'), 'hex')
  return der(tags.integer, (bytes[0] ?? 0) < 0x80 ? bytes : Buffer.from([0, ...bytes]))
}

export function oid(text: string): Buffer {
  const [first = 0, second = 0, ...rest] = text.split('.').map(BigInt) as bigint[]
  return der(tags.oid, Buffer.from([BigInt(first) * 40n + BigInt(second), ...rest].flatMap(base128)))
}

function base128(arc: bigint): number[] {
  const bytes = [Number(arc & 0x7fn)]
  for (let left = arc >> 7n; left > 0n; left >>= 7n) bytes.unshift(Number(left & 0x7fn) | 0x80)
  return bytes
}

export const yes = der(tags.boolean, Buffer.from([0xff]))

export function text(value: string, tag: number = tags.utf8String): Buffer {
  return der(tag, Buffer.from(value))
}

export function bits(bytes: Uint8Array, unused = 0): Buffer {
  return der(tags.bitString, Buffer.from([unused]), bytes)
}

/** `YYYYMMDDHHMMSSZ`, or with two digits of the year as UTCTime. */
export function time(value: string): Buffer {
  return text(value, value.length === 13 ? tags.utcTime : tags.generalizedTime)
}

/** A name of one attribute for each relative name. */
export function name(...attributes: readonly (readonly [type: string, value: Uint8Array])[]): Buffer {
  return sequence(...attributes.map(([type, value]) => der(tags.set, sequence(oid(type), value))))
}

export function commonName(value: string): Buffer {
  return name(['2.5.4.3', text(value)])
}
