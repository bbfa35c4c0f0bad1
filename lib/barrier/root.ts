import { existsSync } from 'node:fs'
import { hashRaw } from '@node-rs/argon2'
import { MortiseError } from '../errors/index.js'
import { type KeyHandle, native } from '../native/index.js'

/**
 * Where the root key comes from. `file`: made with mode 0600 when the store is new. `hex`: 64 hexadecimal digits.
 * `passphrase`: stretched by argon2id (RFC 9106) with a salt that the store keeps. `hsm`: wrapped by an AES key on a token, named by a
 * pkcs11: URI (RFC 7512) or `hsm::MODEL::SLOT::LABEL`; the key and what it wraps are made when the store is new.
 */
export type RootKeySource =
  | { readonly file: string }
  | { readonly hex: string }
  | { readonly passphrase: string }
  | { readonly hsm: string }

/** Cost of the passphrase: RFC 9106 section 4, second recommended option (64 MiB, 3 passes, 4 lanes). */
export interface PassphraseParameters {
  readonly salt: string
  readonly memoryKiB: number
  readonly passes: number
  readonly lanes: number
}

/** The root key in use: it wraps the keyring and nothing else. */
export class RootKey {
  readonly #key: KeyHandle
  /** Names the key without telling it: 32 hexadecimal digits. */
  readonly id: string

  constructor(key: KeyHandle) {
    this.#key = key
    this.id = native.hmac(key, 'SHA-256', Buffer.from('mortise root key id')).toString('hex', 0, 16)
  }

  /** The AES-256 key that the keyring is wrapped with. Dispose it after use. */
  wrappingKey(): KeyHandle {
    return native.deriveSecret(this.#key, 'mortise keyring', 'AES')
  }

  close(): void {
    this.#key.dispose()
  }
}

/** Characters. */
export const shortestPassphrase = 12

export function newPassphraseParameters(): PassphraseParameters {
  const salt = Buffer.alloc(16)
  native.randomFill(salt)
  return { salt: salt.toString('base64'), memoryKiB: 65536, passes: 3, lanes: 4 }
}

/**
 * @param fresh whether the store has no keyring yet, so that a missing key file may be made
 * @param parameters of the passphrase, as the store keeps them
 * @throws MORTISE_BARRIER_ROOT_KEY_MISSING, MORTISE_CONFIG_INVALID
 */
export async function openRootKey(
  source: Exclude<RootKeySource, { readonly hsm: string }>,
  fresh: boolean,
  parameters: PassphraseParameters | undefined,
): Promise<RootKey> {
  if ('file' in source) return new RootKey(readFile(source.file, fresh))
  if ('hex' in source) return new RootKey(fromHex(source.hex))
  return new RootKey(await ofPassphrase(source.passphrase, parameters))
}

function readFile(path: string, fresh: boolean): KeyHandle {
  if (!existsSync(path)) {
    if (!fresh) {
      throw new MortiseError(
        'MORTISE_BARRIER_ROOT_KEY_MISSING',
        `the root key file ${path} is not there, but the store is sealed with one: put it back or name the right file`,
      )
    }
    try {
      native.createKeyFile(path)
    } catch (error) {
      // Another process that starts on the same directory may have been first.
      if (!existsSync(path)) throw error
    }
  }
  return native.readKeyFile(path)
}

function fromHex(hex: string): KeyHandle {
  if (!/^[0-9a-f]{64}$/i.test(hex)) {
    throw new MortiseError('MORTISE_CONFIG_INVALID', 'the root key must be 64 hexadecimal digits (256 bits)')
  }
  return importOnce(Buffer.from(hex, 'hex'))
}

async function ofPassphrase(
  passphrase: string,
  parameters: PassphraseParameters | undefined,
): Promise<KeyHandle> {
  if (passphrase.length < shortestPassphrase) {
    throw new MortiseError('MORTISE_CONFIG_INVALID', 'the root passphrase must have 12 characters or more')
  }
  if (!parameters) {
    throw new MortiseError('MORTISE_BARRIER_WRONG_ROOT_KEY', 'the store is not sealed with a passphrase')
  }
  return stretchPassphrase(passphrase, parameters)
}

/** argon2id (RFC 9106), as a secret of 256 bits. */
export async function stretchPassphrase(
  passphrase: string,
  parameters: PassphraseParameters,
): Promise<KeyHandle> {
  return importOnce(
    await hashRaw(passphrase, {
      salt: Buffer.from(parameters.salt, 'base64'),
      memoryCost: parameters.memoryKiB,
      timeCost: parameters.passes,
      parallelism: parameters.lanes,
      outputLen: 32,
    }),
  )
}

function importOnce(bytes: Buffer): KeyHandle {
  try {
    return native.importSecret('HMAC', bytes)
  } finally {
    bytes.fill(0)
  }
}
