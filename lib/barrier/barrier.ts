import { isMortiseError, MortiseError } from '../errors/index.js'
import type { KeyIdentity, MaterialVault } from '../hsm/index.js'
import { type KeyHandle, native } from '../native/index.js'
import type { GrantRow, ObjectRow, RecordRow } from '../operation/index.js'
import { canonical, canonicalGrant, canonicalObject } from './canonical.js'
import { Keyring, type KeyringVersion } from './keyring.js'
import { rootKeyRotated, type Wrappings } from './wrappings.js'

/** A format byte (1) and the version of the keyring (32 bits, big endian) stand before everything sealed or authenticated. */
const format = 1
const headerBytes = 5

/** `pending` seals nothing yet, `previous` only opens what it has sealed. */
export type KeyringState = 'pending' | 'active' | 'previous'

/** What a record is authenticated with besides its value: whoever edits the index or the expiry breaks the seal. */
type RecordIdentity = Omit<RecordRow, 'value'>

/**
 * Everything that the store keeps passes here. Material and records are sealed (XAES-256-GCM), the rows of objects and
 * grants carry an HMAC, all bound to the store's id and their own identity, so that whoever can write the database can
 * neither read, change, swap nor copy them unnoticed. A whole older row put back is not noticed (SECURITY.md).
 */
export class Barrier implements MaterialVault {
  readonly #store: string
  #keyring: Keyring
  /** Whether the store has another keyring, which this process cannot open. */
  #outdated = false
  /** Whether the keyring was wiped, until the root key is within reach again. */
  #sealed = false
  /** Whether nothing is sealed, because the root key is out of reach. */
  #readOnly = false
  /** Where the keyring is kept. */
  readonly wrappings: Wrappings

  /** @param store id of the store whose rows these are */
  constructor(store: string, keyring: Keyring, wrappings: Wrappings) {
    this.#store = store
    this.#keyring = keyring
    this.wrappings = wrappings
  }

  /** The version of the keyring that seals now. */
  get keyringVersion(): number {
    return this.#keyring.active.version
  }

  /** Whether another keyring is of the same versions and keys as the one in use. */
  hasSameKeys(keyring: Keyring): boolean {
    return this.#keyring.equals(keyring)
  }

  /** The versions of the keyring, oldest first. */
  get keyringVersions(): readonly { version: number; created: number; state: KeyringState }[] {
    const { versions, active } = this.#keyring
    return versions.map(({ version, created, pending }) => ({
      version,
      created,
      state: pending ? 'pending' : version === active.version ? 'active' : 'previous',
    }))
  }

  /**
   * Takes the keyring as it is stored now, after it was rotated here or by another process.
   *
   * @throws MORTISE_BARRIER_WRONG_ROOT_KEY when this process has not got the root key any more: it goes on with the keyring
   *   that it has until another is stored, and seals nothing from then on
   */
  async reload(): Promise<void> {
    if (this.#sealed) throw sealed()
    await this.#reload()
  }

  /** Whether {@link seal} was called, and {@link unseal} not since. */
  get isSealed(): boolean {
    return this.#sealed
  }

  /** @throws MORTISE_BARRIER_SEALED */
  requireOpen(): void {
    if (this.#sealed) throw sealed()
  }

  /** From now on what is there is opened and checked, and nothing is sealed: MORTISE_BARRIER_READ_ONLY. */
  refuseWrites(refuse: boolean): void {
    this.#readOnly = refuse
  }

  /** Wipes the keyring: nothing is opened, sealed or checked until {@link unseal}. */
  seal(): void {
    this.#sealed = true
    this.#keyring.close()
  }

  /** Takes the keyring from the store again, by the root key that is within reach again. */
  async unseal(): Promise<void> {
    await this.#reload()
    this.#sealed = false
  }

  async #reload(): Promise<void> {
    const before = this.#keyring
    try {
      this.#keyring = await this.wrappings.opened(({ root, record }) =>
        Keyring.open(this.#store, root, record.value),
      )
    } catch (error) {
      this.#outdated = await this.wrappings.haveMovedFrom(before)
      throw error
    }
    this.#outdated = false
    before.close()
  }

  sealMaterial(key: KeyHandle, identity: KeyIdentity): Uint8Array {
    const { version, sealing } = this.#active
    return prefix(version, native.sealKey(sealing, key, this.#materialContext(identity)))
  }

  /** @throws MORTISE_BARRIER_INTEGRITY */
  openMaterial(material: Uint8Array, identity: KeyIdentity): KeyHandle {
    return this.#open(`object ${identity.id}`, material, (sealing, blob) =>
      native.openKey(sealing, blob, this.#materialContext(identity)),
    )
  }

  /** The raw bytes of a secret that is given out; whoever has them wipes them. @throws MORTISE_BARRIER_INTEGRITY */
  openSecret(material: Uint8Array, identity: KeyIdentity): Buffer {
    return this.#open(`object ${identity.id}`, material, (sealing, blob) =>
      native.openKeyBytes(sealing, blob, this.#materialContext(identity)),
    )
  }

  /** The row with its value sealed. */
  sealRecord(identity: RecordIdentity, value: Uint8Array): RecordRow {
    const { version, sealing } = this.#active
    return {
      ...identity,
      value: prefix(version, native.sealBytes(sealing, value, this.#recordContext(identity))),
    }
  }

  /** @throws MORTISE_BARRIER_INTEGRITY */
  openRecord(row: RecordRow): Buffer {
    return this.#open(`record ${row.namespace}/${row.key}`, row.value, (sealing, blob) =>
      native.openBytes(sealing, blob, this.#recordContext(row)),
    )
  }

  /** The row with its HMAC. */
  authenticateObject(row: Omit<ObjectRow, 'mac'>): ObjectRow {
    return { ...row, mac: this.#mac(canonicalObject(this.#store, row)) }
  }

  /** @throws MORTISE_BARRIER_INTEGRITY */
  checkObject(row: ObjectRow): void {
    this.#check(`object ${row.id}`, canonicalObject(this.#store, row), row.mac)
  }

  /** The row with its HMAC. */
  authenticateGrant(row: Omit<GrantRow, 'mac'>): GrantRow {
    return { ...row, mac: this.#mac(canonicalGrant(this.#store, row)) }
  }

  /** @throws MORTISE_BARRIER_INTEGRITY */
  checkGrant(row: GrantRow): void {
    this.#check(`grant on ${row.object}`, canonicalGrant(this.#store, row), row.mac)
  }

  /** The next version of a row, sealed and authenticated anew. @throws MORTISE_BARRIER_INTEGRITY */
  resealObject(row: ObjectRow): ObjectRow {
    this.checkObject(row)
    const { mac: _, material, ...rest } = row
    return this.authenticateObject({
      ...rest,
      version: row.version + 1,
      material: material && this.#resealMaterial(material, row),
    })
  }

  /** The next version of a row, authenticated anew. @throws MORTISE_BARRIER_INTEGRITY */
  resealGrant(row: GrantRow): GrantRow {
    this.checkGrant(row)
    const { mac: _, ...rest } = row
    return this.authenticateGrant({ ...rest, version: row.version + 1 })
  }

  /** The next version of a record, sealed anew. @throws MORTISE_BARRIER_INTEGRITY */
  resealRecord(row: RecordRow): RecordRow {
    const value = this.openRecord(row)
    try {
      return this.sealRecord({ ...row, version: row.version + 1 }, value)
    } finally {
      value.fill(0)
    }
  }

  /** Wipes the keyring from memory. */
  close(): void {
    this.#keyring.close()
  }

  /** What is sealed with a version that has gone from the store would be lost. */
  get #active(): KeyringVersion {
    if (this.#sealed) throw sealed()
    if (this.#outdated) throw rootKeyRotated()
    if (this.#readOnly) throw new MortiseError('MORTISE_BARRIER_READ_ONLY')
    return this.#keyring.active
  }

  #resealMaterial(material: Uint8Array, identity: KeyIdentity): Uint8Array {
    // What no version of ours has sealed is a provider's own.
    if (keyringVersionOf(material) === undefined) return material
    const key = this.openMaterial(material, identity)
    try {
      return this.sealMaterial(key, identity)
    } finally {
      key.dispose()
    }
  }

  #materialContext(identity: KeyIdentity): Buffer {
    return canonical([this.#store, 'material', identity.id, identity.type, identity.serial])
  }

  #recordContext(row: RecordIdentity): Buffer {
    const index = Object.keys(row.index)
      .sort()
      .flatMap((field) => [field, row.index[field] ?? null])
    return canonical([this.#store, 'records', row.namespace, row.key, row.version, row.expires, ...index])
  }

  #mac(row: Buffer): Buffer {
    const { version, authentication } = this.#active
    return prefix(version, native.hmac(authentication, 'SHA-256', row))
  }

  #check(what: string, row: Buffer, mac: Uint8Array): void {
    const keys = this.#keysOf(mac)
    if (!keys || !native.hmacVerify(keys.authentication, 'SHA-256', row, mac.subarray(headerBytes)))
      throw broken(what)
  }

  #open<T>(what: string, blob: Uint8Array, open: (sealing: KeyHandle, blob: Uint8Array) => T): T {
    const keys = this.#keysOf(blob)
    if (!keys) throw broken(what)
    try {
      return open(keys.sealing, blob.subarray(headerBytes))
    } catch (error) {
      // Other failures (a closed key, no locked memory) are this process's, not the store's.
      throw isMortiseError(error, 'MORTISE_CRYPTO_DECRYPTION_FAILED') ? broken(what, error) : error
    }
  }

  #keysOf(blob: Uint8Array): KeyringVersion | undefined {
    if (this.#sealed) throw sealed()
    const version = keyringVersionOf(blob)
    const keys = version === undefined ? undefined : this.#keyring.version(version)
    if (!keys && this.#outdated) throw rootKeyRotated()
    return keys
  }
}

/** The version of the keyring that something was sealed or authenticated with; undefined where it is none of ours. */
export function keyringVersionOf(blob: Uint8Array): number | undefined {
  if (blob.length <= headerBytes || blob[0] !== format) return undefined
  return (
    (((blob[1] as number) << 24) |
      ((blob[2] as number) << 16) |
      ((blob[3] as number) << 8) |
      (blob[4] as number)) >>>
    0
  )
}

function sealed(): MortiseError {
  return new MortiseError('MORTISE_BARRIER_SEALED')
}

function broken(what: string, cause?: unknown): MortiseError {
  return new MortiseError(
    'MORTISE_BARRIER_INTEGRITY',
    `${what} fails its integrity check: it was changed outside Mortise or is damaged; restore it from a backup`,
    { cause },
  )
}

function prefix(version: number, bytes: Uint8Array): Buffer {
  const out = Buffer.alloc(headerBytes + bytes.length)
  out[0] = format
  out.writeUInt32BE(version, 1)
  out.set(bytes, headerBytes)
  return out
}
