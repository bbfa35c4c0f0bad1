import type { Database, Statement } from 'better-sqlite3'
import { nameTerm } from '../../operation/index.js'
import type { ObjectQuery, RecordQuery, Tables } from '../store.js'
import { find } from './find.js'
import { idsOfFamily, locate } from './locate.js'
import { grantColumns, objectColumns, type Row, recordColumns } from './rows.js'

const record = recordColumns.map((column) => `records.${column}`).join(', ')
const alive = '(expires IS NULL OR expires > ?)'
const audit = 'id, sequence, record, hash FROM audit JOIN chains ON number = chain'

/** Every query of the port but those of {@link locate}. */
export const queries = {
  id: 'SELECT id FROM store',
  epoch: 'SELECT epoch FROM store',
  object: `SELECT ${objectColumns.join(', ')} FROM objects WHERE id = ?`,
  objectNamed: `SELECT ${objectColumns.join(', ')} FROM objects WHERE domain = ? AND name = ?
    AND state NOT IN ('Destroyed', 'DestroyedCompromised')`,
  objectAlsoNamed: `SELECT ${objectColumns.map((column) => `objects.${column}`).join(', ')} FROM object_terms AS t
    CROSS JOIN objects ON objects.id = t.id WHERE t.term = ? AND domain = ?
    AND state NOT IN ('Destroyed', 'DestroyedCompromised')`,
  family: `SELECT ${objectColumns.join(', ')} FROM objects WHERE id IN (${idsOfFamily})
    ORDER BY serial DESC`,
  grants: `SELECT ${grantColumns.join(', ')} FROM grants WHERE object = ?`,
  hasGrants: 'SELECT 1 FROM grants WHERE grantee_kind = ? AND grantee = ? LIMIT 1',
  record: `SELECT ${record} FROM records WHERE namespace = ? AND key = ? AND ${alive}`,
  records: `SELECT ${record} FROM records WHERE namespace = ? AND ${alive} ORDER BY key LIMIT ?`,
  recordsAfter: `SELECT ${record} FROM records WHERE namespace = ? AND key > ? AND ${alive} ORDER BY key LIMIT ?`,
  recordsWhere: `SELECT ${record} FROM record_index AS i CROSS JOIN records USING (namespace, key)
    WHERE i.namespace = ? AND i.field = ? AND i.value = ? AND ${alive} ORDER BY i.key LIMIT ?`,
  recordsWhereAfter: `SELECT ${record} FROM record_index AS i CROSS JOIN records USING (namespace, key)
    WHERE i.namespace = ? AND i.field = ? AND i.value = ? AND i.key > ? AND ${alive} ORDER BY i.key LIMIT ?`,
  scanObjects: `SELECT ${objectColumns.join(', ')}, position FROM objects WHERE position > ? ORDER BY position LIMIT ?`,
  scanGrants: `SELECT ${grantColumns.join(', ')}, object, grantee_kind, grantee FROM grants
    WHERE (object, grantee_kind, grantee) > (?, ?, ?) ORDER BY object, grantee_kind, grantee LIMIT ?`,
  scanRecords: `SELECT ${record}, namespace, key FROM records
    WHERE (namespace, key) > (?, ?) AND ${alive} ORDER BY namespace, key LIMIT ?`,
  noticesKept:
    'SELECT (SELECT min(sequence) FROM changes), (SELECT max(sequence) FROM changes), epoch FROM store',
  notices: 'SELECT sequence, kind, key FROM changes WHERE sequence > ? ORDER BY sequence',
  chainHeads: `SELECT id, coalesce(sequence, pruned), coalesce(hash, pruned_hash), coalesce(position, 0) AS at, pruned,
    pruned_hash FROM chains LEFT JOIN audit ON chain = number
    AND sequence = (SELECT max(sequence) FROM audit WHERE chain = number)
    WHERE sequence IS NOT NULL OR pruned > 0 ORDER BY at DESC, number DESC`,
  auditChain: `SELECT ${audit} WHERE id = ? AND sequence >= ? ORDER BY sequence LIMIT ?`,
  auditTail: `SELECT position, ${audit} WHERE position < ? ORDER BY position DESC LIMIT ?`,
  auditAfter: `SELECT audit.position, id, audit.sequence, audit.record, audit.hash,
    coalesce(before.hash, iif(audit.sequence = pruned + 1, pruned_hash, NULL))
    FROM audit JOIN chains ON number = audit.chain
    LEFT JOIN audit AS before ON before.chain = audit.chain AND before.sequence = audit.sequence - 1
    WHERE audit.position > ? ORDER BY audit.position LIMIT ?`,
} as const

export interface RecordFilter {
  readonly where?: { readonly field: string; readonly value: string }
  readonly after?: string
  readonly limit: number
}

/** Answers what the port asks, in rows as arrays. */
export class Reader {
  readonly #db: Database
  readonly #prepared = new Map<string, Statement>()

  constructor(db: Database) {
    this.#db = db
  }

  id(): string {
    return this.#one(queries.id)?.[0] as string
  }

  epoch(): number {
    return this.#one(queries.epoch)?.[0] as number
  }

  objects(ids: readonly string[]): Row[] {
    return ids.flatMap((id) => this.#all(queries.object, id))
  }

  objectNamed(domain: string, name: string): Row | undefined {
    return (
      this.#one(queries.objectNamed, domain, name) ??
      this.#one(queries.objectAlsoNamed, nameTerm(name), domain)
    )
  }

  family(family: string): Row[] {
    return this.#all(queries.family, family, family)
  }

  locate(query: ObjectQuery): Row[] {
    const { sql, values } = locate(query)
    return this.#all(sql, ...values)
  }

  grants(object: string): Row[] {
    return this.#all(queries.grants, object)
  }

  hasGrants(granteeKind: string, grantee: string): boolean {
    return this.#one(queries.hasGrants, granteeKind, grantee) !== undefined
  }

  record(namespace: string, key: string, now: number): Row | undefined {
    return this.#one(queries.record, namespace, key, now)
  }

  records(namespace: string, { where, after, limit }: RecordFilter, now: number): Row[] {
    const from = after === undefined ? [] : [after]
    const sql = where
      ? queries[after === undefined ? 'recordsWhere' : 'recordsWhereAfter']
      : queries[after === undefined ? 'records' : 'recordsAfter']
    return this.#all(sql, namespace, ...(where ? [where.field, where.value] : []), ...from, now, limit)
  }

  findRecords(namespace: string, query: RecordQuery, now: number): { rows: Row[]; total: number } {
    const { page, count } = find(namespace, query, now)
    return {
      rows: query.limit === 0 ? [] : this.#all(page.sql, ...page.values),
      total: this.#one(count.sql, ...count.values)?.[0] as number,
    }
  }

  /** Each row with the key that the next page begins after, at its end. */
  scan(table: keyof Tables, limit: number, after: Row | null, now: number): Row[] {
    if (table === 'objects') return this.#all(queries.scanObjects, ...(after ?? [0]), limit)
    if (table === 'grants') return this.#all(queries.scanGrants, ...(after ?? ['', '', '']), limit)
    return this.#all(queries.scanRecords, ...(after ?? ['', '']), now, limit)
  }

  /** The newest sequence number, the epoch, and the notices after `after` unless some of them are gone. */
  notices(after: number): { sequence: number; epoch: number; notices: Row[] | null } {
    const [oldest, newest, epoch] = this.#one(queries.noticesKept) as [number | null, number | null, number]
    const sequence = newest ?? 0
    // A number beyond the newest comes from a store that was since restored from a backup.
    const missed = after > sequence || (after > 0 && oldest !== null && after < oldest - 1)
    return { sequence, epoch, notices: missed ? null : this.#all(queries.notices, after) }
  }

  chainHeads(): Row[] {
    return this.#all(queries.chainHeads)
  }

  auditChain(chain: string, from: number, limit: number): Row[] {
    return this.#all(queries.auditChain, chain, from, limit)
  }

  auditTail(limit: number, before: number): Row[] {
    return this.#all(queries.auditTail, before, limit)
  }

  auditAfter(after: number, limit: number): Row[] {
    return this.#all(queries.auditAfter, after, limit)
  }

  #one(sql: string, ...values: unknown[]): Row | undefined {
    return this.#statement(sql).get(...values) as Row | undefined
  }

  #all(sql: string, ...values: unknown[]): Row[] {
    return this.#statement(sql).all(...values) as Row[]
  }

  #statement(sql: string): Statement {
    const known = this.#prepared.get(sql)
    if (known) return known
    const statement = this.#db.prepare(sql).raw()
    this.#prepared.set(sql, statement)
    return statement
  }
}
