import { randomBytes, randomUUID } from 'node:crypto'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type Database from 'better-sqlite3'
import type { Test } from 'tap'
import { type Barrier, openBarrier } from '../../lib/barrier/index.js'
import {
  type AuditDetail,
  type Change,
  type Clock,
  encodeAuditRecord,
  type ObjectRow,
} from '../../lib/operation/index.js'
import { openSqliteStore, type Store } from '../../lib/storage/index.js'
import { openDatabase } from './database.js'

/** A clock that stands still until it is moved. */
export class TestClock implements Clock {
  milliseconds = Date.now()

  now(): number {
    return this.milliseconds
  }
}

/** A store and its barrier in a directory that goes with the test. */
export class TestHouse {
  readonly clock = new TestClock()
  readonly directory: string
  readonly #rootKey = randomBytes(32).toString('hex')
  #store: Store | undefined
  #barrier: Barrier | undefined

  private constructor(directory: string) {
    this.directory = directory
  }

  static async build(t: Test): Promise<TestHouse> {
    const house = new TestHouse(await mkdtemp(join(tmpdir(), 'mortise-test-')))
    await house.open()
    t.teardown(async () => {
      await house.close()
      await rm(house.directory, { recursive: true, force: true })
    })
    return house
  }

  get store(): Store {
    if (!this.#store) throw new Error('the house is closed')
    return this.#store
  }

  get barrier(): Barrier {
    if (!this.#barrier) throw new Error('the house is closed')
    return this.#barrier
  }

  async open(): Promise<void> {
    this.#store = await openSqliteStore({ directory: this.directory })
    this.#barrier = await openBarrier(this.#store, this.clock, { hex: this.#rootKey })
  }

  async close(): Promise<void> {
    this.#barrier?.close()
    await this.#store?.close()
    this.#barrier = undefined
    this.#store = undefined
  }

  /** Closes it, edits the database as an intruder would, and opens it again. */
  async breakIn(edit: (database: Database.Database) => void): Promise<void> {
    await this.close()
    const database = openDatabase(join(this.directory, 'mortise.db'))
    try {
      database.exec('PRAGMA foreign_keys = OFF')
      edit(database)
    } finally {
      database.close()
    }
    await this.open()
  }

  /** Applies a Change with an audit record of this operation. */
  async apply(
    rows: Omit<Change, 'audit' | 'durability'>,
    operation = 'Test',
    detail: AuditDetail = {},
  ): Promise<void> {
    const audit = encodeAuditRecord({
      time: this.clock.now(),
      principal: null,
      principalName: null,
      face: 'process',
      request: null,
      operation,
      object: null,
      outcome: 'success',
      code: null,
      detail,
    })
    await this.store.apply({ ...rows, audit, durability: 'synced' })
  }

  /** An object without material. */
  async makeObject(owner: string): Promise<ObjectRow> {
    const id = randomUUID()
    const row = this.barrier.authenticateObject({
      id,
      version: 1,
      domain: 'root',
      type: 'SymmetricKey',
      state: 'Active',
      purpose: 'general',
      owner,
      name: null,
      family: id,
      serial: 1,
      algorithm: 'AES',
      length: 256,
      usage: 0,
      created: this.clock.now(),
      provider: 'software',
      attributes: '{"extractable":false,"sensitive":true}',
      terms: '',
      material: null,
    })
    await this.apply({ objects: [{ row }] }, 'Create')
    return row
  }
}
