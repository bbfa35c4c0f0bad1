import { hash } from 'node:crypto'
import { type Barrier, RecordReader, writeRecord } from '../barrier/index.js'
import { MortiseError } from '../errors/index.js'
import type { KeyServices } from '../keys/index.js'
import { type KeyHandle, native } from '../native/index.js'
import type { ManagedObject, RecordWrite } from '../operation/index.js'
import type { Store } from '../storage/index.js'
import type { KeyName } from './key_names.js'

/** Key: the index, in decimal digits. */
const namespace = 'keymanager-random-key'
const keyBytes = 32

/** The key that the random keys are kept under, as MOSIP names it. */
export const cacheName: KeyName = { application: 'KERNEL', reference: 'IDENTITY_CACHE' }

/** How many there are, of which one is drawn for each identity. */
export const randomKeyCount = 10_000

/** A random key as it is kept. */
interface SealedKey {
  /** AES-GCM (IV, ciphertext, tag) under the key that random keys are kept under, base64. */
  readonly sealed: string
  /** Id of the version of that key. */
  readonly by: string
}

/**
 * The random keys of zero-knowledge encryption, by their indexes: sealed records. They pass this process's memory for a moment when they
 * are used, for a token gives them out no other way, and their descendants are made by a bare block cipher.
 */
export class RandomKeys {
  readonly #barrier: Barrier
  readonly #records: RecordReader<SealedKey>

  constructor(store: Store, barrier: Barrier) {
    this.#barrier = barrier
    this.#records = new RecordReader(store, barrier, namespace)
  }

  async has(index: number): Promise<boolean> {
    return (await this.#records.read(String(index))) !== undefined
  }

  /** @param key is wiped */
  async seal(
    services: Pick<KeyServices, 'provider'>,
    by: ManagedObject,
    index: number,
    key: Buffer,
  ): Promise<RecordWrite> {
    try {
      const sealed = await services.provider(by.provider).open(by).gcmSeal(key, aadOf(index))
      const identity = { namespace, key: String(index), version: 1, expires: null, index: {} }
      const stored: SealedKey = { sealed: sealed.toString('base64'), by: by.id }
      return writeRecord(this.#barrier, identity, stored)
    } finally {
      key.fill(0)
    }
  }

  /**
   * @param newest of the key that they are kept under
   * @returns a handle that the caller disposes of
   * @throws MORTISE_CRYPTO_DECRYPTION_FAILED for an index that there is no key of too
   */
  async open(
    services: Pick<KeyServices, 'objects' | 'provider'>,
    newest: ManagedObject,
    index: number,
  ): Promise<KeyHandle> {
    const stored = (await this.#records.read(String(index)))?.value
    if (!stored) throw new MortiseError('MORTISE_CRYPTO_DECRYPTION_FAILED')
    const by = stored.by === newest.id ? newest : await services.objects.find({ object: stored.by })
    if (by.family !== newest.family) throw new MortiseError('MORTISE_CRYPTO_DECRYPTION_FAILED')
    const sealed = Buffer.from(stored.sealed, 'base64')
    const key = await services.provider(by.provider).open(by).gcmOpen(sealed, aadOf(index))
    try {
      return native.importSecret('AES', key)
    } finally {
      key.fill(0)
    }
  }
}

/** Bytes of a new random key, for {@link RandomKeys.seal}. */
export function newRandomKey(): Buffer {
  const key = Buffer.alloc(keyBytes)
  native.randomFill(key)
  return key
}

/** @throws MORTISE_CRYPTO_DECRYPTION_FAILED for what somebody else has encrypted and is no such key */
export function requireRandomKey(key: Buffer): Buffer {
  if (key.length === keyBytes) return key
  key.fill(0)
  throw new MortiseError('MORTISE_CRYPTO_DECRYPTION_FAILED')
}

/**
 * The key of an identity: its SHA-256 as two blocks of AES-256 under a random key.
 *
 * @returns a handle that the caller disposes of
 */
export function identityKey(randomKey: KeyHandle, id: string): KeyHandle {
  const none = Buffer.alloc(0)
  const key = native.modeEncrypt(randomKey, 'ECB', false, 0, none, hash('sha256', id, 'buffer'), none)
  try {
    return native.importSecret('AES', key)
  } finally {
    key.fill(0)
  }
}

function aadOf(index: number): Buffer {
  return Buffer.from(`${namespace}/${index}`)
}
