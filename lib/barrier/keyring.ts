import { isMortiseError, MortiseError } from '../errors/index.js'
import { type KeyHandle, native } from '../native/index.js'
import type { RecordRow } from '../operation/index.js'
import { canonical } from './canonical.js'
import type { RootKey } from './root.js'

/** The two keys of one version of the keyring, both derived from the one that is stored. */
export interface KeyringVersion {
  /** 1 to 2^32-1; stands before everything that was sealed or authenticated with it. */
  readonly version: number
  /** AES-256, for XAES-256-GCM. */
  readonly sealing: KeyHandle
  /** For HMAC-SHA-256 over rows. */
  readonly authentication: KeyHandle
}

export const keyringNamespace = 'keyring'

/** A format byte stands before the JSON of what is stored. */
const format = 1

interface StoredKeyring {
  readonly versions: readonly { readonly version: number; readonly created: number; readonly key: string }[]
}

/**
 * The versioned barrier keys. Stored once per root key, wrapped by it, so that a root key is changed by writing a second
 * wrapping before the first is removed. New data uses the newest version; older ones still open what they sealed.
 */
export class Keyring {
  readonly #versions: ReadonlyMap<number, KeyringVersion>
  readonly active: KeyringVersion

  private constructor(versions: readonly KeyringVersion[]) {
    const newest = versions.at(-1)
    if (!newest) throw new MortiseError('MORTISE_BARRIER_INTEGRITY', 'the keyring is empty')
    this.#versions = new Map(versions.map((one) => [one.version, one]))
    this.active = newest
  }

  version(version: number): KeyringVersion | undefined {
    return this.#versions.get(version)
  }

  close(): void {
    for (const { sealing, authentication } of this.#versions.values()) {
      sealing.dispose()
      authentication.dispose()
    }
  }

  /** A keyring with its first version, as the record that keeps it. */
  static create(store: string, root: RootKey, now: number): RecordRow {
    const key = native.generateSecret('HMAC', 256)
    const wrapping = root.wrappingKey()
    try {
      const wrapped = native.sealKey(wrapping, key, context(store, root.id, 1))
      const stored: StoredKeyring = {
        versions: [{ version: 1, created: now, key: wrapped.toString('base64') }],
      }
      return {
        namespace: keyringNamespace,
        key: root.id,
        version: 1,
        value: Buffer.concat([Buffer.of(format), Buffer.from(JSON.stringify(stored))]),
        expires: null,
        index: {},
      }
    } finally {
      key.dispose()
      wrapping.dispose()
    }
  }

  /** @throws MORTISE_BARRIER_INTEGRITY when the record was changed */
  static open(store: string, root: RootKey, record: RecordRow): Keyring {
    const wrapping = root.wrappingKey()
    try {
      return new Keyring(
        parse(record.value).versions.map(({ version, key }) => {
          const opened = native.openKey(
            wrapping,
            Buffer.from(key, 'base64'),
            context(store, root.id, version),
          )
          try {
            return {
              version,
              sealing: native.deriveSecret(opened, 'mortise barrier sealing', 'AES'),
              authentication: native.deriveSecret(opened, 'mortise barrier authentication', 'HMAC'),
            }
          } finally {
            opened.dispose()
          }
        }),
      )
    } catch (error) {
      // Other failures (no locked memory, a failed self-test) are this process's, not the store's.
      if (isMortiseError(error) && error.code !== 'MORTISE_CRYPTO_DECRYPTION_FAILED') throw error
      throw new MortiseError(
        'MORTISE_BARRIER_INTEGRITY',
        'the keyring was changed outside Mortise or is damaged',
        {
          cause: error,
        },
      )
    } finally {
      wrapping.dispose()
    }
  }
}

function parse(value: Uint8Array): StoredKeyring {
  if (value[0] !== format) throw new Error(`unknown format ${value[0]}`)
  return JSON.parse(Buffer.from(value.subarray(1)).toString('utf8'))
}

function context(store: string, root: string, version: number): Buffer {
  return canonical([store, 'keyring', root, version])
}
