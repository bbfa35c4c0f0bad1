import type { Curve } from '../native/index.js'
import { readAlgorithmIdentifier } from './algorithm_identifier.js'
import { hex } from './bytes.js'
import { DerReader } from './der/reader.js'

/** SubjectPublicKeyInfo (RFC 5280 section 4.1.2.7). */
export interface PublicKeyInfo {
  readonly der: Uint8Array
  /** Undefined of a kind of key that Mortise does not have. Whether the key is valid, {@link keyFindings} says. */
  readonly kind: KeyKind | undefined
}

/** RSAPublicKey (RFC 8017 appendix A.1.1). */
export interface RsaPublicKey {
  readonly modulus: bigint
  readonly exponent: bigint
}

/** A row of the algorithm table, and what else a policy asks for. */
export interface KeyKind {
  readonly algorithm: string
  /** Bits; of the modulus of RSA. */
  readonly length: number
  readonly curve?: Curve
}

const rsaEncryption = '1.2.840.113549.1.1.1 0500'

/** By object identifier and parameters (RFC 5480, RFC 8410). */
const kinds: Readonly<Record<string, KeyKind>> = {
  '1.2.840.10045.2.1 06082a8648ce3d030107': { algorithm: 'EC', length: 256, curve: 'P-256' },
  '1.2.840.10045.2.1 06052b81040022': { algorithm: 'EC', length: 384, curve: 'P-384' },
  '1.2.840.10045.2.1 06052b81040023': { algorithm: 'EC', length: 521, curve: 'P-521' },
  '1.2.840.10045.2.1 06052b8104000a': { algorithm: 'EC', length: 256, curve: 'secp256k1' },
  '1.3.101.110 ': { algorithm: 'X25519', length: 255 },
  '1.3.101.111 ': { algorithm: 'X448', length: 448 },
  '1.3.101.112 ': { algorithm: 'Ed25519', length: 255 },
  '1.3.101.113 ': { algorithm: 'Ed448', length: 448 },
}

export function readPublicKeyInfo(reader: DerReader): PublicKeyInfo {
  const { der } = reader.peek()
  const fields = reader.sequence()
  const { algorithm, parameters = new Uint8Array() } = readAlgorithmIdentifier(fields)
  const key = fields.bitBytes()
  fields.end()
  const name = `${algorithm} ${hex(parameters)}`
  if (name === rsaEncryption) return { der, kind: { algorithm: 'RSA', length: modulusLength(key) } }
  return { der, kind: Object.hasOwn(kinds, name) ? kinds[name] : undefined }
}

/**
 * @param der SubjectPublicKeyInfo
 * @throws MORTISE_X509_INVALID
 */
export function parsePublicKey(der: Uint8Array): PublicKeyInfo {
  const reader = new DerReader(der)
  const publicKey = readPublicKeyInfo(reader)
  reader.end()
  return publicKey
}

/**
 * The key itself, without its algorithm: what identifies it is a hash of this.
 *
 * @param spki SubjectPublicKeyInfo, DER
 * @throws MORTISE_X509_INVALID
 */
export function keyBits(spki: Uint8Array): Uint8Array {
  const fields = new DerReader(spki).sequence()
  fields.sequence()
  return fields.bitBytes()
}

/** The numbers of an RSA key; undefined of another. They may be negative or 0. */
export function rsaPublicKey({ der, kind }: PublicKeyInfo): RsaPublicKey | undefined {
  if (kind?.algorithm !== 'RSA') return undefined
  const numbers = new DerReader(keyBits(der)).sequence()
  const number = () => {
    const digits = hex(numbers.integer())
    return BigInt.asIntN(4 * digits.length, BigInt(`0x${digits}`))
  }
  return { modulus: number(), exponent: number() }
}

/** Of RSAPublicKey (RFC 8017 appendix A.1.1). */
function modulusLength(key: Uint8Array): number {
  const modulus = new DerReader(key).sequence().integer()
  const first = modulus.findIndex((byte) => byte !== 0)
  return first < 0 ? 0 : 8 * (modulus.length - first) - (Math.clz32(modulus[first] ?? 0) - 24)
}
