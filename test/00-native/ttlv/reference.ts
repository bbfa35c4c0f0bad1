/**
 * TTLV as the specification has it (KMIP 2.1 section 10.1), in the plainest JavaScript: what the native codec is compared with. It
 * takes no care of time or memory.
 */
export interface Tree {
  readonly tag: number
  readonly type: number
  readonly value: readonly Tree[] | number | bigint | boolean | string | Buffer
}

/** As encoded, or undefined where it is no message. */
export function parse(bytes: Buffer, strict: boolean): Tree | undefined {
  try {
    const [tree, end] = item(bytes, 0, bytes.length, strict, 1)
    const isMessage = bytes[0] === 0x42 && tree.type === 1 && end === bytes.length
    return isMessage && batchItems(tree) <= 1000 ? tree : undefined
  } catch (error) {
    if (error instanceof NoMessage) return undefined
    throw error
  }
}

class NoMessage extends Error {}

function batchItems({ value }: Tree): number {
  return (value as readonly Tree[]).filter(({ tag, type }) => tag === 0x42000f && type === 1).length
}

function demand(condition: boolean): void {
  if (!condition) throw new NoMessage()
}

function item(bytes: Buffer, at: number, end: number, strict: boolean, depth: number): [Tree, number] {
  demand(end - at >= 8)
  const tag = bytes.readUIntBE(at, 3)
  const type = bytes.readUInt8(at + 3)
  const length = bytes.readUInt32BE(at + 4)
  demand(tag >>> 16 === 0x42 || tag >>> 16 === 0x54)
  const start = at + 8
  const padded = start + Math.ceil(length / 8) * 8
  demand(padded <= end)
  if (type === 1) {
    demand(length % 8 === 0 && depth <= 32)
    return [{ tag, type, value: items(bytes, start, padded, strict, depth + 1) }, padded]
  }
  const value = bytes.subarray(start, start + length)
  demand(bytes.subarray(start + length, padded).every((byte) => byte === 0))
  const tree = { tag, type, value: valueIn(type, value, strict) }
  const surplus = !strict && type === 7 && length % 8 === 0 && end - padded >= 8
  const zeros = surplus && bytes.subarray(padded, padded + 8).every((byte) => byte === 0)
  return [tree, zeros ? padded + 8 : padded]
}

function items(bytes: Buffer, start: number, end: number, strict: boolean, depth: number): Tree[] {
  const trees: Tree[] = []
  for (let at = start; at < end; ) {
    const [tree, next] = item(bytes, at, end, strict, depth)
    trees.push(tree)
    at = next
  }
  return trees
}

function valueIn(type: number, value: Buffer, strict: boolean): Tree['value'] {
  const is = (length: number) => demand(value.length === length)
  switch (type) {
    case 2:
      is(4)
      return value.readInt32BE()
    case 5:
    case 10:
      is(4)
      return value.readUInt32BE()
    case 3:
    case 9:
    case 11:
      is(8)
      return value.readBigInt64BE()
    case 4:
      demand(value.length > 0 && (!strict || value.length % 8 === 0))
      return BigInt.asIntN(8 * value.length, BigInt(`0x${value.toString('hex')}`))
    case 6:
      is(8)
      demand(value.readBigUInt64BE() <= 1n)
      return value[7] === 1
    case 7:
      demand(Buffer.from(value.toString('utf8'), 'utf8').equals(value) && !invalid(value))
      return value.toString('utf8')
    case 8:
      return Buffer.from(value)
    default:
      throw new NoMessage()
  }
}

function invalid(value: Buffer): boolean {
  try {
    new TextDecoder('utf8', { fatal: true }).decode(value)
    return false
  } catch {
    return true
  }
}

export function serialize({ tag, type, value }: Tree): Buffer {
  const header = Buffer.alloc(8)
  header.writeUInt32BE(((tag << 8) | type) >>> 0)
  const body = bodyOf(type, value)
  header.writeUInt32BE(body.length, 4)
  return Buffer.concat([header, body, Buffer.alloc((8 - (body.length % 8)) % 8)])
}

function bodyOf(type: number, value: Tree['value']): Buffer {
  if (Buffer.isBuffer(value)) return value
  if (Array.isArray(value)) return Buffer.concat(value.map(serialize))
  if (typeof value === 'string') return Buffer.from(value)
  if (type === 4) {
    let size = 8
    while (BigInt.asIntN(8 * size, value as bigint) !== value) size += 8
    const hex = BigInt.asUintN(8 * size, value as bigint).toString(16)
    return Buffer.from(hex.padStart(2 * size, '0'), 'hex')
  }
  const body = Buffer.alloc(typeof value === 'number' ? 4 : 8)
  if (typeof value === 'number') body.writeInt32BE(value | 0)
  else body.writeBigInt64BE(typeof value === 'boolean' ? BigInt(value) : (value as bigint))
  return body
}
