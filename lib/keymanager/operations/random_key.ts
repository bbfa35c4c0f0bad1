import { modes } from '../../crypto/index.js'
import { isMortiseError, MortiseError } from '../../errors/index.js'
import { judge, processStates, protectStates } from '../../keys/index.js'
import type { AlsoOn, ManagedObject, ObjectOperation, RecordWrite } from '../../operation/index.js'
import { newRandomKey, requireRandomKey } from '../random_keys.js'
import type { KeymanagerServices } from '../services.js'

const keyBytes = 32
const none = Buffer.alloc(0)
/** How a random key is encrypted to a pair of the hierarchy. */
const oaep = { hash: 'SHA-256', mask: 'SHA-256', label: none } as const

export interface CreateKeymanagerRandomKeyInput {
  /** Id of the newest key that random keys are kept under. */
  readonly object: string
  readonly index: number
}

/** Makes the random key of an index, where there is none: by whoever may encrypt with it. */
export const createKeymanagerRandomKey: ObjectOperation<
  KeymanagerServices,
  CreateKeymanagerRandomKeyInput,
  void
> = {
  name: 'CreateKeymanagerRandomKey',
  permission: 'Encrypt',
  durability: 'synced',
  states: protectStates,
  purposes: ['keymanager'],
  usage: 'Encrypt',
  protects: () => keyBytes,
  target: ({ object }) => ({ object }),
  async prepare(services, _actor, { index }, object) {
    if (await services.randomKeys.has(index)) return { answer: undefined }
    const mark = judge(services, 'protect', object)
    const record = await services.randomKeys.seal(services, object, index, newRandomKey())
    return { answer: undefined, rows: { records: [record] }, detail: { index, ...mark } }
  },
}

export interface ReencryptKeymanagerRandomKeyInput {
  /** Id of the private key that a random key is encrypted to. */
  readonly object: string
  /** Id of the newest key that random keys are kept under. */
  readonly cache: string
  readonly encrypted: Uint8Array
}

/**
 * Encrypts a random key of somebody else’s to the key that random keys are kept under here: two blocks of AES, as MOSIP keeps them.
 *
 * @throws MORTISE_CRYPTO_DECRYPTION_FAILED
 */
export const reencryptKeymanagerRandomKey: ObjectOperation<
  KeymanagerServices,
  ReencryptKeymanagerRandomKeyInput,
  Buffer
> = {
  name: 'ReencryptKeymanagerRandomKey',
  permission: 'Decrypt',
  durability: 'written',
  states: processStates,
  purposes: ['keymanager'],
  usage: 'Decrypt',
  target: ({ object }) => ({ object }),
  alsoOn: ({ cache }) => [protecting(cache, 1)],
  async prepare(services, _actor, { encrypted }, object, [cache] = []) {
    if (!cache) throw new MortiseError('MORTISE_INTERNAL')
    const mark = { ...judge(services, 'process', object), ...judge(services, 'protect', cache, modes.ECB) }
    const key = await decrypted(services, object, encrypted)
    try {
      const answer = await services
        .provider(cache.provider)
        .open(cache)
        .encryptInMode({ mode: 'ECB', padded: false, tag: 0, iv: none, aad: none }, key)
      return { answer, detail: mark }
    } finally {
      key.fill(0)
    }
  },
}

export interface ImportKeymanagerRandomKeysInput {
  /** Id of the private key that they are encrypted to. */
  readonly object: string
  /** Id of the newest key that random keys are kept under. */
  readonly cache: string
  readonly keys: readonly { readonly index: number; readonly encrypted: Uint8Array }[]
}

/** What became of a random key: it is here, one of this index was, or it does not open. */
export type RandomKeyImport = 'imported' | 'exists' | 'failed'

/** Takes in random keys of another Keymanager. One that is here already stays as it is. */
export const importKeymanagerRandomKeys: ObjectOperation<
  KeymanagerServices,
  ImportKeymanagerRandomKeysInput,
  readonly RandomKeyImport[]
> = {
  name: 'ImportKeymanagerRandomKeys',
  permission: 'Decrypt',
  durability: 'synced',
  states: processStates,
  purposes: ['keymanager'],
  usage: 'Decrypt',
  target: ({ object }) => ({ object }),
  alsoOn: ({ cache, keys }) => [protecting(cache, keys.length)],
  async prepare(services, _actor, { keys }, object, [cache] = []) {
    if (!cache) throw new MortiseError('MORTISE_INTERNAL')
    const mark = { ...judge(services, 'process', object), ...judge(services, 'protect', cache) }
    const records = new Map<number, RecordWrite>()
    const answer: RandomKeyImport[] = []
    for (const { index, encrypted } of keys) {
      const isThere = records.has(index) || (await services.randomKeys.has(index))
      const key = isThere ? undefined : await decrypted(services, object, encrypted).catch(unopened)
      if (key) records.set(index, await services.randomKeys.seal(services, cache, index, key))
      answer.push(isThere ? 'exists' : key ? 'imported' : 'failed')
    }
    return { answer, rows: { records: [...records.values()] }, detail: { imported: records.size, ...mark } }
  },
}

function protecting(cache: string, uses: number): AlsoOn<unknown> {
  return {
    target: { object: cache },
    permission: 'Encrypt',
    states: protectStates,
    purposes: ['keymanager'],
    usage: 'Encrypt',
    protects: () => keyBytes * uses,
    uses: () => uses,
  }
}

async function decrypted(
  services: KeymanagerServices,
  object: ManagedObject,
  encrypted: Uint8Array,
): Promise<Buffer> {
  return requireRandomKey(await services.provider(object.provider).open(object).oaepDecrypt(encrypted, oaep))
}

function unopened(error: unknown): undefined {
  if (isMortiseError(error, 'MORTISE_CRYPTO_DECRYPTION_FAILED')) return undefined
  throw error
}
