import { randomUUID } from 'node:crypto'
import { closeSync, openSync, readdirSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import type { Database } from 'better-sqlite3'
import { MortiseError } from '../../errors/index.js'
import { syncDirectory } from './directory.js'
import { sqliteCode } from './failure.js'
import { damageOf, tablesOf } from './soundness.js'
import { kept } from './statements.js'

const applicationId = 0x4d6f7274
const migrations = new URL('./migrations/', import.meta.url)

/** Bytes of the largest store that is checked before it is used, which takes about a tenth of a second. */
const checkedFirst = 16 * 2 ** 20

/**
 * Opens DIRECTORY/mortise.db, made when missing. When the last to use it did not close it, it is checked; `unchecked` says
 * that this is still to be done, because it is so large that nobody should wait for it.
 */
export async function openDatabase(directory: string): Promise<{ db: Database; unchecked: boolean }> {
  const file = join(directory, 'mortise.db')
  makePrivately(file)
  // SQLite removes the log when the last connection closes: one with content means that a process uses the store
  // now, or that it ended without closing it.
  const unclean = (statSync(`${file}-wal`, { throwIfNoEntry: false })?.size ?? 0) > 0
  const large = statSync(file).size > checkedFirst
  const db = await load(file)
  try {
    identify(db)
    configure(db)
    if (unclean && !large) requireSound(damageOf(db))
    migrate(db)
    syncDirectory(directory)
    return { db, unchecked: unclean && large }
  } catch (error) {
    db.close()
    throw error
  }
}

/** Opens DIRECTORY/NAME.lock, made when missing: an empty database that is there to be locked. Who waits for it does so elsewhere. */
export async function openLock(directory: string, name: string): Promise<Database> {
  const file = join(directory, `${name}.lock`)
  makePrivately(file)
  return load(file, 0)
}

/** Writes what is committed in DIRECTORY/mortise.db to TARGET/mortise.db, without what was deleted. */
export async function copyDatabase(directory: string, target: string): Promise<void> {
  const db = await load(join(directory, 'mortise.db'))
  try {
    const file = join(target, 'mortise.db')
    makePrivately(file)
    kept(db, 'VACUUM INTO ?').run(file)
  } finally {
    db.close()
  }
}

/** Only the owner may read the file; SQLite gives its log and its index the same mode. */
function makePrivately(file: string): void {
  try {
    closeSync(openSync(file, 'wx', 0o600))
  } catch (error) {
    // An existing file is not opened here: closing it would drop the locks that this process holds on it.
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return
    throw new MortiseError(
      'MORTISE_STORAGE_UNAVAILABLE',
      `the store ${file} cannot be made: ${(error as Error).message}`,
    )
  }
}

/** For the life of the thread, as its statements (statements.ts): a database that is collected aborts Node 24 as well. */
const opened: Database[] = []

/** @param timeout milliseconds to wait for whoever has it locked */
async function load(file: string, timeout = 10_000): Promise<Database> {
  try {
    const { default: Sqlite } = await import('better-sqlite3')
    const db = new Sqlite(file, { timeout })
    opened.push(db)
    return db
  } catch (error) {
    if (sqliteCode(error) !== undefined) throw error
    const [reason] = (error instanceof Error ? error.message : String(error)).split('\n')
    throw new MortiseError(
      'MORTISE_STORAGE_UNAVAILABLE',
      `better-sqlite3 is not built for this Node.js: run \`npm rebuild better-sqlite3\`; where npm blocks install ` +
        `scripts (npm 12), first \`npm approve-scripts better-sqlite3\` (${reason})`,
    )
  }
}

/** Nothing is changed in a file that is not ours. */
function identify(db: Database): void {
  const tables = kept(db, 'SELECT count(*) FROM sqlite_schema').pluck().get()
  if (tables === 0 || kept(db, 'PRAGMA application_id').pluck().get() === applicationId) return
  throw new MortiseError(
    'MORTISE_STORAGE_CORRUPT',
    `${db.name} is another application's database, not a store of Mortise: name another directory`,
  )
}

function configure(db: Database): void {
  db.exec('PRAGMA trusted_schema = OFF')
  db.exec('PRAGMA cell_size_check = ON')
  db.exec('PRAGMA foreign_keys = ON')
  db.exec('PRAGMA secure_delete = ON')
  db.exec('PRAGMA cache_size = -65536')
  db.exec('PRAGMA temp_store = MEMORY')
  db.exec('PRAGMA journal_mode = WAL')
  db.exec('PRAGMA synchronous = FULL')
}

/** Checks the store of a directory while others use it, one table after another. */
export async function checkDatabase(directory: string): Promise<void> {
  const db = await load(join(directory, 'mortise.db'))
  try {
    for (const table of tablesOf(db)) requireSound(damageOf(db, table))
  } finally {
    db.close()
  }
}

function requireSound(damage: string | undefined): void {
  if (damage === undefined) return
  throw new MortiseError(
    'MORTISE_STORAGE_CORRUPT',
    `the store is damaged: restore it from a backup (${damage})`,
  )
}

/** Each numbered file in one transaction with the number that it brings the store to. */
function migrate(db: Database): void {
  const files = readdirSync(migrations).sort()
  const version = () => kept(db, 'PRAGMA user_version').pluck().get() as number
  if (version() > files.length) {
    throw new MortiseError(
      'MORTISE_STORAGE_VERSION',
      `the store is of version ${version()}, this Mortise knows ${files.length}: install a newer Mortise`,
    )
  }
  for (const name of files.slice(version())) {
    const target = Number.parseInt(name, 10)
    const step = db.transaction(() => {
      if (version() >= target) return // another process was faster
      db.exec(readFileSync(new URL(name, migrations), 'utf8'))
      if (target === 1) kept(db, 'INSERT INTO store (one, id, epoch) VALUES (1, ?, 0)').run(randomUUID())
      db.exec(`PRAGMA user_version = ${target}`)
    })
    step.exclusive()
  }
}
