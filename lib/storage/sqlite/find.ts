import type { RecordQuery, RecordTerm } from '../store.js'
import type { Query } from './locate.js'
import { recordColumns, type Value } from './rows.js'

const columns = recordColumns.map((column) => `records.${column}`).join(', ')

/** What a query of records by several terms takes: a page of them, and how many there are. */
export interface Finding {
  readonly page: Query
  readonly count: Query
}

/**
 * Where something is asked for, the records that have it are few: they are read and sorted. Otherwise the index of the order
 * is read, which is all that what is passed over costs.
 */
export function find(
  namespace: string,
  { order, all = [], none = [], skip, limit }: RecordQuery,
  now: number,
): Finding {
  const conditions = [
    ...all.map((term) => keysWith(term, 'IN')),
    ...none.map((term) => keysWith(term, 'NOT IN')),
  ]
  const sql = conditions.map((condition) => ` AND ${condition.sql}`).join('')
  const values = conditions.flatMap((condition) => condition.values)
  if (all.length > 0) {
    const from = `FROM records WHERE namespace = ? AND (expires IS NULL OR expires > ?)${sql}`
    return {
      page: {
        sql: `SELECT ${columns} ${from} ORDER BY fields ->> ?, key LIMIT ? OFFSET ?`,
        values: [namespace, now, ...values, order, limit, skip],
      },
      count: { sql: `SELECT count(*) ${from}`, values: [namespace, now, ...values] },
    }
  }
  // The expired ones are few, and are found by when they expired: they are removed as others are written.
  const expired = 'SELECT key FROM records WHERE expires <= ? AND +namespace = ?'
  const from = `FROM record_index WHERE namespace = ? AND field = ? AND key NOT IN (${expired})${sql}`
  return {
    page: {
      sql: `SELECT ${columns} FROM (SELECT namespace, key, value AS ordered ${from} ORDER BY ordered, key LIMIT ? OFFSET ?)
        CROSS JOIN records USING (namespace, key) ORDER BY ordered, key`,
      values: [namespace, order, now, namespace, ...values, limit, skip],
    },
    count: { sql: `SELECT count(*) ${from}`, values: [namespace, order, now, namespace, ...values] },
  }
}

function keysWith(asked: RecordTerm, operator: string): Query {
  if ('keys' in asked)
    return { sql: `key ${operator} (SELECT value FROM json_each(?))`, values: [JSON.stringify(asked.keys)] }
  const { namespace, field, prefix = '', suffix = '', ...term } = asked
  const [before, after] = [prefix, suffix].map((text) => [...text].length) as [number, number]
  const [comparison, value] =
    'through' in term
      ? ['<= ?', term.through]
      : ['IN (SELECT value FROM json_each(?))', JSON.stringify(term.values)]
  const values: Value[] = [before + 1, before + after, namespace, field, value]
  return {
    sql: `key ${operator} (SELECT substr(key, ?, length(key) - ?) FROM record_index
      WHERE namespace = ? AND field = ? AND value ${comparison})`,
    values,
  }
}
