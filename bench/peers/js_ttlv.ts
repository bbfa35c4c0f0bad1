/**
 * TTLV in JavaScript, an object for each item: what a careful codec for Node.js looks like without an add-on. It decodes in one pass, and
 * encodes into one Buffer whose size it has summed up before. It checks lengths and types, but neither paddings nor UTF-8.
 */
export interface JsItem {
  readonly tag: number
  readonly type: number
  readonly value: JsValue
}
export type JsValue = JsItem[] | number | bigint | boolean | string | Buffer

export function decodeJs(bytes: Buffer): JsItem {
  const items: JsItem[] = []
  decodeItems(bytes, 0, bytes.length, items, 0)
  return items[0] as JsItem
}

function decodeItems(bytes: Buffer, start: number, end: number, items: JsItem[], depth: number): void {
  if (depth > 32) throw new RangeError('too deep')
  let at = start
  while (at < end) {
    if (end - at < 8) throw new RangeError('no header')
    const head = bytes.readUInt32BE(at)
    const length = bytes.readUInt32BE(at + 4)
    const type = head & 0xff
    const value = at + 8
    const padded = (length + 7) & ~7
    if (padded > end - value) throw new RangeError('overruns')
    items.push({ tag: head >>> 8, type, value: decodeValue(bytes, type, value, length, depth) })
    at = value + padded
  }
}

function decodeValue(bytes: Buffer, type: number, at: number, length: number, depth: number): JsValue {
  switch (type) {
    case 1: {
      const items: JsItem[] = []
      decodeItems(bytes, at, at + length, items, depth + 1)
      return items
    }
    case 2:
      if (length !== 4) throw new RangeError('length')
      return bytes.readInt32BE(at)
    case 5:
    case 10:
      if (length !== 4) throw new RangeError('length')
      return bytes.readUInt32BE(at)
    case 3:
    case 9:
    case 11:
      if (length !== 8) throw new RangeError('length')
      return bytes.readBigInt64BE(at)
    case 4:
      return BigInt.asIntN(8 * length, BigInt(`0x${bytes.toString('hex', at, at + length)}`))
    case 6:
      if (length !== 8) throw new RangeError('length')
      return bytes[at + 7] === 1
    case 7:
      return bytes.toString('utf8', at, at + length)
    case 8:
      return bytes.subarray(at, at + length)
    default:
      throw new RangeError('type')
  }
}

export function encodeJs(item: JsItem): Buffer {
  const bytes = Buffer.allocUnsafe(8 + sizeOf(item))
  encodeItem(item, bytes, 0)
  return bytes
}

/** Of the value with its padding. */
function sizeOf({ value }: JsItem): number {
  if (typeof value === 'string') return (Buffer.byteLength(value) + 7) & ~7
  if (Array.isArray(value)) {
    let size = 0
    for (const item of value) size += 8 + sizeOf(item)
    return size
  }
  return Buffer.isBuffer(value) ? (value.length + 7) & ~7 : 8
}

/** Returns where it ends. */
function encodeItem({ tag, type, value }: JsItem, bytes: Buffer, at: number): number {
  const start = at + 8
  let end = start + 8
  let length = 8
  bytes.writeUInt32BE(((tag << 8) | type) >>> 0, at)
  if (Array.isArray(value)) {
    end = start
    for (const item of value) end = encodeItem(item, bytes, end)
    length = end - start
  } else if (typeof value === 'string' || Buffer.isBuffer(value)) {
    length = typeof value === 'string' ? bytes.write(value, start) : value.copy(bytes, start)
    end = start + ((length + 7) & ~7)
    bytes.fill(0, start + length, end)
  } else if (typeof value === 'number') {
    length = 4
    bytes.writeInt32BE(value | 0, start)
    bytes.writeInt32BE(0, start + 4)
  } else {
    bytes.writeBigInt64BE(typeof value === 'bigint' ? value : BigInt(value), start)
  }
  bytes.writeUInt32BE(length, at + 4)
  return end
}
