import { MortiseError } from '../../errors/index.js'
import { checkSize } from '../../keys/index.js'
import { type KeyHandle, native } from '../../native/index.js'
import type { SystemOperation } from '../../operation/index.js'
import type { KeymanagerServices } from '../services.js'

/*
 * What is encrypted with a PIN: salt 32, nonce 12, AES-256-GCM with the salt as additional data, tag 16; the key by PBKDF2 with
 * HMAC-SHA-512.
 */
const saltBytes = 32
const nonceBytes = 12
const tagBytes = 16
const iterations = 100_000
const longestPin = 1024

export interface KeymanagerPinInput {
  /** Plaintext, or what was made of it. */
  readonly data: Uint8Array
  /** 1 to 1,024 bytes of UTF-8. */
  readonly pin: string
}

/** Encrypts with a PIN, which nobody keeps. */
export const keymanagerEncryptWithPin: SystemOperation<KeymanagerServices, KeymanagerPinInput, Buffer> = {
  name: 'KeymanagerEncryptWithPin',
  permission: 'Query',
  durability: 'written',
  async prepare(_services, _actor, { data, pin }) {
    checkSize(data)
    const head = Buffer.alloc(saltBytes + nonceBytes)
    native.randomFill(head)
    const salt = head.subarray(0, saltBytes)
    const sealed = await withKey(pin, salt, (key) =>
      native.modeEncrypt(key, 'GCM', false, tagBytes, head.subarray(saltBytes), data, salt),
    )
    return { answer: Buffer.concat([head, sealed]) }
  },
}

/** Opens what was encrypted with a PIN. @throws MORTISE_CRYPTO_DECRYPTION_FAILED */
export const keymanagerDecryptWithPin: SystemOperation<KeymanagerServices, KeymanagerPinInput, Buffer> = {
  name: 'KeymanagerDecryptWithPin',
  permission: 'Query',
  durability: 'written',
  async prepare(_services, _actor, { data, pin }) {
    checkSize(data)
    if (data.length < saltBytes + nonceBytes + tagBytes)
      throw new MortiseError('MORTISE_CRYPTO_DECRYPTION_FAILED')
    const salt = data.subarray(0, saltBytes)
    const nonce = data.subarray(saltBytes, saltBytes + nonceBytes)
    const sealed = data.subarray(saltBytes + nonceBytes)
    return {
      answer: await withKey(pin, salt, (key) =>
        native.modeDecrypt(key, 'GCM', false, tagBytes, nonce, sealed, salt),
      ),
    }
  },
}

async function withKey<Result>(
  pin: string,
  salt: Uint8Array,
  work: (key: KeyHandle) => Result,
): Promise<Result> {
  const bytes = Buffer.from(pin)
  if (bytes.length < 1 || bytes.length > longestPin)
    throw new MortiseError('MORTISE_INPUT_INVALID', 'a PIN has 1 to 1,024 bytes')
  const base = native.importSecret('Data', bytes)
  bytes.fill(0)
  try {
    const key = await native.deriveKey(base, undefined, 'PBKDF2', 'SHA-512', { salt, iterations }, 'AES', 256)
    try {
      return work(key)
    } finally {
      key.dispose()
    }
  } finally {
    base.dispose()
  }
}
