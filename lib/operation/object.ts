/** KMIP 2.1 section 11.34, Object Type. */
export const objectTypes = [
  'Certificate',
  'CertificateRequest',
  'OpaqueObject',
  'PGPKey',
  'PrivateKey',
  'PublicKey',
  'SecretData',
  'SplitKey',
  'SymmetricKey',
  'Template',
] as const
export type ObjectType = (typeof objectTypes)[number]

/** KMIP 2.1 section 11.55, State. */
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
  /** Name of a row of the algorithm table (lib/crypto), for instance `AES` or `EC`; empty for what has none. */
  readonly algorithm: string
  /** Bits. */
  readonly length: number
  /** Bits of {@link usageMask}. */
  readonly usage: number
  /** Milliseconds since 1970, UTC. */
  readonly created: number
  /** The key provider that holds the key: `software`, or a token's name. */
  readonly provider: string
  /** The attributes that are no columns, as JSON with its keys in order. */
  readonly attributes: string
  /**
   * What the object can be located by besides its columns: a JSON array of texts (lib/keys/terms.ts) in order, or the empty
   * string where there is nothing. Derived from `attributes`.
   */
  readonly terms: string
  /** Sealed key material, or what the provider needs to find the key; null once destroyed, and of a key whose value is kept elsewhere. */
  readonly material: Uint8Array | null
  /** The barrier's header (format 1, keyring version 4 bytes) and HMAC-SHA-256 (32) over store id, table and the canonical row. */
  readonly mac: Uint8Array
}

/** How a further name stands among the terms of a row: never shortened, because the store holds it to be as unique as a name. */
export function nameTerm(name: string): string {
  return JSON.stringify(['name', name])
}

/** KMIP's Link Type, without the word Link. */
export const linkTypes = [
  'privateKey',
  'publicKey',
  'certificate',
  'derivationBase',
  'derivedKey',
  'replaced',
  'replacement',
  'parent',
  'child',
  'previous',
  'next',
  'pkcs12Password',
  'pkcs12Certificate',
  'wrappingKey',
] as const
export type LinkType = (typeof linkTypes)[number]

/** KMIP 2.1 section 4.59, Usage Limits. */
export interface UsageLimits {
  /** How much the key may protect in all. What is left of it is counted in a record (lib/keys/usage.ts). */
  readonly total: number
  /** `Byte`: bytes that are protected. `Object`: operations that protect. */
  readonly unit: 'Byte' | 'Object'
}

/** What a client says of an object in its own words (KMIP 2.1 Vendor Attribute; 1.x Custom Attribute). */
export interface VendorAttribute {
  /** `x` where a client does not name one. `y` is the server's own. */
  readonly vendor: string
  readonly name: string
  /** KMIP's item type. */
  readonly type:
    | 'text'
    | 'integer'
    | 'longInteger'
    | 'boolean'
    | 'dateTime'
    | 'byteString'
    | 'enumeration'
    | 'interval'
  /** Text; hexadecimal of bytes; milliseconds since 1970 of a date; decimal of a long integer. */
  readonly value: string | number | boolean
}

/** Facts of a certificate (RFC 5280) that it is found by. */
export interface CertificateFacts {
  /** Distinguished names: `CN=..., O=...`, in the order of the certificate. */
  readonly subject: string
  readonly issuer: string
  /** Hexadecimal. */
  readonly serial: string
  /** Milliseconds since 1970. */
  readonly notBefore: number
  readonly notAfter: number
  /** SHA-256 of the DER, hexadecimal. */
  readonly digest: string
  /** Bytes of the DER. */
  readonly length: number
  /** What stands in it as DER, hexadecimal; not of one that RFC 5280 would not have so. */
  readonly encoded?: EncodedFacts
}

/** Parts of a certificate as they are encoded. */
export interface EncodedFacts {
  /** Distinguished names. */
  readonly subject: string
  readonly issuer: string
  /** GeneralNames. */
  readonly subjectNames?: readonly string[]
  readonly issuerNames?: readonly string[]
  /** Two's complement, without tag and length. */
  readonly serial: string
  /** Object identifier of the signature algorithm. */
  readonly signature: string
}

/**
 * What its maker said of an object in the words of its own protocol, where the server has others or none. It is told to whoever asks
 * in that protocol, and nothing is decided by it.
 */
export interface StatedFacts {
  /** `ECDSA` of a key of the algorithm EC. */
  readonly algorithm?: string
  /** Bits: 192 of a key of the algorithm 3DES. */
  readonly length?: number
  /** Usages that nothing here asks for: names of KMIP's mask, or bits in hexadecimal. */
  readonly usage?: readonly string[]
  /** KMIP's Key Format Type that it came in. */
  readonly keyFormat?: string
}

/** When a key is to be rekeyed of itself. The newest version of the key bears it. */
export interface RotationPolicy {
  /** Milliseconds from one rotation to the next (KMIP 2.1 section 4.51, Rotate Interval). */
  readonly interval: number
  /** Milliseconds from the making of a version to its activation (Rotate Offset). */
  readonly offset?: number
  /** How many of the newest versions stay Active. */
  readonly keepActive?: number
  /** When the next one falls due, milliseconds since 1970. */
  readonly next: number
  /** Principal id of whoever set it. */
  readonly setBy: string
}

/** What a share of a split key says of itself (KMIP 2.1 section 2.8). */
export interface SplitKeyFacts {
  /** UUID that the shares of one splitting have in common; not of those that KMIP registers, which has none. */
  readonly split?: string
  readonly method:
    | 'XOR'
    | 'PolynomialSharingGF2_8'
    | 'PolynomialSharingGF2_16'
    | 'PolynomialSharingPrimeField'
  /** Of the fields of bytes: as KMIP numbers the polynomials of GF(2^8). Where not said: 283. */
  readonly polynomial?: 283 | 285
  /** Of the field of a prime: that, hexadecimal. */
  readonly prime?: string
  /** How many shares there are. */
  readonly parts: number
  /** Which of them it is: 1, 2, ... */
  readonly identifier: number
  /** How many are needed. */
  readonly threshold: number
  /** What the key is of which it is a share; not of one that was registered without its algorithm. */
  readonly of?: 'PrivateKey' | 'SymmetricKey'
}

/** The attributes of an object that are not columns. Dates are milliseconds since 1970. */
export interface ObjectAttributes {
  /** Whether the clear key may be exported at all. Default false. Once false it stays so. */
  extractable: boolean
  /** Whether callers may choose the IV that they encrypt under, also under the policy approved. Default false. */
  callerIv?: boolean
  /** KMIP's Sensitive: the key never leaves unwrapped. Default true unless extractable. Once true it stays so. */
  sensitive: boolean
  /** Where not said: as `sensitive`. */
  alwaysSensitive?: boolean
  /** Where not said: the opposite of `extractable`. */
  neverExtractable?: boolean
  /** Named curve, as SEC 2 and FIPS 186 name it (`P-256`), of an elliptic-curve key. */
  curve?: string
  /** SHA-256 of the public key (SPKI), hexadecimal, of an asymmetric key. */
  publicKeyDigest?: string
  /** Ids of the objects that the server itself has linked (KMIP 2.1 section 4.31). */
  links?: { readonly [type in LinkType]?: string }
  /** Links that a client has set. */
  moreLinks?: readonly { readonly type: LinkType; readonly object: string }[]

  /** Activation Date: when it became Active, or will. */
  activated?: number
  /** Process Start Date: before it, it opens and verifies nothing. */
  processStart?: number
  /** Protect Stop Date: from then on it protects nothing. */
  protectStop?: number
  /** Deactivation Date: when it became Deactivated, or will. */
  deactivated?: number
  /** Compromise Date and Compromise Occurrence Date. */
  compromised?: number
  compromiseOccurred?: number
  /** Destroy Date. */
  destroyed?: number
  /** When it is to be destroyed: until then it cannot be used, but recovered. */
  destroyAt?: number
  rotation?: RotationPolicy
  /** Archive Date; there only while it is archived. */
  archived?: number
  /** Last Change Date. */
  changed?: number
  /** Original Creation Date of what was made elsewhere. */
  originallyCreated?: number
  revocationReason?: string
  revocationMessage?: string
  usageLimits?: UsageLimits

  /**
   * Further names (KMIP's Name may stand several times): each as unique as the name, which alone decides who has rights by the scope
   * that it is in. The newest version of a key bears them.
   */
  furtherNames?: readonly string[]
  /** Free text of whoever made it. */
  description?: string
  comment?: string
  contactInformation?: string
  objectGroups?: readonly string[]
  alternativeNames?: readonly { readonly type: string; readonly value: string }[]
  applicationSpecific?: readonly { readonly namespace: string; readonly data: string }[]
  vendorAttributes?: readonly VendorAttribute[]
  /** By the names of KMIP's fields. */
  cryptographicParameters?: readonly { readonly [field: string]: string | number | boolean }[]
  /** Of a key that was made elsewhere, by the names of KMIP's fields. */
  randomNumberGenerator?: { readonly [field: string]: string | number | boolean }
  nistKeyTypes?: readonly string[]
  keyValueLocations?: readonly { readonly type: string; readonly value: string }[]
  pkcs12FriendlyName?: string
  /** Whether its material has not left since it was made. */
  fresh?: boolean
  protectionLevel?: 'High' | 'Low'
  /** Seconds. */
  protectionPeriod?: number
  quantumSafe?: boolean

  stated?: StatedFacts
  /** Of a key that is destroyed: SHA-256, hexadecimal, and KMIP's format of what it was of. */
  digest?: { readonly value: string; readonly keyFormatType: string }

  splitKey?: SplitKeyFacts
  certificate?: CertificateFacts
  /** KMIP's Secret Data Type. */
  secretDataType?: 'Password' | 'Seed'
  /** What the bytes of an opaque object are, as its maker says. */
  opaqueDataType?: string
  /** KMIP's Certificate Request Type. */
  certificateRequestType?: string
  pgpKeyVersion?: number
}
