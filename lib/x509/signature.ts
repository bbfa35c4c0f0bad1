import { hashes, type Judged, signatureSchemes } from '../crypto/index.js'
import { type Curve, type Hash, type KeyHandle, native, type SignatureScheme } from '../native/index.js'
import type { AlgorithmIdentifier } from './algorithm_identifier.js'
import { hex } from './bytes.js'
import { oid, sequence } from './der/writer.js'

/** How a signature is verified, and how a policy sees its hash; EdDSA hashes by itself. */
export interface SignatureAlgorithm {
  readonly key: 'RSA' | 'EC' | 'Ed25519' | 'Ed448'
  readonly hash: Hash | undefined
  /** Of RSA, but for SHA-1, and of EdDSA. */
  readonly scheme: SignatureScheme | undefined
}

const asnNull = '0500'
/** RSASSA-PSS-params (RFC 4055 section 3.1) of a hash, MGF1 with the same one, and a salt as long as it. */
const pssParameters = (hash: string, salt: string) =>
  `3034a00f300d0609608648016503040${hash}0500a11c301a06092a864886f70d010108300d0609608648016503040${hash}0500a2030201${salt}`

function rsa(hash: Hash, scheme?: SignatureScheme): SignatureAlgorithm {
  return { key: 'RSA', hash, scheme }
}

function ecdsa(hash: Hash): SignatureAlgorithm {
  return { key: 'EC', hash, scheme: undefined }
}

const pss = '1.2.840.113549.1.1.10'

/** By object identifier and parameters (RFC 4055, RFC 5758, RFC 8410): in each there is one encoding. */
const signatureAlgorithms: Readonly<Record<string, SignatureAlgorithm>> = {
  [`1.2.840.113549.1.1.5 ${asnNull}`]: rsa('SHA-1'),
  [`1.2.840.113549.1.1.11 ${asnNull}`]: rsa('SHA-256', 'RS256'),
  [`1.2.840.113549.1.1.12 ${asnNull}`]: rsa('SHA-384', 'RS384'),
  [`1.2.840.113549.1.1.13 ${asnNull}`]: rsa('SHA-512', 'RS512'),
  [`${pss} ${pssParameters('201', '20')}`]: rsa('SHA-256', 'PS256'),
  [`${pss} ${pssParameters('202', '30')}`]: rsa('SHA-384', 'PS384'),
  [`${pss} ${pssParameters('203', '40')}`]: rsa('SHA-512', 'PS512'),
  '1.2.840.10045.4.3.2 ': ecdsa('SHA-256'),
  '1.2.840.10045.4.3.3 ': ecdsa('SHA-384'),
  '1.2.840.10045.4.3.4 ': ecdsa('SHA-512'),
  '1.3.101.112 ': { key: 'Ed25519', hash: undefined, scheme: 'EdDSA' },
  '1.3.101.113 ': { key: 'Ed448', hash: undefined, scheme: 'Ed448' },
}

/** Undefined of an algorithm that is not known, or has other parameters. */
export function signatureAlgorithm(identifier: AlgorithmIdentifier): SignatureAlgorithm | undefined {
  const name = `${identifier.algorithm} ${hex(identifier.parameters ?? new Uint8Array())}`
  return Object.hasOwn(signatureAlgorithms, name) ? signatureAlgorithms[name] : undefined
}

/** The AlgorithmIdentifier of what a scheme makes. */
export function signatureIdentifier(scheme: SignatureScheme): Buffer {
  const der = identifiers.get(scheme) ?? writeIdentifier(scheme)
  identifiers.set(scheme, der)
  return der
}

const identifiers = new Map<SignatureScheme, Buffer>()

function writeIdentifier(scheme: SignatureScheme): Buffer {
  const { algorithm, hash } = signatureSchemes[scheme]
  const [name = ''] =
    Object.entries(signatureAlgorithms).find(
      ([, known]) =>
        known.key === algorithm &&
        known.hash === hash &&
        (known.scheme === undefined || known.scheme === scheme),
    ) ?? []
  const [type = '', parameters = ''] = name.split(' ')
  return sequence(oid(type), Buffer.from(parameters, 'hex'))
}

/** The hash as a policy sees it. */
export function judgedHash({ hash }: SignatureAlgorithm): readonly Judged[] {
  return hash === undefined ? [] : [hashes[hash]]
}

/** What is signed, and the signature. */
export interface Signed {
  readonly message: Uint8Array
  readonly signatureAlgorithm: AlgorithmIdentifier
  readonly signature: Uint8Array
}

/** Whether it is signed with the key. */
export function isSignedWith(
  { message, signature }: Signed,
  algorithm: SignatureAlgorithm,
  key: KeyHandle,
): boolean {
  const { hash, scheme } = algorithm
  if (algorithm.key !== key.type) return false
  if (scheme !== undefined) return native.verify(key, scheme, message, signature, {})
  if (key.curve !== undefined && hash !== undefined) {
    const { scheme, size } = curves[key.curve]
    const digest = fitted(native.hash(hash, message), size)
    return native.verify(key, scheme, digest, signature, { digested: true, encoding: 'der' })
  }
  // Only RSA has one without a scheme: that with SHA-1.
  return native.verify(key, 'RS1', message, signature, {})
}

/** The scheme of the curve, and the bytes of its hash. */
const curves: Readonly<Record<Curve, { scheme: SignatureScheme; size: number }>> = {
  'P-256': { scheme: 'ES256', size: 32 },
  'P-384': { scheme: 'ES384', size: 48 },
  'P-521': { scheme: 'ES512', size: 64 },
  secp256k1: { scheme: 'ES256K', size: 32 },
}

/**
 * JOSE pairs each curve with one hash, X.509 does not. ECDSA takes the digest as a number and of it the leftmost bits, as many as
 * the order of the curve has (FIPS 186-5 section 6.4.1), so that zeros in front or bytes cut off at the end change nothing.
 */
function fitted(digest: Uint8Array, size: number): Uint8Array {
  if (digest.length >= size) return digest.subarray(0, size)
  const padded = new Uint8Array(size)
  padded.set(digest, size - digest.length)
  return padded
}
