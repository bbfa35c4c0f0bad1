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

function tagged(tag: number, content: Buffer): Buffer {
  const head = content.length < 128 ? [tag, content.length] : [tag, 0x81, content.length]
  return Buffer.concat([Buffer.from(head), content])
}
