import { randomBytes, randomUUID } from 'node:crypto'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type Database from 'better-sqlite3'
import type { Test } from 'tap'
import { type Barrier, openBarrier } from '../../lib/barrier/index.js'
import { algorithms, curveBits } from '../../lib/crypto/index.js'
import {
  type ErrorCode,
  isMortiseError,
  type KeyManager,
  type KeyManagerOptions,
  openKeyManager,
  type Session,
} from '../../lib/index.js'
import { type Curve, type KeyHandle, type KeyType, native, type SecretType } from '../../lib/native/index.js'
import {
  type Change,
  encodeAuditRecord,
  type ObjectAttributes,
  type ObjectRow,
  systemClock,
  usageMask,
} from '../../lib/operation/index.js'
import { openSqliteStore, type Store } from '../../lib/storage/index.js'
import { openDatabase } from './database.js'

/** A key manager in a directory that goes with the test. */
export class KeyHouse {
  readonly directory: string
  /** Hexadecimal. */
  rootKey: string
  readonly #options: Partial<KeyManagerOptions>
  readonly #opened: { close(): Promise<void> }[] = []
  #km: KeyManager | undefined

  private constructor(directory: string, rootKey: string, options: Partial<KeyManagerOptions>) {
    this.directory = directory
    this.rootKey = rootKey
    this.#options = options
  }

  static async build(t: Test, options: Partial<KeyManagerOptions> = {}): Promise<KeyHouse> {
    return KeyHouse.at(t, await mkdtemp(join(tmpdir(), 'mortise-test-')), options)
  }

  /** On a directory that is there already, which goes with the test as well. */
  static async at(
    t: Test,
    directory: string,
    options: Partial<KeyManagerOptions> & { readonly hex?: string } = {},
  ): Promise<KeyHouse> {
    const { hex = randomBytes(32).toString('hex'), ...rest } = options
    const house = new KeyHouse(directory, hex, rest)
    t.teardown(async () => {
      await house.close()
      await rm(directory, { recursive: true, force: true })
    })
    house.#km = await house.open()
    return house
  }

  get km(): KeyManager {
    if (!this.#km) throw new Error('the house is closed')
    return this.#km
  }

  /** Another key manager on the same directory. */
  async open(options: Partial<KeyManagerOptions> = {}): Promise<KeyManager> {
    const { directory, rootKey } = this
    const km = await openKeyManager({
      // Tests that count records and rows want no others than their own.
      checkpointSeconds: 0,
      ...this.#options,
      ...options,
      directory,
      rootKey: { hex: rootKey },
    })
    this.#opened.push(km)
    return km
  }

  /** A session of somebody, who is registered if need be. */
  async as(name: string, km = this.km): Promise<Session> {
    await km.ensurePrincipal({ name })
    return km.as(name)
  }

  async administrator(km = this.km): Promise<Session> {
    await km.ensurePrincipal({ name: 'root', roles: ['administrator'] })
    return km.as('root')
  }

  /** A store and a barrier beside the key manager's, for what its API does not let anybody do. */
  async inside(): Promise<Inside> {
    const store = await openSqliteStore({ directory: this.directory })
    const inside = new Inside(store, await openBarrier(store, systemClock, { hex: this.rootKey }))
    this.#opened.push(inside)
    return inside
  }

  /** Edits the database as an intruder would, and opens the key manager anew so that nothing of before is in memory. */
  async breakIn(edit: (database: Database.Database) => void): Promise<KeyManager> {
    await this.close()
    this.edit(edit)
    this.#km = await this.open()
    return this.#km
  }

  edit(edit: (database: Database.Database) => void): void {
    const database = openDatabase(join(this.directory, 'mortise.db'))
    try {
      database.exec('PRAGMA foreign_keys = OFF')
      database.exec('PRAGMA ignore_check_constraints = ON')
      edit(database)
    } finally {
      database.close()
    }
  }

  async close(): Promise<void> {
    this.#km = undefined
    for (const one of this.#opened.splice(0)) await one.close()
  }
}

export type NewInside = Pick<ObjectRow, 'owner'> &
  Partial<ObjectRow> & { readonly values?: Partial<ObjectAttributes> }

/** What is behind the doors of a key manager: rows of any purpose, state and usage, properly sealed. */
export class Inside {
  readonly store: Store
  readonly barrier: Barrier

  constructor(store: Store, barrier: Barrier) {
    this.store = store
    this.barrier = barrier
  }

  /** The row of a key: general, Active and of every usage unless said otherwise. */
  row(key: KeyHandle, { values, ...columns }: NewInside): ObjectRow {
    const id = columns.id ?? randomUUID()
    const type = typeOf[key.kind]
    const algorithm = columns.algorithm ?? (key.type === 'HMAC' ? 'HMAC-SHA-256' : key.type)
    const serial = columns.serial ?? 1
    const destroyed = columns.state?.startsWith('Destroyed')
    const allowed = algorithms[algorithm as keyof typeof algorithms].usages as Record<
      string,
      readonly string[]
    >
    const usage = (allowed[type] ?? []).reduce(
      (bits, name) => bits | usageMask[name as keyof typeof usageMask],
      0,
    )
    return this.barrier.authenticateObject({
      id,
      version: 1,
      domain: 'root',
      type,
      state: 'Active',
      purpose: 'general',
      name: null,
      family: id,
      serial,
      algorithm,
      length: key.curve ? curveBits[key.curve] : key.length,
      usage,
      created: Date.now(),
      provider: 'software',
      attributes: JSON.stringify({
        ...(key.curve && { curve: key.curve }),
        extractable: true,
        sensitive: false,
        ...values,
      }),
      terms: '',
      material: destroyed ? null : this.barrier.sealMaterial(key, { id, type, serial }),
      ...columns,
    })
  }

  async put(...rows: readonly ObjectRow[]): Promise<void> {
    await this.apply({ objects: rows.map((row) => ({ row })) })
  }

  async apply(rows: Omit<Change, 'audit' | 'durability'>): Promise<void> {
    const audit = encodeAuditRecord({
      time: Date.now(),
      principal: null,
      principalName: null,
      face: 'system',
      request: null,
      operation: 'Test',
      object: null,
      outcome: 'success',
      code: null,
      detail: {},
    })
    await this.store.apply({ ...rows, audit, durability: 'written' })
  }

  async close(): Promise<void> {
    await this.store.close()
    this.barrier.close()
  }
}

const typeOf = { secret: 'SymmetricKey', private: 'PrivateKey', public: 'PublicKey' } as const

function isSecret(type: KeyType): type is SecretType {
  return ['AES', 'HMAC', 'AES-XTS', '3DES', 'ChaCha20', 'SKIPJACK'].includes(type)
}

/** One key of each kind that there is, made once a process: making RSA keys takes long. */
export async function keyOf(
  type: Exclude<KeyType, 'Data' | 'Share' | 'DSA'>,
  curveOrBits?: Curve | number,
): Promise<[KeyHandle, KeyHandle]> {
  if (isSecret(type)) {
    const key = native.generateSecret(type, typeof curveOrBits === 'number' ? curveOrBits : 256)
    return [key, key]
  }
  const parameter = curveOrBits ?? (type === 'RSA' ? 2048 : type === 'EC' ? 'P-256' : null)
  const { privateKey, publicKey } = await native.generateKeyPair(type, parameter)
  return [privateKey, native.importPublic(publicKey)]
}

/** The code of the error that something ends with, or `ok`. */
export async function outcome(work: Promise<unknown> | (() => unknown)): Promise<ErrorCode | 'ok'> {
  try {
    await (typeof work === 'function' ? work() : work)
    return 'ok'
  } catch (error) {
    if (isMortiseError(error)) return error.code
    throw error
  }
}
