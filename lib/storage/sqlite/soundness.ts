import type { Database } from 'better-sqlite3'
import { kept } from './statements.js'

/**
 * What is wrong with a table and its indexes, or with all of them; undefined where nothing is.
 *
 * @see https://www.sqlite.org/pragma.html#pragma_integrity_check
 */
export function damageOf(db: Database, table?: string): string | undefined {
  const of = table === undefined ? '1' : `'${table}'`
  const found = kept(db, `PRAGMA integrity_check(${of})`).pluck().get() as string
  return found === 'ok' ? undefined : found
}

/** Tables, each of which is checked in one go. */
export function tablesOf(db: Database): string[] {
  return kept(db, "SELECT name FROM sqlite_schema WHERE type = 'table'").pluck().all() as string[]
}
