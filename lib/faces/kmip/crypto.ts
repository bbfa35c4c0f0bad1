import type { AttributeValue, CipherMode, Hash, SignatureScheme } from '../../core/index.js'
import { cryptographicParameters } from './attributes/table.js'
import { refuse } from './engine/refusal.js'
import { structure } from './fields.js'
import type { Request } from './operations/operation.js'
import { Tag } from './tables/index.js'

/** Cryptographic Parameters by the core's names of their fields; enumerations are KMIP's names. */
export interface Parameters {
  readonly blockCipherMode?: string
  readonly paddingMethod?: string
  readonly hashingAlgorithm?: string
  readonly digitalSignatureAlgorithm?: string
  readonly cryptographicAlgorithm?: string
  readonly randomIv?: boolean
  readonly ivLength?: number
  readonly tagLength?: number
  readonly maskGenerator?: string
  readonly maskGeneratorHashingAlgorithm?: string
  /** Hexadecimal. */
  readonly pSource?: string
  readonly saltLength?: number
}

const hashes: Readonly<Record<string, Hash>> = {
  SHA_1: 'SHA-1',
  SHA_224: 'SHA-224',
  SHA_256: 'SHA-256',
  SHA_384: 'SHA-384',
  SHA_512: 'SHA-512',
  SHA_512_256: 'SHA-512/256',
  SHA3_224: 'SHA3-224',
  SHA3_256: 'SHA3-256',
  SHA3_384: 'SHA3-384',
  SHA3_512: 'SHA3-512',
}

/** @throws UnsupportedCryptographicParameters */
export function hashOf(name: string | undefined): Hash {
  const hash = hashes[name ?? 'SHA_256']
  if (hash !== undefined) return hash
  throw unsupported(`the hash ${name} is not supported`)
}

export function unsupported(message: string) {
  return refuse('UnsupportedCryptographicParameters', message)
}

/** Those of the request, or the first ones that the key has (KMIP 2.1 section 6.1.16); none where neither has any. */
export async function parametersOf({ payload, session }: Request, object: string): Promise<Parameters> {
  const given = payload.optional(Tag.CryptographicParameters, structure)
  if (given) return cryptographicParameters.read(given.message, given.item) as Parameters
  const { CryptographicParameters: ofKey } = await session.attributes(object, ['CryptographicParameters'])
  const [first] = (ofKey ?? []) as readonly AttributeValue[]
  return (first ?? {}) as Parameters
}

/** A key of an operation, with what is to be known of it. */
export interface UsedKey {
  readonly id: string
  /** A row of the core's algorithm table, or what the client calls it. Empty where the parameters say all that there is to know. */
  readonly algorithm: string
  readonly curve: string | undefined
}

export async function usedKey({ session }: Request, object: string): Promise<UsedKey> {
  const { id, attributes } = await session.getAttributes(object, [
    'CryptographicAlgorithm',
    'CryptographicDomainParameters',
  ])
  const { curve } = (attributes.CryptographicDomainParameters ?? {}) as { curve?: string }
  return { id, algorithm: String(attributes.CryptographicAlgorithm), curve }
}

/** What identifiers look like, and no names (lib/faces/kmip/attributes/table.ts). */
const identifier = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/

/** The key of a cipher: where a mode is named, the core needs not be asked what it is before it is used. */
export async function cipherKey(
  request: Request,
  object: string,
): Promise<{ readonly key: UsedKey; readonly parameters: Parameters }> {
  const given = request.payload.optional(Tag.CryptographicParameters, structure)
  if (given && identifier.test(object)) {
    const parameters = await parametersOf(request, object)
    if (parameters.blockCipherMode !== undefined)
      return { key: { id: object, algorithm: '', curve: undefined }, parameters }
  }
  const key = await usedKey(request, object)
  return { key, parameters: await parametersOf(request, key.id) }
}

const modes: Readonly<Record<string, CipherMode>> = {
  CBC: 'CBC',
  CTR: 'CTR',
  ECB: 'ECB',
  GCM: 'GCM',
  XTS: 'XTS',
  AEAD: 'ChaCha20-Poly1305',
}

/** Of ciphers that have no blocks. */
const usualModes: Readonly<Record<string, CipherMode>> = {
  ChaCha20: 'ChaCha20',
  ChaCha20Poly1305: 'ChaCha20-Poly1305',
}

export function modeOf({ blockCipherMode }: Parameters, algorithm: string): CipherMode {
  if (blockCipherMode === undefined) return usualModes[algorithm] ?? 'GCM'
  const mode = modes[blockCipherMode]
  if (mode !== undefined) return mode
  throw unsupported(`the Block Cipher Mode ${blockCipherMode} is not supported`)
}

/** The padding of the modes that have one. @throws UnsupportedCryptographicParameters */
export function paddingOf(
  mode: CipherMode,
  { paddingMethod = 'None' }: Parameters,
): { readonly padding?: 'PKCS7' | 'none' } {
  if (mode !== 'CBC' && mode !== 'ECB') return {}
  if (paddingMethod === 'PKCS5') return { padding: 'PKCS7' }
  if (paddingMethod === 'None') return { padding: 'none' }
  throw unsupported(`the Padding Method ${paddingMethod} is not supported: PKCS5 and None are`)
}

/** What OAEP is done with. @throws UnsupportedCryptographicParameters for other paddings */
export function oaepOf({
  paddingMethod = 'OAEP',
  hashingAlgorithm = 'SHA_256',
  maskGeneratorHashingAlgorithm = hashingAlgorithm,
  pSource = '',
}: Parameters) {
  if (paddingMethod !== 'OAEP') throw unsupported(`RSA encrypts with OAEP, not with ${paddingMethod}`)
  return {
    oaep: hashOf(hashingAlgorithm),
    oaepMask: hashOf(maskGeneratorHashingAlgorithm),
    oaepLabel: Buffer.from(pSource, 'hex'),
  }
}

const bits: Readonly<Record<string, string>> = { SHA_1: '1', SHA_256: '256', SHA_384: '384', SHA_512: '512' }

/** The hash that goes with each curve in JOSE's schemes. */
const hashOfCurve: Readonly<Record<string, string>> = {
  'P-256': 'SHA_256',
  'P-384': 'SHA_384',
  'P-521': 'SHA_512',
  secp256k1: 'SHA_256',
}

/** How a key signs. */
export interface Signing {
  /** JOSE's name; undefined for what the key does unless told otherwise. */
  readonly scheme?: SignatureScheme
  readonly saltLength?: number
  /** What the data is hashed by first, where no scheme of the key does that. */
  readonly hash?: Hash
  /** Whether a hash is named at all. */
  readonly named: boolean
}

export function signingOf(parameters: Parameters, { algorithm, curve }: UsedKey): Signing {
  const { paddingMethod, hashingAlgorithm, digitalSignatureAlgorithm, saltLength } = parameters
  const [, ofRsa] = /^(SHA_?\d+)WithRSAEncryption$/.exec(digitalSignatureAlgorithm ?? '') ?? []
  const [, ofEc] = /^ECDSAWith(SHA\d+)$/.exec(digitalSignatureAlgorithm ?? '') ?? []
  const hash = (ofRsa ?? ofEc)?.replace(/^SHA_?/, 'SHA_') ?? hashingAlgorithm
  const named = hash !== undefined
  if (algorithm === 'RSA') {
    const size = bits[hash ?? 'SHA_256']
    if (size === undefined) throw unsupported(`signatures with ${hash} are not supported`)
    const pss = paddingMethod === 'PSS' || digitalSignatureAlgorithm === 'RSASSA_PSS'
    if (!pss && paddingMethod !== undefined && paddingMethod !== 'PKCS1V1_5')
      throw unsupported(`signatures with the padding ${paddingMethod} are not supported`)
    const scheme = `${pss ? 'PS' : 'RS'}${size}` as SignatureScheme
    return { scheme, named, ...(pss && saltLength !== undefined && { saltLength }) }
  }
  if (hash === undefined || curve === undefined || hashOfCurve[curve] === hash) return { named }
  return { named, hash: hashOf(hash) }
}
