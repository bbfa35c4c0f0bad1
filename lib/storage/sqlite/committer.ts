import { randomUUID } from 'node:crypto'
import type { Database } from 'better-sqlite3'
import { chainHash, chainOrigin } from '../../operation/index.js'
import { type Failure, sqliteCode, toFailure } from './failure.js'
import { conflict, RowWriter } from './row_writer.js'
import { type Tape, type TapedChange, TapeReader } from './tape.js'

/** How many notices are kept for other processes to read. Older ones are dropped some at a time. */
const noticesKept = 100_000
const noticesDropped = 1024
/** Milliseconds between searches for expired records. */
const expiredInterval = 1000

/** The sequence number of an applied Change in the chain, or why it was not applied. */
export type Outcome = number | Failure

/** Where the audit chain and the grants epoch stand. */
interface Position {
  /** The number that stands for the chain in the audit table; null before the first record. */
  readonly chainNumber: number | bigint | null
  readonly sequence: number
  readonly hash: Uint8Array
  readonly epoch: number
}

/** Applies groups of Changes, and writes the audit chain of this open store. */
export class Committer {
  readonly chain = randomUUID()
  readonly #db: Database
  readonly #statements: ReturnType<typeof prepare>
  readonly #rows: RowWriter
  #position: Position = { chainNumber: null, sequence: 0, hash: chainOrigin, epoch: 0 }
  #noticesDropped = 0
  #expiredRemoved = 0

  constructor(db: Database) {
    this.#db = db
    this.#statements = prepare(db)
    this.#rows = new RowWriter(db)
  }

  /**
   * One transaction, in which a Change that fails undoes only itself. Throws when the transaction as a whole fails:
   * nothing of it is applied then, and the chain stands where it stood.
   *
   * A Change that is alone has no savepoint: it is the transaction. Inside of a savepoint SQLite goes through its journal, which
   * is in memory, with each statement, so that ten times as many rows would take a hundred times as long.
   */
  commit(tape: Tape, now: number): Outcome[] {
    const before = this.#position
    const isAlone = tape.changes === 1
    this.#statements.begin.run()
    try {
      this.#position = { ...before, epoch: this.#statements.epoch.get() as number }
      const outcomes: Outcome[] = []
      for (const change of new TapeReader(tape).changes()) {
        if (isAlone) this.#apply(change, now)
        outcomes.push(isAlone ? this.#position.sequence : this.#outcome(change, now))
      }
      this.#tidy(now)
      this.#statements.commit.run()
      return outcomes
    } catch (error) {
      this.#position = before
      if (this.#db.inTransaction) this.#statements.rollback.run()
      if (isAlone && !failsTransaction(error)) return [toFailure(error)]
      throw error
    }
  }

  #outcome(change: TapedChange, now: number): Outcome {
    const before = this.#position
    // What writes only its audit record fails or succeeds as one statement.
    const undoable = writesRows(change) || before.chainNumber === null
    if (undoable) this.#statements.savepoint.run()
    try {
      this.#apply(change, now)
      if (undoable) this.#statements.release.run()
      return this.#position.sequence
    } catch (error) {
      if (failsTransaction(error)) throw error
      if (undoable) {
        this.#statements.rollbackTo.run()
        this.#statements.release.run()
      }
      this.#position = before
      return toFailure(error)
    }
  }

  #apply(change: TapedChange, now: number): void {
    const { epoch, newEpoch, relies, objects, grants, records, prunes, audit } = change
    if (epoch !== null && epoch !== this.#position.epoch) throw conflict('epoch', String(epoch))
    for (const [object, version] of relies) this.#rows.relied(object as string, version as number)
    for (const row of objects) this.#rows.object(row)
    for (const write of grants) this.#rows.grant(write)
    for (const write of records) this.#rows.record(write, now)
    if (newEpoch) {
      this.#statements.newEpoch.run()
      this.#position = { ...this.#position, epoch: this.#position.epoch + 1 }
    }
    this.#record(audit)
    // After it: the newest row stays, so that positions rise.
    for (const [chain, through] of prunes) this.#prune(chain as string, through as number)
  }

  #prune(chain: string, through: number): void {
    const { beginChainAfter, removeAudit } = this.#statements
    if (beginChainAfter.run(chain, through).changes !== 1) throw conflict('audit chain', chain)
    removeAudit.run(chain, through)
  }

  /** Links the audit record to the chain, which begins with the first. */
  #record(record: Uint8Array): void {
    const { insertChain, insertAudit } = this.#statements
    const { hash: previous, epoch } = this.#position
    const chainNumber = this.#position.chainNumber ?? insertChain.run(this.chain).lastInsertRowid
    const sequence = this.#position.sequence + 1
    const hash = chainHash(this.chain, sequence, previous, record)
    insertAudit.run(chainNumber, sequence, record, hash)
    this.#position = { chainNumber, sequence, hash, epoch }
  }

  /** Drops what nobody needs any more: now and then, a little, in a transaction that writes anyway. */
  #tidy(now: number): void {
    const excess = this.#rows.lastNotice - noticesKept
    if (excess >= this.#noticesDropped + noticesDropped) {
      this.#rows.removeNotices(excess)
      this.#noticesDropped = excess
    }
    if (now - this.#expiredRemoved >= expiredInterval && !this.#rows.removeExpired(now))
      this.#expiredRemoved = now
  }
}

function prepare(db: Database) {
  return {
    begin: db.prepare('BEGIN IMMEDIATE'),
    commit: db.prepare('COMMIT'),
    rollback: db.prepare('ROLLBACK'),
    savepoint: db.prepare('SAVEPOINT change'),
    release: db.prepare('RELEASE change'),
    rollbackTo: db.prepare('ROLLBACK TO change'),
    epoch: db.prepare('SELECT epoch FROM store').pluck(),
    newEpoch: db.prepare('UPDATE store SET epoch = epoch + 1'),
    insertChain: db.prepare('INSERT INTO chains (id) VALUES (?)'),
    insertAudit: db.prepare('INSERT INTO audit (chain, sequence, record, hash) VALUES (?, ?, ?, ?)'),
    beginChainAfter: db.prepare(
      `UPDATE chains SET pruned = audit.sequence, pruned_hash = audit.hash FROM audit
       WHERE chains.id = ? AND audit.chain = chains.number AND audit.sequence = ?`,
    ),
    removeAudit: db.prepare(
      'DELETE FROM audit WHERE chain = (SELECT number FROM chains WHERE id = ?) AND sequence <= ?',
    ),
  }
}

function writesRows({ objects, grants, records, prunes, newEpoch }: TapedChange): boolean {
  return newEpoch || objects.length > 0 || grants.length > 0 || records.length > 0 || prunes.length > 0
}

/** A broken constraint is the fault of one Change; every other failure of SQLite ends the transaction. */
function failsTransaction(error: unknown): boolean {
  const code = sqliteCode(error)
  return code !== undefined && !code.startsWith('SQLITE_CONSTRAINT')
}
