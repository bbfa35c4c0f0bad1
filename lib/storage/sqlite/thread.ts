import { type MessagePort, parentPort } from 'node:worker_threads'
import type { Database } from 'better-sqlite3'
import type { StoreHealth } from '../store.js'
import { Committer, type Outcome } from './committer.js'
import { checkDatabase, copyDatabase, openDatabase } from './database.js'
import { toFailure } from './failure.js'
import { Holds } from './holds.js'
import { LogSync } from './log_sync.js'
import type { Answer, Call, CallName, DatabaseCalls, Opened, SyncMode } from './protocol.js'
import { Reader } from './reader.js'
import { kept } from './statements.js'
import type { Tape } from './tape.js'

/** What runs on the database's own thread: one call after another, in the order in which they were made. */
class Service extends Reader implements Omit<DatabaseCalls, 'open' | 'check' | 'copy' | 'hold' | 'close'> {
  readonly #db: Database
  readonly #committer: Committer
  readonly #log: LogSync
  readonly #holds: Holds
  readonly #sync: SyncMode
  #full = true

  constructor(db: Database, sync: SyncMode) {
    super(db)
    this.#db = db
    this.#committer = new Committer(db)
    this.#log = new LogSync(`${db.name}-wal`)
    this.#holds = new Holds(db)
    this.#sync = sync
  }

  get chain(): string {
    return this.#committer.chain
  }

  apply(tape: Tape, now: number): Outcome[] {
    const full = tape.synced || this.#sync === 'always'
    if (full !== this.#full) this.#db.exec(`PRAGMA synchronous = ${full ? 'FULL' : 'NORMAL'}`)
    this.#full = full
    const outcomes = this.#committer.commit(tape, now)
    // A transaction that wrote nothing was not synced either.
    if (!full) this.#log.written()
    else if (outcomes.some((outcome) => typeof outcome === 'number')) this.#log.synced()
    return outcomes
  }

  hold(name: string): Promise<boolean> {
    return this.#holds.hold(name)
  }

  letGo(name: string): void {
    this.#holds.letGo(name)
  }

  faults(): string[] {
    const found = kept(this.#db, 'PRAGMA integrity_check').pluck().all() as string[]
    return found.filter((fault) => fault !== 'ok')
  }

  health(): StoreHealth {
    this.epoch()
    const message = this.#log.failure
    if (message === undefined) return { name: 'sqlite', up: true }
    return { name: 'sqlite', up: false, message: `the store cannot be synced: ${message}` }
  }

  async close(): Promise<void> {
    await this.#log.close()
    this.#holds.close()
    this.#db.close()
  }
}

const port = parentPort as MessagePort
let service: Service

async function open(directory: string, sync: SyncMode): Promise<Opened> {
  const { db, unchecked } = await openDatabase(directory)
  service = new Service(db, sync)
  return { id: service.id(), chain: service.chain, unchecked }
}

/** A value, or the promise of one. */
function answer(name: CallName, args: readonly unknown[]): unknown {
  switch (name) {
    case 'open':
      return open(...(args as Parameters<DatabaseCalls['open']>))
    case 'check':
      return checkDatabase(...(args as Parameters<DatabaseCalls['check']>))
    case 'copy':
      return copyDatabase(...(args as Parameters<DatabaseCalls['copy']>))
    default: {
      const method = service[name] as (...args: unknown[]) => unknown
      return method.call(service, ...args)
    }
  }
}

let answers: Answer[] = []

function send(): void {
  if (answers.length > 0) port.postMessage(answers)
  answers = []
}

port.on('message', (calls: Call[]) => {
  for (const [id, name, args] of calls) {
    // What was read before a commit does not wait for it.
    if (name === 'apply') send()
    const failed = (error: unknown) => answers.push([id, undefined, toFailure(error)])
    try {
      const value = answer(name, args)
      if (value instanceof Promise) value.then((later) => answers.push([id, later]), failed).then(send)
      else answers.push([id, value])
    } catch (error) {
      failed(error)
    }
  }
  send()
})
