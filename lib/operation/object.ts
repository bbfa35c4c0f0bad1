/** KMIP 2.1 section 11.37, Object Type. */
export const objectTypes = [
  'Certificate',
  'OpaqueObject',
  'PrivateKey',
  'PublicKey',
  'SecretData',
  'SplitKey',
  'SymmetricKey',
] as const
export type ObjectType = (typeof objectTypes)[number]

/** KMIP 2.1 section 11.58, State. */
export const states = [
  'PreActive',
  'Active',
  'Deactivated',
  'Compromised',
  'Destroyed',
  'DestroyedCompromised',
] as const
export type State = (typeof states)[number]

/**
 * What a key is for, fixed when it is made. The pipeline lets an operation touch only keys of its purposes, for owners
 * and administrators too: nobody signs a token, a CRL or an audit head through a general sign.
 */
export const purposes = ['general', 'token', 'ca', 'audit', 'barrier', 'keymanager', 'private'] as const
export type Purpose = (typeof purposes)[number]

/** KMIP 2.1 section 12.1, Cryptographic Usage Mask: the bits that Mortise's operations ask for. */
export const usageMask = {
  Sign: 0x0001,
  Verify: 0x0002,
  Encrypt: 0x0004,
  Decrypt: 0x0008,
  WrapKey: 0x0010,
  UnwrapKey: 0x0020,
  MACGenerate: 0x0080,
  MACVerify: 0x0100,
  DeriveKey: 0x0200,
  KeyAgreement: 0x0800,
  CertificateSign: 0x1000,
  CRLSign: 0x2000,
} as const
export type Usage = keyof typeof usageMask

/**
 * A managed object as its row: what is indexed stands in columns of its own, everything else in `attributes`.
 * The barrier seals `material` and authenticates the whole row with `mac`.
 */
export interface ObjectRow {
  /** UUID. Names this one version of the object, for ever. */
  readonly id: string
  /** Version of the row: 1 when made, one more with each change. */
  readonly version: number
  /** The tenant. Only `root` today. */
  readonly domain: string
  readonly type: ObjectType
  readonly state: State
  readonly purpose: Purpose
  /** Principal id. */
  readonly owner: string
  /** Unique in the domain among objects that are not destroyed; a rekey moves it to the new version. */
  readonly name: string | null
  /** Id of the first version of this key; a rekey makes the next serial of the same family. */
  readonly family: string
  /** 1, 2, ... within the family: the key version that stands in a sealed record. At most 2^32-1. */
  readonly serial: number
  /** Name of a row of the algorithm table (lib/crypto), for instance `AES` or `EC`. */
  readonly algorithm: string
  /** Bits. */
  readonly length: number
  /** Bits of {@link usageMask}. */
  readonly usage: number
  /** Milliseconds since 1970, UTC. */
  readonly created: number
  /** The key provider that holds the key: `software`, or a token's name. */
  readonly provider: string
  /** The attributes that are not indexed, as JSON with its keys in order. */
  readonly attributes: string
  /** Sealed key material, or what the provider needs to find the key; null once destroyed. */
  readonly material: Uint8Array | null
  /** The barrier's header (format 1, keyring version 4 bytes) and HMAC-SHA-256 (32) over store id, table and the canonical row. */
  readonly mac: Uint8Array
}

/** The attributes of an object that are not columns. */
export interface ObjectAttributes {
  /** Whether the clear key may be exported at all. Default false. */
  extractable: boolean
  /** KMIP's Sensitive: the key never leaves unwrapped. Default true unless extractable. */
  sensitive: boolean
  /** Named curve, as SEC 2 and FIPS 186 name it (`P-256`), of an elliptic-curve key. */
  curve?: string
  /** SHA-256 of the public key (SPKI), hexadecimal, of an asymmetric key. */
  publicKeyDigest?: string
  /** Free text of whoever made it. */
  description?: string
  /** Links by KMIP's names (section 4.33): object ids. */
  links?: {
    publicKey?: string
    privateKey?: string
    replacement?: string
    replaced?: string
  }
  /** Milliseconds since 1970. */
  activated?: number
  deactivated?: number
  compromised?: number
  destroyed?: number
  revocationReason?: string
  revocationMessage?: string
}
