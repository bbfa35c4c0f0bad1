import { MortiseError } from '../errors/index.js'
import { type FindWrapper, wrapperId } from '../hsm/index.js'
import type { Clock, RecordRow } from '../operation/index.js'
import type { Store } from '../storage/index.js'
import { Keyring, keyringNamespace } from './keyring.js'
import { passphraseKey, passphraseParameters } from './passphrase.js'
import { openRootKey, type RootKey, type RootKeySource } from './root.js'
import { isRootOnToken, noTokens, openRootOnToken, rootOnTokenKey } from './root_on_token.js'

/** The record that keeps a keyring under a root key. */
export function wrappingRow(store: string, root: RootKey, keyring: Keyring, version: number): RecordRow {
  const value = keyring.wrap(store, root)
  const index = { versions: versionsOf(keyring) }
  return { namespace: keyringNamespace, key: root.id, version, value, expires: null, index }
}

/** What whoever cannot open a keyring sees of it. */
function versionsOf({ versions }: Keyring): string {
  return versions.map(({ version }) => version).join(' ')
}

export function rootKeyRotated(): MortiseError {
  return new MortiseError(
    'MORTISE_BARRIER_WRONG_ROOT_KEY',
    'the root key of the store was rotated: start this process again with the new one',
  )
}

/** A keyring as it is stored, opened. */
export interface Wrapped {
  readonly root: RootKey
  readonly record: RecordRow
  readonly keyring: Keyring
}

/** The keyring in the store: wrapped once for each root key, one of which this process knows where to find. */
export class Wrappings {
  readonly #store: Store
  readonly #clock: Clock
  readonly #findWrapper: FindWrapper
  #source: RootKeySource

  constructor(store: Store, clock: Clock, source: RootKeySource, findWrapper: FindWrapper = noTokens) {
    this.#store = store
    this.#clock = clock
    this.#source = source
    this.#findWrapper = findWrapper
  }

  get source(): RootKeySource {
    return this.#source
  }

  /** From now on this process takes the root key from elsewhere. */
  use(source: RootKeySource): void {
    this.#source = source
  }

  /**
   * Does something with the keyring as it is stored now.
   *
   * @throws MORTISE_BARRIER_WRONG_ROOT_KEY when the store is no longer sealed with the root key of this process
   */
  async opened<Answer>(work: (wrapped: Wrapped) => Answer | Promise<Answer>): Promise<Answer> {
    const root = await this.rootKey(this.#source)
    try {
      const record = await this.#store.record(keyringNamespace, root.id)
      if (!record) throw rootKeyRotated()
      const keyring = Keyring.open(this.#store.id, root, record.value)
      try {
        return await work({ root, record, keyring })
      } finally {
        keyring.close()
      }
    } finally {
      root.close()
    }
  }

  /** A root key that the store may or may not be sealed with. Close it after use. @param make whether to have a token wrap a new one */
  async rootKey(source: RootKeySource, make = false): Promise<RootKey> {
    if ('hsm' in source)
      return openRootOnToken(this.#store, this.#clock, await this.#findWrapper(source.hsm, make), make)
    const parameters =
      'passphrase' in source ? await passphraseParameters(this.#store, this.#clock, true) : undefined
    return openRootKey(source, false, parameters)
  }

  /** Whether the keyring that is stored now has other versions than this one, as far as that can be seen from outside. */
  async haveMovedFrom(keyring: Keyring): Promise<boolean> {
    const stored = (await this.all()).map(({ index }) => index['versions'])
    return stored.some((versions) => versions !== undefined && versions !== versionsOf(keyring))
  }

  /** Whether a key of a token wraps a root key of this store. */
  async isWrapper(facts: Parameters<typeof wrapperId>[0]): Promise<boolean> {
    const key = rootOnTokenKey({ id: wrapperId(facts) })
    return (await this.#store.record(keyringNamespace, key)) !== undefined
  }

  /** Has the root key of the source made out again, from wherever it is. */
  async reach(): Promise<void> {
    const root = await this.rootKey(this.#source)
    root.close()
  }

  /** The records of root keys that tokens have wrapped, but that of the source. */
  async otherRootsOnTokens(): Promise<RecordRow[]> {
    const records = await this.#store.records(keyringNamespace, { limit: 1000 })
    const all = records.filter(({ key }) => isRootOnToken(key))
    if (all.length === 0 || !('hsm' in this.#source)) return all
    const own = rootOnTokenKey(await this.#findWrapper(this.#source.hsm, false))
    return all.filter(({ key }) => key !== own)
  }

  /** Every wrapping of the keyring. There is more than one while the root key is being rotated. */
  async all(): Promise<RecordRow[]> {
    const records = await this.#store.records(keyringNamespace, { limit: 1000 })
    return records.filter(({ key }) => key !== passphraseKey && !isRootOnToken(key))
  }
}
