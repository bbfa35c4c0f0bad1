import { randomBytes, randomUUID } from 'node:crypto'
import { readdirSync, readFileSync } from 'node:fs'
import Sqlite, { type Database } from 'better-sqlite3'

const migrations = new URL('../../lib/storage/sqlite/migrations/', import.meta.url)

/** The rows that Mortise wrote for one key: the peer repeats them with new ids and names. */
export interface Sample {
  readonly object: Readonly<Record<string, unknown>>
  /** The audit record. */
  readonly record: Uint8Array
}

/** A name that nobody else has, as long as every other. */
export function benchName(): string {
  return `bench ${randomUUID()}`
}

/** Looks into the store of a Mortise. */
export function readSample(db: Database): Sample {
  const { position: _, ...object } = db.prepare('SELECT * FROM objects LIMIT 1').get() as Record<
    string,
    unknown
  >
  const record = db.prepare('SELECT record FROM audit ORDER BY position DESC LIMIT 1').pluck().get() as Buffer
  return { object, record }
}

/** better-sqlite3 in the hands of a program that inserts what Mortise inserts: the same tables, pragmas and sizes. */
export class RawStore {
  readonly #create: (count: number) => void
  readonly #record: (count: number) => void
  readonly db: Database

  /** @param synchronous FULL syncs each transaction */
  constructor(file: string, { object, record }: Sample, synchronous: 'FULL' | 'NORMAL') {
    const db = new Sqlite(file)
    db.pragma('foreign_keys = ON')
    db.pragma('secure_delete = ON')
    db.pragma('cache_size = -65536')
    db.pragma('temp_store = MEMORY')
    db.pragma('journal_mode = WAL')
    db.pragma(`synchronous = ${synchronous}`)
    for (const name of readdirSync(migrations).sort())
      db.exec(readFileSync(new URL(name, migrations), 'utf8'))
    const columns = Object.keys(object)
    const insertObject = db.prepare(
      `INSERT INTO objects (${columns.join(', ')}) VALUES (${columns.map((column) => `@${column}`).join(', ')})`,
    )
    const insertNotice = db.prepare("INSERT INTO changes (kind, key) VALUES ('object', ?)")
    const insertAudit = db.prepare('INSERT INTO audit (chain, sequence, record, hash) VALUES (?, ?, ?, ?)')
    const chain = db.prepare('INSERT INTO chains (id) VALUES (?)').run(randomUUID()).lastInsertRowid
    const hash = randomBytes(32)
    let sequence = 0
    this.db = db
    this.#create = db.transaction((count: number) => {
      for (let i = 0; i < count; i++) {
        const id = randomUUID()
        insertObject.run({ ...object, id, family: id, name: benchName() })
        insertNotice.run(id)
        insertAudit.run(chain, ++sequence, record, hash)
      }
    })
    this.#record = db.transaction((count: number) => {
      for (let i = 0; i < count; i++) insertAudit.run(chain, ++sequence, record, hash)
    })
  }

  /** So many keys in one transaction: an object, a notice and an audit record each. */
  create(count: number): number {
    this.#create(count)
    return count
  }

  /** So many audit records in one transaction. */
  record(count: number): number {
    this.#record(count)
    return count
  }

  close(): void {
    this.db.close()
  }
}
