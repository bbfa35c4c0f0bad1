import type { Database, RunResult } from 'better-sqlite3'
import { MortiseError } from '../../errors/index.js'
import { nameTerm } from '../../operation/index.js'
import type { Notice } from '../store.js'
import { sqliteCode } from './failure.js'
import { grantColumns, objectColumns, type Row, recordColumns } from './rows.js'
import type { RowWrite } from './tape.js'

const expiredRemoved = 100
const living = "state NOT IN ('Destroyed', 'DestroyedCompromised')"
const [domainAt, stateAt, nameAt, createdAt, termsAt] = (
  ['domain', 'state', 'name', 'created', 'terms'] as const
).map((column) => objectColumns.indexOf(column)) as [number, number, number, number, number]
/** How terms of further names begin, and how they stand in the list of the terms of a row. */
const ofName = '["name",'
const ofNameInList = JSON.stringify(ofName).slice(1, -1)

/** Writes rows where the versions are the expected ones, each with the notice that tells other processes. */
export class RowWriter {
  readonly #statements: ReturnType<typeof prepare>
  #lastNotice = 0

  constructor(db: Database) {
    this.#statements = prepare(db)
  }

  /** Sequence number of the newest notice written here; 0 when none was. */
  get lastNotice(): number {
    return this.#lastNotice
  }

  relied(object: string, version: number): void {
    if (this.#statements.objectVersion.get(object) !== version) throw conflict('object', object)
  }

  object(values: Row): void {
    const [id, version] = values as [string, number]
    const { insertObject, updateObject, objectBefore } = this.#statements
    const [name, before] = (version === 1 ? undefined : (objectBefore.get(id) as Row | undefined)) ?? [
      null,
      '',
    ]
    expectOne('object', id, () =>
      version === 1 ? insertObject.run(...values) : updateObject.run(...values, id, version - 1),
    )
    const terms = values[termsAt] as string
    if (terms !== before) this.#index(id, values[createdAt] as number, before as string, terms)
    if (terms !== before || values[nameAt] !== name) this.#requireOnlyOne(id, values)
    this.#notice('object', id)
  }

  /** A name and a further name exclude each other as two names do, for which there is an index. */
  #requireOnlyOne(id: string, values: Row): void {
    const [domain, state, name, terms] = [domainAt, stateAt, nameAt, termsAt].map(
      (at) => values[at],
    ) as string[]
    if (state?.startsWith('Destroyed')) return
    const further = terms?.includes(ofNameInList) ? furtherNames(terms) : []
    const { named, alsoNamed } = this.#statements
    const taken =
      (name && alsoNamed.get(nameTerm(name), domain, id)) ||
      further.some((one) => named.get(domain, one, id) || alsoNamed.get(nameTerm(one), domain, id))
    if (taken) throw nameTaken('object', id)
  }

  /** Puts the terms of an object in the place of those that it had. */
  #index(id: string, created: number, before: string, terms: string): void {
    const { deleteTerms, insertTerms } = this.#statements
    if (before !== '') deleteTerms.run(created, id, before)
    if (terms !== '') insertTerms.run(created, id, terms)
  }

  grant({ removes, values }: RowWrite): void {
    const [object, kind, grantee, version, ...rest] = values as [
      string,
      string,
      string,
      number,
      string,
      Uint8Array,
    ]
    const { insertGrant, updateGrant, deleteGrant } = this.#statements
    expectOne('grant', `${object}/${kind}/${grantee}`, () => {
      if (removes) return deleteGrant.run(object, kind, grantee, version)
      if (version === 1) return insertGrant.run(...values)
      return updateGrant.run(version, ...rest, object, kind, grantee, version - 1)
    })
    this.#notice('grants', object)
  }

  /** An expired record is as good as gone: it can be made anew, but not changed or consumed. */
  record({ removes, values }: RowWrite, now: number): void {
    const [namespace, key, version, ...rest] = values as [
      string,
      string,
      number,
      number | null,
      string,
      Uint8Array,
    ]
    const { insertRecord, updateRecord, deleteRecord } = this.#statements
    expectOne('record', `${namespace}/${key}`, () => {
      if (removes) return deleteRecord.run(namespace, key, version, now)
      if (version === 1) return insertRecord.run(...values, now)
      return updateRecord.run(version, ...rest, namespace, key, version - 1, now)
    })
    this.#notice('record', `${namespace}/${key}`)
  }

  /** Removes some of the expired records; says whether there may be more. */
  removeExpired(now: number): boolean {
    return this.#statements.removeExpired.run(now, expiredRemoved).changes === expiredRemoved
  }

  removeNotices(through: number): void {
    this.#statements.removeNotices.run(through)
  }

  #notice(kind: Notice['kind'], key: string): void {
    this.#lastNotice = Number(this.#statements.insertNotice.run(kind, key).lastInsertRowid)
  }
}

function prepare(db: Database) {
  const list = (columns: readonly string[]) => columns.join(', ')
  const marks = (columns: readonly string[]) => columns.map(() => '?').join(', ')
  const assigned = (columns: readonly string[]) => columns.map((column) => `${column} = ?`).join(', ')
  const alive = '(expires IS NULL OR expires > ?)'
  return {
    objectVersion: db.prepare('SELECT version FROM objects WHERE id = ?').pluck(),
    insertObject: db.prepare(`INSERT INTO objects (${list(objectColumns)}) VALUES (${marks(objectColumns)})`),
    updateObject: db.prepare(`UPDATE objects SET ${assigned(objectColumns)} WHERE id = ? AND version = ?`),
    objectBefore: db.prepare('SELECT name, terms FROM objects WHERE id = ?').raw(),
    named: db
      .prepare(`SELECT 1 FROM objects WHERE domain = ? AND name = ? AND id <> ? AND ${living}`)
      .pluck(),
    alsoNamed: db
      .prepare(
        `SELECT 1 FROM object_terms AS t CROSS JOIN objects ON objects.id = t.id
         WHERE t.term = ? AND domain = ? AND objects.id <> ? AND ${living}`,
      )
      .pluck(),
    insertTerms: db.prepare(
      'INSERT OR IGNORE INTO object_terms (created, id, term) SELECT ?, ?, value FROM json_each(?)',
    ),
    deleteTerms: db.prepare(
      'DELETE FROM object_terms WHERE created = ? AND id = ? AND term IN (SELECT value FROM json_each(?))',
    ),
    insertGrant: db.prepare(`INSERT INTO grants (${list(grantColumns)}) VALUES (${marks(grantColumns)})`),
    updateGrant: db.prepare(
      `UPDATE grants SET ${assigned(grantColumns.slice(3))}
       WHERE object = ? AND grantee_kind = ? AND grantee = ? AND version = ?`,
    ),
    deleteGrant: db.prepare(
      'DELETE FROM grants WHERE object = ? AND grantee_kind = ? AND grantee = ? AND version = ?',
    ),
    insertRecord: db.prepare(
      `INSERT INTO records (${list(recordColumns)}) VALUES (${marks(recordColumns)})
       ON CONFLICT (namespace, key) DO UPDATE
       SET version = excluded.version, expires = excluded.expires, fields = excluded.fields, value = excluded.value
       WHERE records.expires <= ?`,
    ),
    updateRecord: db.prepare(
      `UPDATE records SET ${assigned(recordColumns.slice(2))}
       WHERE namespace = ? AND key = ? AND version = ? AND ${alive}`,
    ),
    deleteRecord: db.prepare(
      `DELETE FROM records WHERE namespace = ? AND key = ? AND version = coalesce(?, version) AND ${alive}`,
    ),
    removeExpired: db.prepare(
      `DELETE FROM records WHERE (namespace, key) IN
       (SELECT namespace, key FROM records WHERE expires <= ? ORDER BY expires LIMIT ?)`,
    ),
    insertNotice: db.prepare('INSERT INTO changes (kind, key) VALUES (?, ?)'),
    removeNotices: db.prepare('DELETE FROM changes WHERE sequence <= ?'),
  }
}

function expectOne(kind: string, key: string, write: () => RunResult): void {
  try {
    if (write().changes === 1) return
  } catch (error) {
    throw refused(error, kind, key)
  }
  throw conflict(kind, key)
}

/** The further names among the terms of a row. */
function furtherNames(terms: string): readonly string[] {
  return (JSON.parse(terms) as string[])
    .filter((term) => term.startsWith(ofName))
    .map((term) => (JSON.parse(term) as [string, string])[1])
}

function nameTaken(kind: string, key: string): MortiseError {
  return new MortiseError(
    'MORTISE_NAME_TAKEN',
    'an object of this name exists in the domain: choose another name',
    { details: { kind, key } },
  )
}

/** What a violated constraint means. Only objects have an index of names. */
function refused(error: unknown, kind: string, key: string): unknown {
  switch (sqliteCode(error)) {
    case 'SQLITE_CONSTRAINT_UNIQUE':
      if ((error as Error).message.includes('objects.name')) {
        return nameTaken(kind, key)
      }
      return conflict(kind, key)
    case 'SQLITE_CONSTRAINT_PRIMARYKEY':
      return conflict(kind, key)
    case 'SQLITE_CONSTRAINT_FOREIGNKEY':
      return conflict('object', key)
    default:
      return error
  }
}

export function conflict(kind: string, key: string): MortiseError {
  return new MortiseError(
    'MORTISE_STORAGE_CONFLICT',
    `the ${kind} ${key} is not in the version that this change expects: read it again and repeat`,
    { details: { kind, key } },
  )
}
