import type { Database, Statement } from 'better-sqlite3'

/** By their SQL. What was prepared stays for the life of the thread, which has one database. */
const statements = new Map<string, Statement>()

/**
 * A prepared statement that is never collected: a statement of better-sqlite3 12 that the garbage collector meets outside
 * of a context aborts Node 24.19 and later. For the same reason settings go through `exec`, which leaves no statement.
 */
export function kept(db: Database, sql: string): Statement {
  let statement = statements.get(sql)
  if (statement?.database !== db) {
    statement = db.prepare(sql)
    statements.set(sql, statement)
  }
  return statement
}
