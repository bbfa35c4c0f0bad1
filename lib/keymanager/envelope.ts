import { hash } from 'node:crypto'
import { MortiseError } from '../errors/index.js'
import { type KeyHandle, native } from '../native/index.js'
import type { ManagedObject } from '../operation/index.js'
import type { KeymanagerServices } from './services.js'

/*
 * MOSIP's hybrid envelope: RSA-OAEP with SHA-256 (and MGF1 with it) of a fresh AES-256 key, a text that separates, AES-GCM.
 *
 *   with a salt:        thumbprint 32, encrypted key, #KEY_SPLITTER#, ciphertext, tag 16      IV: the salt
 *   with aad alone:     thumbprint 32, encrypted key, #KEY_SPLITTER#, ciphertext, tag 16, IV 16
 *   with neither:       VER_R2, thumbprint 32, encrypted key, #KEY_SPLITTER#, AAD 32, ciphertext, tag 16   IV: 12 bytes of the AAD
 *   of old versions:    as the first two without the thumbprint
 */
const splitter = Buffer.from('#KEY_SPLITTER#')
const second = Buffer.from('VER_R2')
const thumbprintBytes = 32
const ownAadBytes = 32
const ownIvBytes = 16
const shortIvBytes = 12
const tagBytes = 16
const management = 'RSA-OAEP-256'
const encryption = 'A256GCM'
const none = Buffer.alloc(0)
/** Bytes of the RSA keys that there are. */
const moduli = [256, 384, 512]

/** What whoever encrypts says besides, and must say again to decrypt. */
export interface EnvelopeOptions {
  /** The IV of GCM, 1 to 128 bytes: safe to repeat, for every message has a key of its own. */
  readonly salt?: Uint8Array
  /** Additional data. */
  readonly aad?: Uint8Array
}

/** An envelope in its parts; of a key that it does not name every one of those that it may be of is tried. */
export interface ParsedEnvelope {
  readonly thumbprint: Buffer | undefined
  readonly encryptedKey: Buffer
  /** What is behind the splitter. */
  readonly sealed: Buffer
  /** Whether the AAD stands in front. */
  readonly second: boolean
}

/** Undefined for what is none. */
export function parseEnvelope(bytes: Uint8Array): ParsedEnvelope | undefined {
  const whole = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const isSecond = whole.subarray(0, second.length).equals(second)
  const begin = isSecond ? second.length : 0
  const end = whole.indexOf(splitter)
  if (end < begin) return undefined
  const key = whole.subarray(begin, end)
  const sealed = whole.subarray(end + splitter.length)
  if (moduli.includes(key.length))
    return { thumbprint: undefined, encryptedKey: key, sealed, second: isSecond }
  if (!moduli.includes(key.length - thumbprintBytes)) return undefined
  return {
    thumbprint: key.subarray(0, thumbprintBytes),
    encryptedKey: key.subarray(thumbprintBytes),
    sealed,
    second: isSecond,
  }
}

/** @param object the public key, which the certificate is of */
export async function sealEnvelope(
  services: KeymanagerServices,
  object: ManagedObject,
  certificate: Uint8Array,
  plaintext: Uint8Array,
  { salt, aad }: EnvelopeOptions,
): Promise<Buffer> {
  const { iv, authenticated, before, behind } = dressing(salt, aad)
  const { encryptedKey, ciphertext, tag } = await services
    .provider(object.provider)
    .open(object)
    .sealEnvelope(management, encryption, plaintext, () => authenticated, iv)
  const thumbprint = hash('sha256', certificate, 'buffer')
  const marks = salt || aad ? [] : [second]
  return Buffer.concat([...marks, thumbprint, encryptedKey, splitter, before, ciphertext, tag, behind])
}

function dressing(salt: Uint8Array | undefined, aad: Uint8Array | undefined) {
  if (salt) return { iv: salt, authenticated: aad ?? none, before: none, behind: none }
  if (aad) {
    const iv = random(ownIvBytes)
    return { iv, authenticated: aad, before: none, behind: iv }
  }
  const own = random(ownAadBytes)
  return { iv: own.subarray(0, shortIvBytes), authenticated: own, before: own, behind: none }
}

/**
 * @param object the private key
 * @throws MORTISE_CRYPTO_DECRYPTION_FAILED
 */
export function openEnvelope(
  services: KeymanagerServices,
  object: ManagedObject,
  envelope: ParsedEnvelope,
  options: EnvelopeOptions,
): Promise<Buffer> {
  const { parts, aad } = undressed(envelope, options)
  return services.provider(object.provider).open(object).openEnvelope(management, encryption, parts, aad)
}

/** The same with a key that is no object. */
export function openEnvelopeWith(key: KeyHandle, envelope: ParsedEnvelope): Promise<Buffer> {
  const { parts, aad } = undressed(envelope, {})
  return native.openEnvelope(key, management, encryption, parts, aad, undefined)
}

function undressed(envelope: ParsedEnvelope, options: EnvelopeOptions) {
  const { iv, aad, sealed } = split(envelope, options)
  if (sealed.length < tagBytes) throw new MortiseError('MORTISE_CRYPTO_DECRYPTION_FAILED')
  const { encryptedKey } = envelope
  const parts = {
    encryptedKey,
    iv,
    ciphertext: sealed.subarray(0, -tagBytes),
    tag: sealed.subarray(-tagBytes),
  }
  return { parts, aad }
}

function split({ sealed, second }: ParsedEnvelope, { salt, aad = none }: EnvelopeOptions) {
  if (salt) return { iv: salt, aad, sealed }
  if (second) {
    const own = sealed.subarray(0, ownAadBytes)
    return { iv: own.subarray(0, shortIvBytes), aad: own, sealed: sealed.subarray(ownAadBytes) }
  }
  const end = Math.max(sealed.length - ownIvBytes, 0)
  return { iv: sealed.subarray(end), aad, sealed: sealed.subarray(0, end) }
}

function random(size: number): Buffer {
  const bytes = Buffer.alloc(size)
  native.randomFill(bytes)
  return bytes
}
