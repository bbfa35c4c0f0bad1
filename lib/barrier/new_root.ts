import { existsSync, linkSync, renameSync } from 'node:fs'
import { dirname, resolve } from 'node:path'
import { isMortiseError, MortiseError } from '../errors/index.js'
import { native } from '../native/index.js'
import { type Store, syncDirectory } from '../storage/index.js'
import type { Barrier } from './barrier.js'
import { Keyring, keyringNamespace } from './keyring.js'
import type { RootKey, RootKeySource } from './root.js'
import type { Wrappings } from './wrappings.js'

/**
 * What the root key is to be: one of the sources, where a file is made and must not be there yet; or `inPlace`, a new
 * key in the file that has the present one.
 */
export type NewRootKey = RootKeySource | { readonly inPlace: true }

/** The root key that a rotation is on its way to. Every step may be repeated after it was cut short. */
export class NewRoot {
  readonly #store: Store
  readonly #wrappings: Wrappings
  readonly #to: NewRootKey
  readonly #onMade: () => void
  #key: Promise<RootKey> | undefined

  /** @param onMade called when the key is there, before anything is sealed with it */
  constructor(store: Store, wrappings: Wrappings, to: NewRootKey, onMade: () => void) {
    this.#store = store
    this.#wrappings = wrappings
    this.#to = to
    this.#onMade = onMade
  }

  /** The key, made where it is to be in a file. */
  key(): Promise<RootKey> {
    this.#key ??= this.#open().then(
      (key) => {
        this.#onMade()
        return key
      },
      (error) => {
        // What is not right is not the configuration but what was asked for.
        if (!isMortiseError(error, 'MORTISE_CONFIG_INVALID')) throw error
        throw new MortiseError('MORTISE_INPUT_INVALID', error.message)
      },
    )
    return this.#key
  }

  /** Where it is to be, as one may show it to whoever must approve. */
  get place(): string {
    if ('inPlace' in this.#to) return 'in place'
    if ('file' in this.#to) return `file ${this.#to.file}`
    if ('hsm' in this.#to) return `token ${this.#to.hsm}`
    return 'passphrase' in this.#to ? 'passphrase' : 'hex'
  }

  /** Where the key is found from now on. */
  get source(): RootKeySource {
    return 'inPlace' in this.#to ? { file: this.#file } : this.#to
  }

  /**
   * Reads what was stored under the new key.
   *
   * @throws MORTISE_BARRIER_INTEGRITY unless it is the keyring in use
   */
  async verify(barrier: Barrier): Promise<void> {
    await barrier.reload()
    const key = await this.key()
    const record = await this.#store.record(keyringNamespace, key.id)
    const keyring = record && Keyring.open(this.#store.id, key, record.value)
    const same = keyring !== undefined && barrier.hasSameKeys(keyring)
    keyring?.close()
    if (same) return
    throw new MortiseError(
      'MORTISE_BARRIER_INTEGRITY',
      'the keyring that was stored under the new root key is not the one in use: the old root key stays',
    )
  }

  /**
   * Puts the new key where the next start looks for it.
   *
   * @param old id of the present root key
   * @returns the file that keeps the old key, which backups made before are opened with
   */
  settle(old: string): string | null {
    if (!('inPlace' in this.#to)) return null
    const keep = `${this.#file}.${old.slice(0, 8)}`
    if (!existsSync(keep)) linkSync(this.#file, keep)
    renameSync(draftOf(this.#file), this.#file)
    syncDirectory(dirname(this.#file))
    return keep
  }

  async close(): Promise<void> {
    const key = await this.#key?.catch(() => undefined)
    key?.close()
  }

  get #file(): string {
    const { source } = this.#wrappings
    if ('file' in source) return source.file
    throw new MortiseError(
      'MORTISE_INPUT_INVALID',
      'the root key is in no file that could be replaced: name a new file, or give a key or a passphrase',
    )
  }

  async #open(): Promise<RootKey> {
    if ('inPlace' in this.#to) {
      const draft = draftOf(this.#file)
      // One that is there is of a rotation that was cut short.
      if (!existsSync(draft)) native.createKeyFile(draft)
      return this.#wrappings.rootKey({ file: draft })
    }
    if (!('file' in this.#to)) return this.#wrappings.rootKey(this.#to, true)
    return this.#openFile(resolve(this.#to.file))
  }

  async #openFile(file: string): Promise<RootKey> {
    const isNew = !existsSync(file)
    if (isNew) native.createKeyFile(file)
    const key = await this.#wrappings.rootKey({ file })
    if (isNew || (await this.#store.record(keyringNamespace, key.id))) return key
    key.close()
    throw new MortiseError(
      'MORTISE_INPUT_INVALID',
      `the file ${file} is there already, with a key that this store knows nothing of: name another`,
    )
  }
}

function draftOf(file: string): string {
  return `${file}.new`
}
