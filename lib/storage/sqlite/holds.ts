import { dirname } from 'node:path'
import type { Database } from 'better-sqlite3'
import { openLock } from './database.js'
import { sqliteCode } from './failure.js'

/**
 * Names of which one store at a time is the holder. A name is an empty database that is locked while it is held: the system
 * lets go of the lock when the process ends, in whatever way.
 */
export class Holds {
  readonly #directory: string
  readonly #locks = new Map<string, Database>()
  readonly #opening = new Map<string, Promise<Database>>()

  constructor(database: Database) {
    this.#directory = dirname(database.name)
  }

  async hold(name: string): Promise<boolean> {
    const lock = this.#locks.get(name) ?? (await this.#open(name))
    if (lock.inTransaction) return false
    try {
      lock.exec('BEGIN EXCLUSIVE')
      return true
    } catch (error) {
      if (sqliteCode(error)?.startsWith('SQLITE_BUSY')) return false
      throw error
    }
  }

  letGo(name: string): void {
    const lock = this.#locks.get(name)
    if (lock?.inTransaction) lock.exec('ROLLBACK')
  }

  /** Once, however many ask meanwhile: a second database of the name would be locked out by the first. */
  async #open(name: string): Promise<Database> {
    const opening =
      this.#opening.get(name) ??
      openLock(this.#directory, name).finally(() => {
        this.#opening.delete(name)
      })
    this.#opening.set(name, opening)
    const lock = await opening
    this.#locks.set(name, lock)
    return lock
  }

  close(): void {
    for (const lock of this.#locks.values()) lock.close()
    this.#locks.clear()
  }
}
