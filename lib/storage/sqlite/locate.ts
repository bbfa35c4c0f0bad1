import type { ObjectQuery } from '../store.js'
import { objectColumns, type Value } from './rows.js'

export interface Query {
  readonly sql: string
  readonly values: readonly Value[]
}

const filters = ['name', 'state', 'type', 'algorithm', 'length', 'family', 'owner'] as const
const columns = objectColumns.join(', ')
const order = 'ORDER BY created, id LIMIT ?'

/** The statement that answers a query, through the index that keeps it independent of the number of objects. */
export function locate(query: ObjectQuery): Query {
  const conditions = ['domain = ?', 'purpose = ?']
  const values: Value[] = [query.domain, query.purpose]
  for (const column of filters) {
    const value = query[column]
    if (value === undefined) continue
    conditions.push(`${column} = ?`)
    values.push(value)
  }
  if (query.after) {
    conditions.push('(created, id) > (?, ?)')
    values.push(query.after.created, query.after.id)
  }
  const where = conditions.join(' AND ')
  // A name or a family has few objects: its index comes first, whatever else is asked.
  const index = query.name !== undefined ? 'objects_name' : query.family !== undefined ? 'objects_family' : undefined
  const { visibleTo, limit } = query
  if (!visibleTo) {
    const table = index ? `objects INDEXED BY ${index}` : 'objects'
    return { sql: `SELECT ${columns} FROM ${table} WHERE ${where} ${order}`, values: [...values, limit] }
  }
  const { principal } = visibleTo
  const groups = JSON.stringify(visibleTo.groups)
  if (index) {
    return {
      sql: `SELECT ${columns} FROM objects INDEXED BY ${index}
        WHERE ${where} AND (owner = ? OR EXISTS (SELECT 1 FROM grants WHERE object = objects.id AND ${grantee}))
        ${order}`,
      values: [...values, principal, principal, groups, limit],
    }
  }
  // Own objects in order until there are enough; the granted ones by their grants, however many objects there are.
  return {
    sql: `SELECT * FROM (
        SELECT * FROM (SELECT ${columns} FROM objects WHERE ${where} AND owner = ? ${order})
        UNION ALL
        SELECT * FROM (
          SELECT ${columns} FROM (SELECT DISTINCT object FROM grants WHERE ${grantee}) CROSS JOIN objects
          ON objects.id = object WHERE ${where} AND owner <> ? ${order})
      ) ${order}`,
    values: [...values, principal, limit, principal, groups, ...values, principal, limit, limit],
  }
}

/** Takes a principal's id and its groups as JSON. */
const grantee = `(grantee_kind = 'principal' AND grantee = ? OR grantee_kind = 'everyone'
  OR grantee_kind = 'group' AND grantee IN (SELECT value FROM json_each(?)))`
