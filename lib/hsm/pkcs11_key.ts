import { isMortiseError, MortiseError } from '../errors/index.js'
import {
  type CipherLease,
  type CipherPurposes,
  type ContentEncryption,
  type Envelope,
  type EnvelopeSender,
  type Hash,
  type KeyHandle,
  type KeyManagement,
  type LeaseBinding,
  type MacLease,
  type MacPurposes,
  native,
  type Pkcs11Cipher,
  type Pkcs11Key,
  type Pkcs11Token,
  type SignatureScheme,
  type SignerLease,
  type SignOptions,
  type VerifierLease,
} from '../native/index.js'
import { TokenCipherLease, TokenMacLease, TokenSignerLease } from './pkcs11_leases.js'
import type { TokenKey } from './pkcs11_material.js'
import { openTokenRecord, sealTokenRecord } from './pkcs11_record.js'
import type { ModeParameters, Oaep, ProviderKey, ProviderStream } from './provider.js'

const gcmIvBytes = 12
const gcmTagBytes = 16

/** A secret or private key on a token, in use: each call is a job of the token's pool, which finds the key and knows it again. */
export class TokenKeyInUse implements ProviderKey {
  readonly facts: TokenKey
  readonly #connect: () => Promise<Pkcs11Token>
  readonly #hash: Hash | undefined
  #known: { readonly token: Pkcs11Token; readonly key: Pkcs11Key } | undefined

  /** @param hash the hash that a MAC key is bound to */
  constructor(connect: () => Promise<Pkcs11Token>, facts: TokenKey, hash: Hash | undefined) {
    this.#connect = connect
    this.facts = facts
    this.#hash = hash
  }

  /** The token, and the key as its pool knows it. */
  async use<Answer>(work: (token: Pkcs11Token, key: Pkcs11Key) => Promise<Answer>): Promise<Answer> {
    const token = await this.#connect()
    if (this.#known?.token !== token) this.#known = { token, key: token.key(this.facts) }
    return work(token, this.#known.key)
  }

  sealRecord(serial: number, plaintext: Uint8Array, aad: Uint8Array): Promise<Buffer> {
    this.#require('AES')
    return this.use((token, key) => sealTokenRecord(token, key, serial, plaintext, aad))
  }

  openRecord(record: Uint8Array, aad: Uint8Array): Promise<Buffer> {
    this.#require('AES')
    return this.use((token, key) => openTokenRecord(token, key, record, aad))
  }

  gcmSeal(plaintext: Uint8Array, aad: Uint8Array): Promise<Buffer> {
    this.#require('AES')
    return this.use((token, key) => token.seal(key, plaintext, aad))
  }

  gcmOpen(sealed: Uint8Array, aad: Uint8Array): Promise<Buffer> {
    this.#require('AES')
    return this.use((token, key) => token.open(key, sealed, aad))
  }

  async encryptInMode(parameters: ModeParameters, plaintext: Uint8Array): Promise<Buffer> {
    const cipher = cipherOf(parameters)
    return this.use((token, key) => token.encrypt(key, cipher, plaintext))
  }

  async decryptInMode(parameters: ModeParameters, sealed: Uint8Array): Promise<Buffer> {
    const cipher = cipherOf(parameters)
    return this.use((token, key) => token.decrypt(key, cipher, sealed))
  }

  async openStream(): Promise<ProviderStream> {
    throw unsupported('a key on a token takes no data in parts: give it as a whole')
  }

  async sealEnvelope(
    management: KeyManagement,
    encryption: ContentEncryption,
    plaintext: Uint8Array,
    aad: (epk: undefined) => Uint8Array,
  ): Promise<Envelope> {
    if (management !== 'dir')
      throw unsupported('a secret key on a token makes no envelopes but by itself (dir): public keys do')
    this.#requireDirect(encryption)
    const sealed = await this.gcmSeal(plaintext, aad(undefined))
    return {
      encryptedKey: Buffer.alloc(0),
      iv: sealed.subarray(0, gcmIvBytes),
      ciphertext: sealed.subarray(gcmIvBytes, -gcmTagBytes),
      tag: sealed.subarray(-gcmTagBytes),
    }
  }

  /** The content key, or what it is agreed by, comes from the token into locked memory, and no further. */
  async openEnvelope(
    management: KeyManagement,
    encryption: ContentEncryption,
    envelope: Envelope,
    aad: Uint8Array,
    sender?: EnvelopeSender,
  ): Promise<Buffer> {
    if (management === 'dir') {
      this.#requireDirect(encryption)
      const { encryptedKey, iv, ciphertext, tag } = envelope
      if (encryptedKey.length > 0 || iv.length !== gcmIvBytes || tag.length !== gcmTagBytes)
        throw new MortiseError('MORTISE_CRYPTO_DECRYPTION_FAILED')
      return this.gcmOpen(Buffer.concat([iv, ciphertext, tag]), aad)
    }
    if (management === 'RSA-OAEP-256')
      return this.use((token, key) => token.openEnvelope(key, encryption, envelope, aad))
    if (management === 'AES-KW' || !sender)
      throw unsupported('content keys are not unwrapped on tokens with CKM_AES_KEY_WRAP: use dir')
    const peer = native.senderSpki(sender)
    const secret = await this.use((token, key) => token.agree(key, peer)).catch(refuseAsBad)
    try {
      return await native.openAgreedEnvelope(secret, management, encryption, envelope, aad, sender)
    } finally {
      secret.dispose()
    }
  }

  async sealDataKey(dataKey: KeyHandle, aad: Uint8Array): Promise<Buffer> {
    this.#require('AES')
    return this.use((token, key) => token.sealSecret(key, dataKey, aad))
  }

  async openDataKey(sealed: Uint8Array, aad: Uint8Array): Promise<KeyHandle> {
    this.#require('AES')
    return this.use((token, key) => token.openSecret(key, sealed, aad, 'AES'))
  }

  async oaepEncrypt(): Promise<Buffer> {
    throw new MortiseError('MORTISE_CRYPTO_UNSUPPORTED', 'encrypt with the public key of the pair')
  }

  async oaepDecrypt(ciphertext: Uint8Array, oaep: Oaep): Promise<Buffer> {
    this.#require('RSA')
    return this.use((token, key) => token.decrypt(key, oaepOf(token, oaep), ciphertext))
  }

  sign(scheme: SignatureScheme, data: Uint8Array, options: SignOptions): Promise<Buffer> {
    return this.use((token, key) => token.sign(key, scheme, data, options))
  }

  async verify(): Promise<boolean> {
    throw new MortiseError('MORTISE_CRYPTO_UNSUPPORTED', 'verify with the public key of the pair')
  }

  async mac(data: Uint8Array, asked?: Hash): Promise<Buffer> {
    const hash = asked ?? this.#macHash()
    return this.use((token, key) => token.mac(key, hash, data))
  }

  async digest(): Promise<Buffer> {
    throw unsupported('the digest of a key on a token is not known here')
  }

  async export(): Promise<Buffer> {
    throw new MortiseError(
      'MORTISE_KEY_NOT_EXTRACTABLE',
      'a key on a token leaves wrapped only, by another key of the token',
    )
  }

  cipherLease(purposes: CipherPurposes, binding: LeaseBinding): CipherLease {
    this.#require('AES')
    return new TokenCipherLease(this, purposes, binding)
  }

  signerLease(scheme: SignatureScheme, options: SignOptions, binding: LeaseBinding): SignerLease {
    return new TokenSignerLease(this, scheme, options, binding)
  }

  verifierLease(): VerifierLease {
    throw new MortiseError('MORTISE_CRYPTO_UNSUPPORTED', 'verify with the public key of the pair')
  }

  macLease(purposes: MacPurposes, binding: LeaseBinding): MacLease {
    return new TokenMacLease(this, this.#macHash(), purposes, binding)
  }

  #requireDirect(encryption: ContentEncryption): void {
    this.#require('AES')
    if (encryption !== `A${this.facts.bits}GCM`)
      throw new MortiseError('MORTISE_CRYPTO_UNSUPPORTED', 'dir needs AES-GCM of the length of the key')
  }

  #require(type: TokenKey['type']): void {
    if (this.facts.type !== type)
      throw new MortiseError('MORTISE_CRYPTO_UNSUPPORTED', `this takes a key of ${type}`)
  }

  /** Undefined of AES keys, which make CMACs. */
  #macHash(): Hash | undefined {
    if (this.facts.type === 'AES') return undefined
    if (this.#hash) return this.#hash
    throw new MortiseError('MORTISE_CRYPTO_UNSUPPORTED', 'this key is not for message authentication')
  }
}

/** @throws MORTISE_HSM_UNSUPPORTED for a mode that PKCS#11 has no mechanism for */
function cipherOf({ mode, padded, tag, iv, aad }: ModeParameters): Pkcs11Cipher {
  if (mode === 'GCM') return { mode, iv, aad, tag }
  if (mode === 'CBC') return { mode, iv, padded }
  if (mode === 'CTR') return { mode, iv }
  if (mode === 'ECB' && !padded) return { mode }
  const name = mode === 'ECB' ? 'CKM_AES_ECB with padding' : `CKM_${mode.toUpperCase().replaceAll('-', '_')}`
  throw unsupported(`keys on tokens are not used with ${name}`)
}

/** @throws MORTISE_HSM_UNSUPPORTED for a hash that the token was seen not to have */
function oaepOf({ capabilities: { oaepHashes: known } }: Pkcs11Token, oaep: Oaep): Pkcs11Cipher {
  if (known.length > 0 && !known.includes(oaep.hash))
    throw unsupported(
      `the token does CKM_RSA_PKCS_OAEP with ${known.join(', ')} alone, not with ${oaep.hash}`,
    )
  return { mode: 'OAEP', ...oaep }
}

/** What a sender says of its key is anybody’s. */
function refuseAsBad(error: unknown): never {
  if (isMortiseError(error, 'MORTISE_CRYPTO_KEY_INVALID'))
    throw new MortiseError('MORTISE_CRYPTO_DECRYPTION_FAILED')
  throw error
}

export function unsupported(message: string): MortiseError {
  return new MortiseError('MORTISE_HSM_UNSUPPORTED', message)
}
