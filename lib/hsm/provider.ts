import type { KeyFormat, KeySpec } from '../crypto/index.js'
import type {
  CipherLease,
  CipherMode,
  ContentEncryption,
  Envelope,
  KeyHandle,
  KeyManagement,
  LeaseBinding,
  SignatureScheme,
  SignerLease,
  SignOptions,
} from '../native/index.js'
import type { ManagedObject, ObjectRow, ObjectType } from '../operation/index.js'

/** What sealed material is bound to. */
export type KeyIdentity = Pick<ObjectRow, 'id' | 'type' | 'serial'>

/** Seals the material of software keys; the barrier is one. */
export interface MaterialVault {
  sealMaterial(key: KeyHandle, identity: KeyIdentity): Uint8Array
  openMaterial(material: Uint8Array, identity: KeyIdentity): KeyHandle
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
  /** Hybrid encryption: the content key never leaves the provider. */
  sealEnvelope(
    management: KeyManagement,
    encryption: ContentEncryption,
    plaintext: Uint8Array,
    aad: Uint8Array,
  ): Promise<Envelope>
  /** @throws MORTISE_CRYPTO_DECRYPTION_FAILED */
  openEnvelope(
    management: KeyManagement,
    encryption: ContentEncryption,
    envelope: Envelope,
    aad: Uint8Array,
  ): Promise<Buffer>
  /** RSAES-OAEP with SHA-256. */
  oaepEncrypt(plaintext: Uint8Array): Promise<Buffer>
  /** @throws MORTISE_CRYPTO_DECRYPTION_FAILED */
  oaepDecrypt(ciphertext: Uint8Array): Promise<Buffer>
  sign(scheme: SignatureScheme, data: Uint8Array, options: SignOptions): Promise<Buffer>
  verify(
    scheme: SignatureScheme,
    data: Uint8Array,
    signature: Uint8Array,
    options: SignOptions,
  ): Promise<boolean>
  /** HMAC with the hash of the key's algorithm, CMAC with an AES key. */
  mac(data: Uint8Array): Promise<Buffer>
  /** The clear key: raw, PKCS#8 or SPKI by its type. The caller has decided that it may leave. */
  export(): Promise<Buffer>
  cipherLease(purposes: { encrypt: boolean; decrypt: boolean }, binding: LeaseBinding): CipherLease
  signerLease(scheme: SignatureScheme, options: SignOptions, binding: LeaseBinding): SignerLease
}

/** Where keys live and are used. Operations reach keys through this port only. */
export interface KeyProvider {
  /** What stands in the `provider` column. */
  readonly name: string
  /** @returns the material to store */
  generateSecret(spec: KeySpec, identity: KeyIdentity): Promise<Uint8Array>
  generatePair(
    spec: KeySpec,
    privateIdentity: KeyIdentity,
    publicIdentity: KeyIdentity,
  ): Promise<{
    readonly privateMaterial: Uint8Array
    readonly publicMaterial: Uint8Array
    readonly publicKey: Buffer
  }>
  /**
   * @param algorithm needed for `raw`, checked for the others
   * @throws MORTISE_CRYPTO_KEY_INVALID
   */
  importKey(
    format: KeyFormat,
    bytes: Uint8Array,
    identity: Pick<KeyIdentity, 'id' | 'serial'>,
    algorithm: string | undefined,
  ): Promise<ImportedKey>
  /** Keeps bytes that no algorithm uses as a key is kept: 1 to 65,536. @returns the material to store */
  importData(bytes: Uint8Array, identity: KeyIdentity): Uint8Array
  /**
   * To be used at once: the key may be dropped from memory as soon as its user waits for something else.
   *
   * @throws MORTISE_BARRIER_INTEGRITY when the stored material does not belong to the object
   */
  open(object: ManagedObject): ProviderKey
  /** Drops and wipes whatever is cached of an object. */
  forget(id: string): void
  close(): void
}
