import {
  type AttributeValues,
  algorithms,
  type NewKeyAttributes,
  type StatedFacts,
  type Usage,
  usageMask,
} from '../../../core/index.js'
import type { GivenAttribute } from '../attributes/read.js'
import { isSeveral } from '../attributes/several.js'
import { refuse } from '../engine/refusal.js'
import { algorithmNames } from '../words.js'

/** What a client says of a new object, sorted by where the core wants it. */
export interface NewObject {
  /** The core's name, or KMIP's where the core has none. */
  readonly algorithm?: string
  readonly length?: number
  readonly curve?: string
  /** Names of usages, and other bits as one number in hexadecimal. */
  readonly mask?: string
  readonly name?: string
  readonly furtherNames?: readonly string[]
  readonly extractable?: boolean
  readonly sensitive?: boolean
  /** In which it is to be given out. */
  readonly keyFormat?: string
  readonly attributes: AttributeValues
}

/** Facts that the core finds out by itself, or that the operation has read elsewhere. */
const found = new Set(['ObjectType', 'Digest', 'DigitalSignatureAlgorithm', 'OpaqueDataType'])
const ofCertificates = /^(Certificate|X_509)/

/** @throws InvalidField for what contradicts itself or cannot be set */
export function newObject(given: readonly GivenAttribute[]): NewObject {
  const made: { -readonly [field in keyof NewObject]?: NewObject[field] } = {}
  const attributes: Record<string, unknown> = {}
  for (const { core, value } of given) {
    if (core === undefined || value === undefined || found.has(core) || ofCertificates.test(core)) continue
    switch (core) {
      case 'CryptographicAlgorithm':
        made.algorithm = value as string
        break
      case 'CryptographicLength':
        made.length = value as number
        break
      case 'CryptographicDomainParameters':
        made.curve = (value as { curve: string }).curve
        break
      case 'CryptographicUsageMask':
        made.mask = value as string
        break
      case 'Name':
        if (made.name === undefined) made.name = value as string
        else made.furtherNames = [...(made.furtherNames ?? []), value as string]
        break
      case 'KeyFormatType':
        made.keyFormat = value as string
        break
      case 'Extractable':
        made.extractable = value as boolean
        break
      case 'Sensitive':
        made.sensitive = value as boolean
        break
      case 'UsageLimits': {
        const { total, left, unit } = value as Record<string, string | number>
        attributes['UsageLimits'] = { total: total ?? left, unit }
        break
      }
      default: {
        const before = attributes[core]
        attributes[core] = isSeveral(core)
          ? [...((before as unknown[]) ?? []), value]
          : once(core, before, value)
      }
    }
  }
  return { ...made, attributes: attributes as AttributeValues } as NewObject
}

function once(name: string, before: unknown, value: unknown): unknown {
  if (before === undefined) return value
  throw refuse('InvalidField', `an object has one ${name}`)
}

/**
 * As the core is told of it. What clients expect of KMIP differs from what the core does unless told otherwise: objects begin
 * PreActive, and keys may be got, but for those on a token.
 */
export function keyAttributes(
  made: NewObject,
  type: KeyObject | undefined,
  keyFormat = made.keyFormat,
): NewKeyAttributes {
  const { algorithm, length, mask, name, furtherNames, extractable, sensitive, attributes } = made
  const row = coreAlgorithm(algorithm)
  const allowed: Partial<Record<string, readonly Usage[]>> =
    row === undefined ? { SecretData: ['DeriveKey'] } : algorithms[row].usages
  const { usage, others } = usagesOf(mask, allowed[type ?? 'SecretData'] ?? [])
  const stated: StatedFacts = {
    ...(algorithm !== undefined && algorithm !== row && { algorithm }),
    ...(length !== undefined && length !== coreLength(row, length) && { length }),
    ...(others.length > 0 && { usage: others }),
    ...(keyFormat !== undefined && { keyFormat }),
  }
  return {
    activate: false,
    extractable: extractable ?? 'here',
    attributes,
    ...(name !== undefined && { name }),
    ...(furtherNames && { furtherNames }),
    ...(sensitive !== undefined && { sensitive }),
    ...(usage && { usage }),
    ...(Object.keys(stated).length > 0 && { stated }),
  }
}

type KeyObject = 'PrivateKey' | 'PublicKey' | 'SymmetricKey'

/** Bits that the core knows and the key may have are usages; what else a client has said is kept as it said it. */
export function usagesOf(mask: string | undefined, allowed: readonly Usage[]) {
  if (mask === undefined) return { others: [] }
  const words = mask.split(' ').filter((word) => word !== '')
  const usage = words.filter(
    (word): word is Usage => Object.hasOwn(usageMask, word) && allowed.includes(word as Usage),
  )
  const others = words.filter((word) => !usage.includes(word as Usage))
  // What KMIP calls to derive from a key of a pair is to agree with it.
  const agrees = others.includes('DeriveKey') && allowed.includes('KeyAgreement')
  return {
    usage: agrees && !usage.includes('KeyAgreement') ? [...usage, 'KeyAgreement' as const] : usage,
    others,
  }
}

/** Keys of 3DES have 24 or 16 bytes: 168 or 112 bits without those of parity, 192 or 128 with them. */
export function coreLength(algorithm: string | undefined, length: number): number {
  return algorithm === '3DES' && length % 8 === 0 && length % 7 !== 0 ? (length / 8) * 7 : length
}

/** The row of the algorithm table that a name of KMIP means. */
export function coreAlgorithm(name: string | undefined): keyof typeof algorithms | undefined {
  if (name === undefined) return undefined
  const meant = otherNames[name] ?? name
  return Object.hasOwn(algorithms, meant) ? (meant as keyof typeof algorithms) : undefined
}

/** Names of KMIP for keys that are the same here. */
const otherNames: Readonly<Record<string, keyof typeof algorithms>> = {
  ECDSA: 'EC',
  ECDH: 'EC',
  ECMQV: 'EC',
  ChaCha20Poly1305: 'ChaCha20',
}

/** @throws UnsupportedCryptographicParameters */
export function requireAlgorithm(name: string | undefined): keyof typeof algorithms {
  const found = coreAlgorithm(name)
  if (found !== undefined) return found
  throw name === undefined
    ? refuse('MissingData', 'the Cryptographic Algorithm is missing')
    : refuse(
        'UnsupportedCryptographicParameters',
        `keys of ${algorithmNames[name] ?? name} are not supported`,
      )
}
