import { isMortiseError, MortiseError } from '../errors/index.js'
import { type KeyHandle, native } from '../native/index.js'
import { canonical } from './canonical.js'
import type { RootKey } from './root.js'

/** The namespace of the records that keep the keyring: one for each root key, under its id. */
export const keyringNamespace = 'keyring'

/** One version of the keyring: the key that is stored, and the two that are derived from it. */
export interface KeyringVersion {
  /** 1 to 2^32-1; stands before everything that was sealed or authenticated with it. */
  readonly version: number
  /** Milliseconds since 1970. */
  readonly created: number
  /** Whether every process is still to learn of it, before any seals with it. */
  readonly pending: boolean
  readonly key: KeyHandle
  /** AES-256, for XAES-256-GCM. */
  readonly sealing: KeyHandle
  /** For HMAC-SHA-256 over rows. */
  readonly authentication: KeyHandle
}

/** The first format had the list in the clear, and no version that was pending. It is read, and no longer written. */
const unsealedList = 1
const sealedList = 2

interface StoredKeyring {
  readonly versions: readonly {
    readonly version: number
    readonly created: number
    readonly key: string
    readonly pending?: true
  }[]
}

/**
 * The versioned barrier keys. Stored once per root key, wrapped by it, so that a root key is changed by writing a second
 * wrapping before the first is removed. New data uses the newest version; older ones still open what they sealed.
 */
export class Keyring {
  /** Oldest first. */
  readonly versions: readonly KeyringVersion[]
  readonly active: KeyringVersion
  readonly #byVersion: ReadonlyMap<number, KeyringVersion>

  private constructor(versions: readonly KeyringVersion[]) {
    const active = versions.findLast(({ pending }) => !pending)
    if (!active) throw new MortiseError('MORTISE_BARRIER_INTEGRITY', 'the keyring is empty')
    this.versions = versions
    this.active = active
    this.#byVersion = new Map(versions.map((one) => [one.version, one]))
  }

  /** The first version. */
  static create(now: number): Keyring {
    return new Keyring([newVersion(1, now, false)])
  }

  /** @throws MORTISE_BARRIER_INTEGRITY when the record was changed */
  static open(store: string, root: RootKey, value: Uint8Array): Keyring {
    const wrapping = root.wrappingKey()
    const opened: KeyringVersion[] = []
    try {
      for (const { version, created, key, pending = false } of parse(store, root.id, wrapping, value)
        .versions) {
        const handle = native.openKey(wrapping, Buffer.from(key, 'base64'), context(store, root.id, version))
        opened.push(derived({ version, created, pending, key: handle }))
      }
      return new Keyring(opened)
    } catch (error) {
      for (const version of opened) dispose(version)
      // Other failures (no locked memory, a failed self-test) are this process's, not the store's.
      if (isMortiseError(error) && error.code !== 'MORTISE_CRYPTO_DECRYPTION_FAILED') throw error
      throw new MortiseError(
        'MORTISE_BARRIER_INTEGRITY',
        'the keyring was changed outside Mortise or is damaged',
        { cause: error },
      )
    } finally {
      wrapping.dispose()
    }
  }

  /** The stored form under a root key. */
  wrap(store: string, root: RootKey): Buffer {
    const wrapping = root.wrappingKey()
    try {
      const stored: StoredKeyring = {
        versions: this.versions.map(({ version, created, pending, key }) => ({
          version,
          created,
          key: native.sealKey(wrapping, key, context(store, root.id, version)).toString('base64'),
          ...(pending && { pending }),
        })),
      }
      const list = native.sealBytes(
        wrapping,
        Buffer.from(JSON.stringify(stored)),
        listContext(store, root.id),
      )
      return Buffer.concat([Buffer.of(sealedList), list])
    } finally {
      wrapping.dispose()
    }
  }

  version(version: number): KeyringVersion | undefined {
    return this.#byVersion.get(version)
  }

  /** The version that is to become the active one. */
  get pending(): KeyringVersion | undefined {
    return this.versions.find(({ pending }) => pending)
  }

  /** Whether both have the same versions, of the same keys. */
  equals(other: Keyring): boolean {
    return (
      this.versions.length === other.versions.length &&
      this.versions.every((one) => {
        const twin = other.version(one.version)
        return twin !== undefined && twin.pending === one.pending && native.equal(mark(one), mark(twin))
      })
    )
  }

  /** With one more version, which nothing is sealed with yet. The others are shared: close only one of the two. */
  withPending(now: number): Keyring {
    const newest = this.versions.at(-1)?.version ?? 0
    return new Keyring([...this.versions, newVersion(newest + 1, now, true)])
  }

  /** With the pending version active. */
  withActivated(): Keyring {
    return new Keyring(this.versions.map((one) => ({ ...one, pending: false })))
  }

  /** Without some versions. */
  without(versions: ReadonlySet<number>): Keyring {
    return new Keyring(this.versions.filter(({ version }) => !versions.has(version)))
  }

  /** Wipes it from memory. */
  close(): void {
    for (const version of this.versions) dispose(version)
  }
}

function newVersion(version: number, created: number, pending: boolean): KeyringVersion {
  return derived({ version, created, pending, key: native.generateSecret('HMAC', 256) })
}

function derived(version: Omit<KeyringVersion, 'sealing' | 'authentication'>): KeyringVersion {
  return {
    ...version,
    sealing: native.deriveSecret(version.key, 'mortise barrier sealing', 'AES'),
    authentication: native.deriveSecret(version.key, 'mortise barrier authentication', 'HMAC'),
  }
}

function dispose({ key, sealing, authentication }: KeyringVersion): void {
  for (const handle of [key, sealing, authentication]) handle.dispose()
}

/** Tells keys apart without telling them. */
function mark({ key }: KeyringVersion): Buffer {
  return native.hmac(key, 'SHA-256', Buffer.from('mortise keyring version'))
}

function parse(store: string, root: string, wrapping: KeyHandle, value: Uint8Array): StoredKeyring {
  const body = value.subarray(1)
  if (value[0] === unsealedList) return JSON.parse(Buffer.from(body).toString('utf8'))
  if (value[0] !== sealedList) throw new Error(`unknown format ${value[0]}`)
  return JSON.parse(native.openBytes(wrapping, body, listContext(store, root)).toString('utf8'))
}

function context(store: string, root: string, version: number): Buffer {
  return canonical([store, 'keyring', root, version])
}

function listContext(store: string, root: string): Buffer {
  return canonical([store, 'keyring list', root])
}
