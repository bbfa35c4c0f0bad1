import { isMortiseError, MortiseError } from '../errors/index.js'
import type { KeyIdentity, MaterialVault } from '../hsm/index.js'
import { type KeyHandle, native } from '../native/index.js'
import type { GrantRow, ObjectRow, RecordRow } from '../operation/index.js'
import { canonical, canonicalGrant, canonicalObject } from './canonical.js'
import type { Keyring, KeyringVersion } from './keyring.js'

/** A format byte (1) and the version of the keyring (32 bits, big endian) stand before everything sealed or authenticated. */
const format = 1
const headerBytes = 5

/** What a record is authenticated with besides its value: whoever edits the index or the expiry breaks the seal. */
type RecordIdentity = Omit<RecordRow, 'value'>

/**
 * Everything that the store keeps passes here. Material and records are sealed (XAES-256-GCM), the rows of objects and
 * grants carry an HMAC, all bound to the store's id and their own identity, so that whoever can write the database can
 * neither read, change, swap nor copy them unnoticed. A whole older row put back is not noticed (SECURITY.md).
 */
export class Barrier implements MaterialVault {
  readonly #store: string
  readonly #keyring: Keyring

  /** @param store id of the store whose rows these are */
  constructor(store: string, keyring: Keyring) {
    this.#store = store
    this.#keyring = keyring
  }

  sealMaterial(key: KeyHandle, identity: KeyIdentity): Uint8Array {
    const { version, sealing } = this.#keyring.active
    return prefix(version, native.sealKey(sealing, key, this.#materialContext(identity)))
  }

  /** @throws MORTISE_BARRIER_INTEGRITY */
  openMaterial(material: Uint8Array, identity: KeyIdentity): KeyHandle {
    return this.#open(`object ${identity.id}`, material, (sealing, blob) =>
      native.openKey(sealing, blob, this.#materialContext(identity)),
    )
  }

  /** The row with its value sealed. */
  sealRecord(identity: RecordIdentity, value: Uint8Array): RecordRow {
    const { version, sealing } = this.#keyring.active
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

  /** Wipes the keyring from memory. */
  close(): void {
    this.#keyring.close()
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
    const { version, authentication } = this.#keyring.active
    return prefix(version, native.hmac(authentication, 'SHA-256', row))
  }

  #check(what: string, row: Buffer, mac: Uint8Array): void {
    const keys = this.#keysOf(mac)
    const expected = keys && native.hmac(keys.authentication, 'SHA-256', row)
    if (!expected || !native.equal(expected, mac.subarray(headerBytes))) throw broken(what)
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
    if (blob.length <= headerBytes || blob[0] !== format) return undefined
    return this.#keyring.version(new DataView(blob.buffer, blob.byteOffset, blob.byteLength).getUint32(1))
  }
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
