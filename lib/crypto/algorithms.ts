import { MortiseError } from '../errors/index.js'
import type { Curve, Hash, KeyType } from '../native/index.js'
import type { ObjectType, Usage } from '../operation/index.js'
import type { Judged, Standing } from './policy.js'

/** One row of the table that everything else about algorithms derives from or is checked against. */
export interface Algorithm {
  readonly name: string
  /** What the native core calls it. */
  readonly native: KeyType
  /** Whether it is one secret key or a pair. */
  readonly kind: 'secret' | 'pair'
  /** Allowed lengths in bits; empty where the curve says it. The first is the default. */
  readonly lengths: readonly number[]
  /** Allowed curves; the first is the default. */
  readonly curves?: readonly Curve[]
  /** The hash that the key is bound to, for MACs. */
  readonly hash?: Hash
  /** Usages that a key of each object type may have. {@link defaultUsages} says which it has unless told otherwise. */
  readonly usages: Partial<Record<ObjectType, readonly Usage[]>>
  /** Days that SP 800-57 part 1 section 5.3.6 allows an originator, by which a rotation is due. */
  readonly cryptoperiodDays: number
  /** Whether the policies admit it. */
  readonly standing: Standing
  /** Lengths and curves that are regarded otherwise than the row. */
  readonly standings?: Readonly<Record<string, Standing>>
}

const day = 1
const year = 365 * day
const cipher: readonly Usage[] = ['Encrypt', 'Decrypt', 'WrapKey', 'UnwrapKey']
const mac: readonly Usage[] = ['MACGenerate', 'MACVerify', 'DeriveKey']

/** Usages that a key has only when asked for: a key that does anything else agrees and derives nothing (SP 800-57 part 1 section 5.2). */
const onRequest: readonly Usage[] = ['DeriveKey', 'KeyAgreement', 'MACGenerate', 'MACVerify']

/** The usages of a key for which nobody has named any. */
export function defaultUsages(allowed: readonly Usage[]): readonly Usage[] {
  const usual = allowed.filter((usage) => !onRequest.includes(usage))
  if (usual.length > 0) return usual
  return allowed.filter((usage) => usage !== 'DeriveKey')
}

/** Lengths of HMAC keys: that of the hash is the default. SP 800-131A section 10 approves 112 bits and more. */
const hmacLengths = [128, 160, 192, 224, 256, 384, 512]

function hmac<H extends Hash>(hash: H, length: number, standing: Standing = 'approved') {
  return {
    name: `HMAC-${hash}`,
    native: 'HMAC',
    kind: 'secret',
    lengths: [length, ...hmacLengths.filter((other) => other !== length)],
    hash,
    usages: { SymmetricKey: mac },
    cryptoperiodDays: 2 * year,
    standing,
  } as const
}

export const algorithms = {
  AES: {
    name: 'AES',
    native: 'AES',
    kind: 'secret',
    lengths: [256, 192, 128],
    usages: { SymmetricKey: [...cipher, ...mac] },
    cryptoperiodDays: 2 * year,
    standing: 'approved',
  },
  'AES-XTS': {
    name: 'AES-XTS',
    native: 'AES-XTS',
    kind: 'secret',
    lengths: [512, 256],
    usages: { SymmetricKey: ['Encrypt', 'Decrypt'] },
    cryptoperiodDays: 2 * year,
    standing: 'approved',
  },
  '3DES': {
    name: '3DES',
    native: '3DES',
    kind: 'secret',
    lengths: [168, 112],
    usages: { SymmetricKey: ['Encrypt', 'Decrypt'] },
    cryptoperiodDays: 2 * year,
    standing: 'legacy',
  },
  ChaCha20: {
    name: 'ChaCha20',
    native: 'ChaCha20',
    kind: 'secret',
    lengths: [256],
    usages: { SymmetricKey: ['Encrypt', 'Decrypt'] },
    cryptoperiodDays: 2 * year,
    standing: 'compatible',
  },
  // Kept for those who have it elsewhere: nothing here uses it.
  SKIPJACK: {
    name: 'SKIPJACK',
    native: 'SKIPJACK',
    kind: 'secret',
    lengths: [80],
    usages: {},
    cryptoperiodDays: 2 * year,
    standing: 'compatible',
  },
  'HMAC-SHA-256': hmac('SHA-256', 256),
  'HMAC-SHA-384': hmac('SHA-384', 384),
  'HMAC-SHA-512': hmac('SHA-512', 512),
  'HMAC-SHA-512/256': hmac('SHA-512/256', 256),
  'HMAC-SHA-224': hmac('SHA-224', 224),
  'HMAC-SHA3-224': hmac('SHA3-224', 224),
  'HMAC-SHA3-256': hmac('SHA3-256', 256),
  'HMAC-SHA3-384': hmac('SHA3-384', 384),
  'HMAC-SHA3-512': hmac('SHA3-512', 512),
  'HMAC-SHA-1': hmac('SHA-1', 160, 'legacy'),
  RSA: {
    name: 'RSA',
    native: 'RSA',
    kind: 'pair',
    lengths: [3072, 2048, 4096, 1024],
    usages: { PrivateKey: ['Sign', 'Decrypt', 'UnwrapKey'], PublicKey: ['Verify', 'Encrypt', 'WrapKey'] },
    cryptoperiodDays: 2 * year,
    standing: 'approved',
    standings: { 1024: 'legacy' },
  },
  EC: {
    name: 'EC',
    native: 'EC',
    kind: 'pair',
    lengths: [],
    curves: ['P-256', 'P-384', 'P-521', 'secp256k1'],
    usages: { PrivateKey: ['Sign', 'KeyAgreement'], PublicKey: ['Verify', 'KeyAgreement'] },
    cryptoperiodDays: 2 * year,
    standing: 'approved',
    standings: { secp256k1: 'compatible' },
  },
  // Kept for those who have it elsewhere: nothing here uses it, and none is made.
  DSA: {
    name: 'DSA',
    native: 'DSA',
    kind: 'pair',
    lengths: [2048, 3072, 1024, 512],
    usages: {},
    cryptoperiodDays: 2 * year,
    standing: 'compatible',
  },
  Ed25519: {
    name: 'Ed25519',
    native: 'Ed25519',
    kind: 'pair',
    lengths: [255],
    usages: { PrivateKey: ['Sign'], PublicKey: ['Verify'] },
    cryptoperiodDays: 2 * year,
    standing: 'approved',
  },
  Ed448: {
    name: 'Ed448',
    native: 'Ed448',
    kind: 'pair',
    lengths: [448],
    usages: { PrivateKey: ['Sign'], PublicKey: ['Verify'] },
    cryptoperiodDays: 2 * year,
    standing: 'approved',
  },
  X25519: {
    name: 'X25519',
    native: 'X25519',
    kind: 'pair',
    lengths: [255],
    usages: { PrivateKey: ['KeyAgreement'], PublicKey: ['KeyAgreement'] },
    cryptoperiodDays: 2 * year,
    standing: 'compatible',
  },
  X448: {
    name: 'X448',
    native: 'X448',
    kind: 'pair',
    lengths: [448],
    usages: { PrivateKey: ['KeyAgreement'], PublicKey: ['KeyAgreement'] },
    cryptoperiodDays: 2 * year,
    standing: 'compatible',
  },
} as const satisfies Record<string, Algorithm>

export type AlgorithmName = keyof typeof algorithms

export const algorithmNames = Object.keys(algorithms) as AlgorithmName[]

export const curveBits: Readonly<Record<Curve, number>> = {
  'P-256': 256,
  'P-384': 384,
  'P-521': 521,
  secp256k1: 256,
}

/** @throws MORTISE_CRYPTO_UNSUPPORTED for a name that is not in the table */
export function algorithmNamed(name: string): Algorithm {
  const row = Object.hasOwn(algorithms, name) ? algorithms[name as AlgorithmName] : undefined
  if (!row) {
    throw new MortiseError(
      'MORTISE_CRYPTO_UNSUPPORTED',
      `there is no algorithm ${JSON.stringify(name)}: choose one of ${algorithmNames.join(', ')}`,
    )
  }
  return row
}

/** A key as a policy sees it. */
export function judgedKey(algorithm: string, length: number, curve: string | undefined): Judged {
  const row = algorithmNamed(algorithm)
  if (row.standings === undefined) return row
  const standing = row.standings[curve ?? length]
  return standing === undefined ? row : { name: `${algorithm} ${curve ?? length}`, standing }
}

/** A key that can be made: an algorithm with its length or curve settled. */
export interface KeySpec {
  readonly algorithm: Algorithm
  /** Bits. */
  readonly length: number
  readonly curve: Curve | undefined
}

/** Bytes of a secret key: each byte of a 3DES key has a bit of parity. */
export function secretBytes({ algorithm, length }: KeySpec): number {
  return algorithm.native === '3DES' ? length / 7 : length / 8
}

/**
 * Settles what is left open in a request for a key.
 *
 * @throws MORTISE_CRYPTO_UNSUPPORTED with the choices, when the length or curve is not one of the table's
 */
export function keySpec(name: string, length?: number, curve?: string): KeySpec {
  const algorithm = algorithmNamed(name)
  const unsupported = (what: string, choices: readonly (string | number)[]) =>
    new MortiseError(
      'MORTISE_CRYPTO_UNSUPPORTED',
      `${name} has no ${what}: choose one of ${choices.join(', ')}`,
    )

  if (algorithm.curves) {
    const chosen = algorithm.curves.find((known) =>
      curve === undefined ? length === undefined || curveBits[known] === length : known === curve,
    )
    if (!chosen || (length !== undefined && curveBits[chosen] !== length)) {
      throw unsupported(`curve ${curve ?? `of ${length} bits`}`, algorithm.curves)
    }
    return { algorithm, length: curveBits[chosen], curve: chosen }
  }
  if (curve !== undefined) throw unsupported(`curve ${curve}`, ['none'])
  const bits = length ?? algorithm.lengths[0]
  if (bits === undefined || !algorithm.lengths.includes(bits)) {
    throw unsupported(`length of ${bits} bits`, algorithm.lengths)
  }
  return { algorithm, length: bits, curve: undefined }
}
