import { MortiseError } from '../errors/index.js'
import {
  type CipherLease,
  type CipherPurposes,
  type ContentEncryption,
  type DigestFormat,
  type Envelope,
  type EnvelopeSender,
  type Hash,
  type KeyHandle,
  type KeyManagement,
  type LeaseBinding,
  type MacLease,
  type MacPurposes,
  native,
  type SignatureScheme,
  type SignerLease,
  type SignOptions,
  type VerifierLease,
} from '../native/index.js'
import type { Encoding, ModeParameters, Oaep, ProviderKey, ProviderStream } from './provider.js'

/** Infos of HKDF that begin so are for keys that are derived here: nobody else derives one by them. */
export const reservedInfo = 'mortise '
const dataKeyInfo = `${reservedInfo}data key`

const gcmIvBytes = 12
const gcmTagBytes = 16

/** Where a software key comes from, each time that it is used. */
export interface KeySource {
  handle(): KeyHandle
  /** Raw bytes of what is no key of a pair. */
  secret?(): Buffer
}

/** A software key in use: a native handle and the calls that take it. */
export class SoftwareKey implements ProviderKey {
  readonly #source: KeySource
  readonly #hash: Hash | undefined

  /** @param hash the hash that a MAC key is bound to */
  constructor(source: KeySource, hash: Hash | undefined) {
    this.#source = source
    this.#hash = hash
  }

  get handle(): KeyHandle {
    return this.#source.handle()
  }

  async sealRecord(serial: number, plaintext: Uint8Array, aad: Uint8Array): Promise<Buffer> {
    return native.sealRecord(this.handle, serial, plaintext, aad)
  }

  async openRecord(record: Uint8Array, aad: Uint8Array): Promise<Buffer> {
    return native.openRecord(this.handle, record, aad)
  }

  async gcmSeal(plaintext: Uint8Array, aad: Uint8Array): Promise<Buffer> {
    return native.gcmSeal(this.handle, plaintext, aad)
  }

  async gcmOpen(sealed: Uint8Array, aad: Uint8Array): Promise<Buffer> {
    if (sealed.length < gcmIvBytes + gcmTagBytes) throw new MortiseError('MORTISE_CRYPTO_DECRYPTION_FAILED')
    return native.gcmOpen(this.handle, sealed.subarray(0, gcmIvBytes), sealed.subarray(gcmIvBytes), aad)
  }

  async encryptInMode(parameters: ModeParameters, plaintext: Uint8Array): Promise<Buffer> {
    const { mode, padded, tag, iv, aad } = parameters
    return native.modeEncrypt(this.handle, mode, padded, tag, iv, plaintext, aad)
  }

  async decryptInMode(parameters: ModeParameters, sealed: Uint8Array): Promise<Buffer> {
    const { mode, padded, tag, iv, aad } = parameters
    return native.modeDecrypt(this.handle, mode, padded, tag, iv, sealed, aad)
  }

  async sealEnvelope(
    management: KeyManagement,
    encryption: ContentEncryption,
    plaintext: Uint8Array,
    aad: (epk: Buffer | undefined) => Uint8Array,
    iv?: Uint8Array,
  ): Promise<Envelope> {
    if (!management.startsWith('ECDH-ES'))
      return native.sealEnvelope(
        this.handle,
        management,
        encryption,
        plaintext,
        aad(undefined),
        undefined,
        iv,
      )
    const { privateKey, publicJwk } = native.ephemeralKey(this.handle)
    try {
      return native.sealEnvelope(this.handle, management, encryption, plaintext, aad(publicJwk), privateKey)
    } finally {
      privateKey.dispose()
    }
  }

  openEnvelope(
    management: KeyManagement,
    encryption: ContentEncryption,
    envelope: Envelope,
    aad: Uint8Array,
    sender?: EnvelopeSender,
  ): Promise<Buffer> {
    return native.openEnvelope(this.handle, management, encryption, envelope, aad, sender)
  }

  async sealDataKey(dataKey: KeyHandle, aad: Uint8Array): Promise<Buffer> {
    return this.#withDataKeySealer((sealer) => native.sealKey(sealer, dataKey, aad))
  }

  async openDataKey(sealed: Uint8Array, aad: Uint8Array): Promise<KeyHandle> {
    return this.#withDataKeySealer((sealer) => native.openKey(sealer, sealed, aad))
  }

  #withDataKeySealer<Result>(work: (sealer: KeyHandle) => Result): Result {
    const sealer = native.deriveSecret(this.handle, dataKeyInfo, 'AES')
    try {
      return work(sealer)
    } finally {
      sealer.dispose()
    }
  }

  async openStream(parameters: ModeParameters, encrypts: boolean): Promise<ProviderStream> {
    const { mode, padded, tag, iv, aad } = parameters
    const stream = native.openModeStream(this.handle, mode, padded, tag, iv, encrypts, aad)
    return {
      update: (part) => native.modeStreamUpdate(stream, part),
      final: () => native.modeStreamFinal(stream),
    }
  }

  async oaepEncrypt(plaintext: Uint8Array, { hash, mask, label }: Oaep): Promise<Buffer> {
    return native.oaepEncrypt(this.handle, plaintext, hash, mask, label)
  }

  oaepDecrypt(ciphertext: Uint8Array, { hash, mask, label }: Oaep): Promise<Buffer> {
    return native.oaepDecrypt(this.handle, ciphertext, hash, mask, label)
  }

  /** RSA takes milliseconds and goes to another thread; a signature on a curve takes less than the way there. */
  async sign(scheme: SignatureScheme, data: Uint8Array, options: SignOptions): Promise<Buffer> {
    return this.handle.type === 'RSA'
      ? native.signAsync(this.handle, scheme, data, options)
      : native.sign(this.handle, scheme, data, options)
  }

  async verify(
    scheme: SignatureScheme,
    data: Uint8Array,
    signature: Uint8Array,
    options: SignOptions,
  ): Promise<boolean> {
    return native.verify(this.handle, scheme, data, signature, options)
  }

  async mac(data: Uint8Array, asked?: Hash): Promise<Buffer> {
    const hash = asked ?? this.#macHash()
    return hash ? native.hmac(this.handle, hash, data) : native.cmac(this.handle, data)
  }

  digest(format: DigestFormat): Promise<Buffer> {
    return native.keyDigest(this.handle, format)
  }

  async export({ format, certificates, ...options }: Encoding): Promise<Buffer> {
    if (certificates)
      return native.exportPkcs12(this.handle, certificates, options.password ?? Buffer.alloc(0))
    // The way to another thread takes longer than to copy a secret, and so does to make a handle of one that is only given out.
    const { secret } = this.#source
    if (!secret || format !== 'raw' || Object.keys(options).length > 0)
      return native.exportEncoded(this.handle, format, options)
    return secret()
  }

  cipherLease(purposes: CipherPurposes, binding: LeaseBinding): CipherLease {
    return native.openCipherLease(this.handle, purposes, binding)
  }

  signerLease(scheme: SignatureScheme, options: SignOptions, binding: LeaseBinding): SignerLease {
    return native.openSignerLease(this.handle, scheme, options, binding)
  }

  verifierLease(scheme: SignatureScheme, options: SignOptions, binding: LeaseBinding): VerifierLease {
    return native.openVerifierLease(this.handle, scheme, options, binding)
  }

  macLease(purposes: MacPurposes, binding: LeaseBinding): MacLease {
    return native.openMacLease(this.handle, this.#macHash(), purposes, binding)
  }

  /** Undefined of AES keys, which make CMACs. */
  #macHash(): Hash | undefined {
    if (this.handle.type === 'AES') return undefined
    if (this.#hash) return this.#hash
    throw new MortiseError('MORTISE_CRYPTO_UNSUPPORTED', 'this key is not for message authentication')
  }
}
