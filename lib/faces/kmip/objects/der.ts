import type { curveNames } from '../attributes/table.js'
import { refuse } from '../engine/refusal.js'

type Curve = keyof typeof curveNames

/** Object identifiers of curves (SEC 2 appendix A), DER, and the bytes of a coordinate. */
const curves: Readonly<
  Record<Curve, { readonly oid: string; readonly bytes: number; readonly jwk: string }>
> = {
  'P-256': { oid: '06082a8648ce3d030107', bytes: 32, jwk: 'P-256' },
  'P-384': { oid: '06052b81040022', bytes: 48, jwk: 'P-384' },
  'P-521': { oid: '06052b81040023', bytes: 66, jwk: 'P-521' },
  secp256k1: { oid: '06052b8104000a', bytes: 32, jwk: 'secp256k1' },
}

export function curveOf(name: string) {
  if (Object.hasOwn(curves, name)) return curves[name as Curve]
  throw refuse('UnsupportedCryptographicParameters', `keys on the curve ${name} are not supported`)
}

/** ECPrivateKey (RFC 5915) of a private number alone. */
export function ecPrivateKey(curve: string, number: Uint8Array): Buffer {
  const { oid, bytes } = curveOf(curve)
  const octets = Buffer.alloc(bytes)
  if (number.length > bytes) throw refuse('InvalidField', 'the private key is longer than its curve')
  octets.set(number, bytes - number.length)
  const parameters = tagged(0xa0, Buffer.from(oid, 'hex'))
  return tagged(0x30, Buffer.concat([Buffer.of(2, 1, 1), tagged(0x04, octets), parameters]))
}

const dsa = Buffer.from('06072a8648ce380401', 'hex')

/** The numbers of a DSA key: its parameters p, q and g, and the public or the private one. */
export interface DsaNumbers {
  readonly p: bigint
  readonly q: bigint
  readonly g: bigint
  readonly own: bigint
}

/** SubjectPublicKeyInfo (RFC 3279 section 2.3.2), or PKCS#8 of a private key. */
export function dsaKey(kind: 'private' | 'public', { p, q, g, own }: DsaNumbers): Buffer {
  const parameters = tagged(0x30, Buffer.concat([p, q, g].map(integer)))
  const algorithm = tagged(0x30, Buffer.concat([dsa, parameters]))
  return kind === 'public'
    ? tagged(0x30, Buffer.concat([algorithm, tagged(0x03, Buffer.concat([Buffer.of(0), integer(own)]))]))
    : tagged(0x30, Buffer.concat([integer(0n), algorithm, tagged(0x04, integer(own))]))
}

/** What {@link dsaKey} was made of. */
export function dsaNumbers(kind: 'private' | 'public', der: Buffer): DsaNumbers {
  const all = integersIn(der)
  const [p = 0n, q = 0n, g = 0n, own = 0n] = kind === 'public' ? all : all.slice(1)
  return { p, q, g, own }
}

/** Every INTEGER of a key as the core writes it, in order, those inside of strings too. */
function integersIn(der: Buffer): bigint[] {
  const found: bigint[] = []
  for (let at = 0; at + 2 <= der.length; ) {
    const tag = der.readUInt8(at)
    const first = der.readUInt8(at + 1)
    const more = first < 0x80 ? 0 : first & 0x7f
    const start = at + 2 + more
    const end = start + (more === 0 ? first : der.readUIntBE(at + 2, more))
    const content = der.subarray(start, end)
    if (tag === 0x02) found.push(BigInt(`0x${content.toString('hex')}`))
    if (tag === 0x30 || tag === 0x04) found.push(...integersIn(content))
    if (tag === 0x03) found.push(...integersIn(content.subarray(1)))
    at = end
  }
  return found
}

function integer(value: bigint): Buffer {
  const hex = value.toString(16)
  const bytes = Buffer.from(hex.length % 2 === 0 ? hex : `0${hex}`, 'hex')
  return tagged(0x02, bytes.readUInt8(0) < 0x80 ? bytes : Buffer.concat([Buffer.of(0), bytes]))
}

function tagged(tag: number, content: Buffer): Buffer {
  const { length } = content
  const head = length < 0x80 ? [length] : length < 0x100 ? [0x81, length] : [0x82, length >> 8, length & 0xff]
  return Buffer.concat([Buffer.of(tag, ...head), content])
}
