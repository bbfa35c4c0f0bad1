import type { KeySpec } from '../crypto/index.js'
import type {
  CipherLease,
  CipherMode,
  CipherPurposes,
  ContentEncryption,
  DigestFormat,
  Envelope,
  EnvelopeSender,
  Hash,
  KdfInputs,
  KdfMethod,
  KeyFormat,
  KeyHandle,
  KeyKind,
  KeyManagement,
  LeaseBinding,
  MacLease,
  MacPurposes,
  Pkcs11TokenSelector,
  SignatureScheme,
  SignerLease,
  SignOptions,
  VerifierLease,
  WrapEncoding,
  WrapMethod,
} from '../native/index.js'
import type { ManagedObject, ObjectRow, ObjectType, SplitKeyFacts, Usage } from '../operation/index.js'
import type { TokenKey } from './pkcs11_material.js'

/** What sealed material is bound to. */
export type KeyIdentity = Pick<ObjectRow, 'id' | 'type' | 'serial'>

/** Seals the material of software keys; the barrier is one. */
export interface MaterialVault {
  sealMaterial(key: KeyHandle, identity: KeyIdentity): Uint8Array
  openMaterial(material: Uint8Array, identity: KeyIdentity): KeyHandle
  /** Raw bytes of what is no key of a pair. */
  openSecret(material: Uint8Array, identity: KeyIdentity): Buffer
}

/** Facts about a key that was imported. */
export interface ImportedKey {
  readonly material: Uint8Array
  readonly type: ObjectType
  readonly spec: KeySpec
  /** SPKI, DER, of asymmetric keys. */
  readonly publicKey: Buffer | undefined
}

/** How a bare mode is used. */
export interface ModeParameters {
  readonly mode: CipherMode
  /** PKCS#7. */
  readonly padded: boolean
  /** Bytes; 0 of modes that do not authenticate. */
  readonly tag: number
  readonly iv: Uint8Array
  readonly aad: Uint8Array
}

/** RSAES-OAEP (RFC 8017 section 7.1). */
export interface Oaep {
  readonly hash: Hash
  /** Of MGF1. */
  readonly mask: Hash
  readonly label: Uint8Array
}

/** Data under way in a bare mode. */
export interface ProviderStream {
  update(part: Uint8Array): Buffer
  /** The rest, and the tag behind it. @throws MORTISE_CRYPTO_DECRYPTION_FAILED */
  final(): Buffer
}

/** A key as somebody else encoded it. */
export interface EncodedKey {
  /** Found out where it is not said, but for raw bytes. */
  readonly format?: KeyFormat
  readonly bytes: Uint8Array
  /** Needed for raw bytes and secret keys as JWK, checked for the others. */
  readonly algorithm?: string
  /** UTF-8, of encrypted PKCS#8. */
  readonly password?: Uint8Array
}

/** How a key is to be encoded: raw, PKCS#8 or SPKI in DER by its type unless said otherwise. */
export interface Encoding {
  readonly format: KeyFormat
  readonly encoding?: 'der' | 'pem'
  readonly password?: Uint8Array
  /** Instead of the format: PKCS#12 with these certificates (DER), the key's own first, under the password. */
  readonly certificates?: readonly Uint8Array[]
}

/** How a key is derived from another. */
export interface Derivation {
  readonly method: KdfMethod
  readonly hash: Hash
  readonly inputs: KdfInputs
  /** SPKI in DER or PEM, or JWK: from a private key, with whose holder a secret is agreed first. */
  readonly peer?: Uint8Array
}

/** How a key is split. */
export type Sharing = Pick<SplitKeyFacts, 'method' | 'polynomial' | 'prime'>

/** A share of a split key, and its place among the others: 1 to 255. */
export interface ProviderShare {
  readonly object: ManagedObject
  readonly identifier: number
}

/** A key in use. Methods that the key's algorithm does not have throw MORTISE_CRYPTO_UNSUPPORTED. */
export interface ProviderKey {
  /** A record of Mortise's format (docs/formats.md). */
  sealRecord(serial: number, plaintext: Uint8Array, aad: Uint8Array): Promise<Buffer>
  /** @throws MORTISE_CRYPTO_DECRYPTION_FAILED */
  openRecord(record: Uint8Array, aad: Uint8Array): Promise<Buffer>
  /** AES-GCM with a random 96-bit IV: IV, ciphertext, tag. */
  gcmSeal(plaintext: Uint8Array, aad: Uint8Array): Promise<Buffer>
  /** @throws MORTISE_CRYPTO_DECRYPTION_FAILED */
  gcmOpen(sealed: Uint8Array, aad: Uint8Array): Promise<Buffer>
  /** A bare mode: the ciphertext and the tag behind it. The caller has decided on the IV. */
  encryptInMode(parameters: ModeParameters, plaintext: Uint8Array): Promise<Buffer>
  /** @throws MORTISE_CRYPTO_DECRYPTION_FAILED */
  decryptInMode(parameters: ModeParameters, sealed: Uint8Array): Promise<Buffer>
  /** Data in parts, in a bare mode; not to decrypt what authenticates. */
  openStream(parameters: ModeParameters, encrypts: boolean): Promise<ProviderStream>
  /**
   * Hybrid encryption: the content key never leaves the provider.
   *
   * @param aad of the ephemeral public key, as JWK, that ECDH-ES has made for it; undefined for the others
   * @param iv of AES-GCM under RSA-OAEP: 1 to 128 bytes, which no second content key meets. Default 12 random ones
   */
  sealEnvelope(
    management: KeyManagement,
    encryption: ContentEncryption,
    plaintext: Uint8Array,
    aad: (epk: Buffer | undefined) => Uint8Array,
    iv?: Uint8Array,
  ): Promise<Envelope>
  /**
   * @param sender for ECDH-ES
   * @throws MORTISE_CRYPTO_DECRYPTION_FAILED
   */
  openEnvelope(
    management: KeyManagement,
    encryption: ContentEncryption,
    envelope: Envelope,
    aad: Uint8Array,
    sender?: EnvelopeSender,
  ): Promise<Buffer>
  /**
   * Seals a data key, which is no key of the provider's, under a key that no other method uses: what this key otherwise encrypts,
   * decrypts, wraps or authenticates is never a data key.
   */
  sealDataKey(dataKey: KeyHandle, aad: Uint8Array): Promise<Buffer>
  /**
   * @returns a handle that the caller disposes of
   * @throws MORTISE_CRYPTO_DECRYPTION_FAILED
   */
  openDataKey(sealed: Uint8Array, aad: Uint8Array): Promise<KeyHandle>
  /** RSAES-OAEP. */
  oaepEncrypt(plaintext: Uint8Array, oaep: Oaep): Promise<Buffer>
  /** @throws MORTISE_CRYPTO_DECRYPTION_FAILED */
  oaepDecrypt(ciphertext: Uint8Array, oaep: Oaep): Promise<Buffer>
  sign(scheme: SignatureScheme, data: Uint8Array, options: SignOptions): Promise<Buffer>
  verify(
    scheme: SignatureScheme,
    data: Uint8Array,
    signature: Uint8Array,
    options: SignOptions,
  ): Promise<boolean>
  /** HMAC with the hash of the key's algorithm, CMAC with an AES key; HMAC with a hash where one is named. */
  mac(data: Uint8Array, hash?: Hash): Promise<Buffer>
  /** SHA-256 of the key in a format; the key itself stays. */
  digest(format: DigestFormat): Promise<Buffer>
  /** The clear key. The caller has decided that it may leave. */
  export(encoding: Encoding): Promise<Buffer>
  cipherLease(purposes: CipherPurposes, binding: LeaseBinding): CipherLease
  signerLease(scheme: SignatureScheme, options: SignOptions, binding: LeaseBinding): SignerLease
  verifierLease(scheme: SignatureScheme, options: SignOptions, binding: LeaseBinding): VerifierLease
  macLease(purposes: MacPurposes, binding: LeaseBinding): MacLease
}

/** What a key is for. A token keeps it with the key and holds to it; in this process the operations see to that. */
export interface KeyTraits {
  /** Of its object. */
  readonly name?: string
  readonly usage: readonly Usage[]
  /** Whether it may leave at all. */
  readonly extractable: boolean
  /** Whether it never leaves in the clear. */
  readonly sensitive: boolean
}

/** Which of the keys of a provider. */
export interface ExistingKeyQuery {
  /** CKA_ID, 1 to 255 bytes. */
  readonly id?: Uint8Array
  /** CKA_LABEL, whole. */
  readonly label?: string
  readonly kind?: KeyKind
  /** Keys at most; default 10,000. */
  readonly limit?: number
  /** What a key for MACs is bound to. Default HMAC-SHA-256. */
  readonly algorithm?: string
}

/** A token as somebody names it. */
export interface MeantToken extends Pkcs11TokenSelector {
  readonly slot?: number
}

export interface ExistingKey {
  readonly facts: TokenKey
  /** @throws MORTISE_CRYPTO_UNSUPPORTED for a key that is of no row of the algorithm table */
  import(): ImportedKey
}

/** Where keys live and are used. Operations reach keys through this port only. */
export interface KeyProvider {
  /** What stands in the `provider` column. */
  readonly name: string
  /** Whether the keys are elsewhere: destroyed there, after the object was, and not readable from the material. */
  readonly external: boolean
  /** @returns the material to store */
  generateSecret(spec: KeySpec, identity: KeyIdentity, traits: KeyTraits): Promise<Uint8Array>
  generatePair(
    spec: KeySpec,
    privateIdentity: KeyIdentity,
    publicIdentity: KeyIdentity,
    privateTraits: KeyTraits,
    publicTraits: KeyTraits,
  ): Promise<{
    readonly privateMaterial: Uint8Array
    readonly publicMaterial: Uint8Array
    readonly publicKey: Buffer
  }>
  /** @throws MORTISE_CRYPTO_KEY_INVALID, MORTISE_CRYPTO_DECRYPTION_FAILED for a wrong password */
  importKey(
    key: EncodedKey,
    identity: Pick<KeyIdentity, 'id' | 'serial'>,
    traits: (type: ObjectType, spec: KeySpec) => KeyTraits,
  ): Promise<ImportedKey>
  /** A key under another one of this provider. The caller has decided that it may leave so. */
  wrapKey(
    wrapping: ManagedObject,
    target: ManagedObject,
    method: WrapMethod,
    encoding: WrapEncoding,
  ): Promise<Buffer>
  /**
   * A key that was wrapped: bytes of a secret, PKCS#8 of a private one.
   *
   * @throws MORTISE_CRYPTO_DECRYPTION_FAILED, MORTISE_CRYPTO_KEY_INVALID
   */
  unwrapKey(
    wrapping: ManagedObject,
    wrapped: Uint8Array,
    method: WrapMethod,
    encoding: WrapEncoding,
    algorithm: string,
    identity: Pick<KeyIdentity, 'id' | 'serial'>,
    traits: (type: ObjectType, spec: KeySpec) => KeyTraits,
  ): Promise<ImportedKey>
  /** Keeps bytes that no algorithm uses as a key is kept: data of 1 to 65,536, or a share of a key. @returns the material to store */
  importData(bytes: Uint8Array, identity: KeyIdentity): Uint8Array
  /** @returns the material to store */
  deriveKey(
    base: ManagedObject,
    derivation: Derivation,
    spec: KeySpec,
    identity: KeyIdentity,
    traits: KeyTraits,
  ): Promise<Uint8Array>
  /** The same for each of many infos, in the place of the derivation's. @returns the material of each */
  deriveKeys(
    base: ManagedObject,
    derivation: Derivation,
    infos: readonly Uint8Array[],
    spec: KeySpec,
    identities: readonly KeyIdentity[],
  ): Promise<Uint8Array[]>
  /** @returns the material of one share for each identity */
  splitKey(
    object: ManagedObject,
    sharing: Sharing,
    threshold: number,
    identities: readonly KeyIdentity[],
  ): Uint8Array[]
  /** The key of shares that are known to belong together and to be enough. */
  joinKey(
    shares: readonly ProviderShare[],
    sharing: Sharing,
    spec: KeySpec,
    identity: KeyIdentity,
  ): ImportedKey
  /** Whether keys are on the token that is meant: what is not said of it may be anything. */
  isToken(meant: MeantToken): Promise<boolean>
  /** Keys that are there already, with or without an object; none where keys are only in objects. */
  find(query: ExistingKeyQuery): Promise<readonly ExistingKey[]>
  /**
   * To be used at once: the key may be dropped from memory as soon as its user waits for something else.
   *
   * @throws MORTISE_BARRIER_INTEGRITY when the stored material does not belong to the object
   */
  open(object: ManagedObject): ProviderKey
  /** Destroys the key of an object whose state says so. One that is not there any more is destroyed. */
  destroy(object: Pick<ManagedObject, 'material'>): Promise<void>
  /** Drops and wipes whatever is cached of an object. */
  forget(id: string): void
  forgetAll(): void
  close(): Promise<void>
}
