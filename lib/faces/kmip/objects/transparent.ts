import type { KeyFormat } from '../../../core/index.js'
import type { TtlvWriter } from '../../../native/index.js'
import { curveNames } from '../attributes/table.js'
import { refuse } from '../engine/refusal.js'
import { bigInteger, byteString, enumerated, type Fields } from '../fields.js'
import { enumerationNames, Tag } from '../tables/index.js'
import { jwkMembers, numberOf } from './big_integers.js'
import { curveOf, type DsaNumbers, dsaKey, dsaNumbers, ecPrivateKey } from './der.js'

/** A key as its numbers (KMIP 2.1 sections 3.4 to 3.12). */
export interface Transparent {
  /** What the core makes of it, and gives it out as. */
  readonly coreFormat: KeyFormat
  read(key: Fields): { readonly format: KeyFormat; readonly material: Buffer }
  write(writer: TtlvWriter, material: Buffer): void
}

const rsaPublic = { n: Tag.Modulus, e: Tag.PublicExponent }
const rsaPrivate = {
  n: Tag.Modulus,
  d: Tag.PrivateExponent,
  e: Tag.PublicExponent,
  p: Tag.P,
  q: Tag.Q,
  dp: Tag.PrimeExponentP,
  dq: Tag.PrimeExponentQ,
  qi: Tag.CRTCoefficient,
}

const recommendedCurves = enumerationNames('RecommendedCurve')
const coreCurves = new Map(Object.entries(curveNames).map(([core, kmip]) => [kmip, core]))

const symmetric: Transparent = {
  coreFormat: 'raw',
  read: (key) => ({ format: 'raw', material: Buffer.from(key.required(Tag.Key, byteString)) }),
  write: (writer, material) => writer.byteString(Tag.Key, material),
}

const ecPrivate: Transparent = {
  coreFormat: 'jwk',
  read: (key) => ({
    format: 'sec1',
    material: ecPrivateKey(curveIn(key), unsigned(key.required(Tag.D, bigInteger))),
  }),
  write(writer, material) {
    const { crv, d } = jwkOf(material)
    writer.enumeration(Tag.RecommendedCurve, curveValue(crv))
    writer.bigInteger(Tag.D, numberOf(d ?? ''))
  },
}

const ecPublic: Transparent = {
  coreFormat: 'jwk',
  read(key) {
    const { bytes, jwk } = curveOf(curveIn(key))
    const point = key.required(Tag.QString, byteString)
    if (point.length !== 1 + 2 * bytes || point[0] !== 4)
      throw refuse('InvalidField', 'the Q String must be an uncompressed point of the curve')
    const coordinate = (start: number) => point.subarray(start, start + bytes).toString('base64url')
    return asJwk({ kty: 'EC', crv: jwk, x: coordinate(1), y: coordinate(1 + bytes) })
  },
  write(writer, material) {
    const { crv, x, y } = jwkOf(material)
    writer.enumeration(Tag.RecommendedCurve, curveValue(crv))
    const parts = [x, y].map((part) => Buffer.from(part ?? '', 'base64url'))
    writer.byteString(Tag.QString, Buffer.concat([Buffer.of(4), ...parts]))
  },
}

const dsaPrivate = dsa('private', Tag.X)
const dsaPublic = dsa('public', Tag.Y)

/** Of other keys than those the core keeps in these formats there is nothing to read. */
function dsa(kind: 'private' | 'public', ownTag: number): Transparent {
  const tags = { p: Tag.P, q: Tag.Q, g: Tag.G, own: ownTag }
  const format = kind === 'public' ? 'spki' : 'pkcs8'
  return {
    coreFormat: format,
    read(key) {
      const number = (tag: number) => key.required(tag, bigInteger)
      const [p, q, g, own] = [number(tags.p), number(tags.q), number(tags.g), number(tags.own)] as const
      if ([p, q, g, own].some((one) => one < 1n))
        throw refuse('InvalidField', 'the numbers of a key are positive')
      return { format, material: dsaKey(kind, { p, q, g, own }) }
    },
    write(writer, material) {
      const numbers = dsaNumbers(kind, material)
      for (const [name, tag] of Object.entries(tags))
        writer.bigInteger(tag, numbers[name as keyof DsaNumbers])
    },
  }
}

export const transparent: Readonly<Record<string, Transparent>> = {
  TransparentSymmetricKey: symmetric,
  TransparentRSAPublicKey: rsa(rsaPublic),
  TransparentRSAPrivateKey: rsa(rsaPrivate),
  TransparentDSAPrivateKey: dsaPrivate,
  TransparentDSAPublicKey: dsaPublic,
  TransparentECPrivateKey: ecPrivate,
  TransparentECPublicKey: ecPublic,
  TransparentECDSAPrivateKey: ecPrivate,
  TransparentECDSAPublicKey: ecPublic,
}

function rsa(members: Readonly<Record<string, number>>): Transparent {
  return {
    coreFormat: 'jwk',
    read: (key) => asJwk({ kty: 'RSA', ...jwkMembers(key, members) }),
    write(writer, material) {
      const jwk = jwkOf(material)
      for (const [member, tag] of Object.entries(members)) {
        const value = jwk[member]
        if (value !== undefined) writer.bigInteger(tag, numberOf(value))
      }
    },
  }
}

function asJwk(jwk: Readonly<Record<string, string>>) {
  return { format: 'jwk' as const, material: Buffer.from(JSON.stringify(jwk)) }
}

function jwkOf(material: Buffer): Readonly<Record<string, string | undefined>> {
  return JSON.parse(material.toString()) as Record<string, string>
}

function curveIn(key: Fields): string {
  const name = recommendedCurves.name(key.required(Tag.RecommendedCurve, enumerated)) ?? 'unknown'
  return coreCurves.get(name) ?? name
}

function curveValue(crv: string | undefined): number {
  const name = curveNames[crv as keyof typeof curveNames]
  return recommendedCurves.value(name) ?? 0
}

function unsigned(value: bigint): Buffer {
  const hex = value.toString(16)
  return Buffer.from(hex.length % 2 === 0 ? hex : `0${hex}`, 'hex')
}
