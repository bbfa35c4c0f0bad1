import Sqlite from 'better-sqlite3'

/** A collected statement or database aborts Node 24 (lib/storage/sqlite/statements.ts). */
const kept: (Sqlite.Statement | Sqlite.Database)[] = []

/** A database as somebody else opens it, behind the back of the store. It and its statements stay for the life of the process. */
export function openDatabase(path: string): Sqlite.Database {
  const database = new Sqlite(path)
  kept.push(database)
  const prepare = database.prepare.bind(database) as (sql: string) => Sqlite.Statement
  const keeping = (sql: string) => {
    const statement = prepare(sql)
    kept.push(statement)
    return statement
  }
  return Object.assign(database, { prepare: keeping as typeof database.prepare })
}
