import type { ObjectQuery } from '../store.js'
import { objectColumns, type Value } from './rows.js'

export interface Query {
  readonly sql: string
  readonly values: readonly Value[]
}

const filters = ['state', 'type', 'algorithm', 'length', 'owner'] as const
const columns = objectColumns.join(', ')
const order = 'ORDER BY created, id LIMIT ?'

/** Few objects bear a name or make a family: these give their ids, whatever else is asked. */
export const idsOfName = `
  SELECT id FROM objects WHERE domain = ? AND name = ? AND state NOT IN ('Destroyed', 'DestroyedCompromised')
  UNION ALL
  SELECT id FROM objects WHERE domain = ? AND name = ? AND state IN ('Destroyed', 'DestroyedCompromised')`
export const idsOfFamily = 'SELECT ? UNION ALL SELECT id FROM objects WHERE family = ? AND serial > 1'

/** Takes a principal's id and its groups as JSON. */
const grantee = `(grantee_kind = 'principal' AND grantee = ? OR grantee_kind = 'everyone'
  OR grantee_kind = 'group' AND grantee IN (SELECT value FROM json_each(?)))`

/** The statement that answers a query by an index, so that it reads little more than what it returns. */
export function locate(query: ObjectQuery): Query {
  const { domain, purpose, name, family, visibleTo, after, limit } = query
  const conditions = ['domain = ?', 'purpose = ?']
  const values: Value[] = [domain, purpose]
  const restrict = (condition: string, ...more: Value[]) => {
    conditions.push(condition)
    values.push(...more)
  }
  if (name !== undefined) restrict(`id IN (${idsOfName})`, domain, name, domain, name)
  if (family !== undefined) restrict(`id IN (${idsOfFamily})`, family, family)
  for (const column of filters) {
    const value = query[column]
    if (value !== undefined) restrict(`${column} = ?`, value)
  }
  if (after) restrict('(created, id) > (?, ?)', after.created, after.id)
  const where = conditions.join(' AND ')

  const few = name !== undefined || family !== undefined
  const objects = few ? 'objects INDEXED BY objects_id' : 'objects'
  if (!visibleTo)
    return { sql: `SELECT ${columns} FROM ${objects} WHERE ${where} ${order}`, values: [...values, limit] }
  const { principal } = visibleTo
  const groups = JSON.stringify(visibleTo.groups)
  if (few) {
    const granted = `EXISTS (SELECT 1 FROM grants WHERE object = objects.family AND ${grantee})`
    return {
      sql: `SELECT ${columns} FROM ${objects} WHERE ${where} AND (owner = ? OR ${granted}) ${order}`,
      values: [...values, principal, principal, groups, limit],
    }
  }
  // The own ones in order until there are enough, the granted ones by their grants: however many objects there are.
  return {
    sql: `SELECT * FROM (
        SELECT * FROM (SELECT ${columns} FROM objects WHERE ${where} AND owner = ? ${order})
        UNION ALL
        SELECT * FROM (
          SELECT ${columns} FROM (SELECT DISTINCT object FROM grants WHERE ${grantee}) AS granted CROSS JOIN objects
          ON objects.id IN (SELECT granted.object UNION ALL
            SELECT version.id FROM objects AS version WHERE version.family = granted.object AND version.serial > 1)
          WHERE ${where} AND owner <> ? ${order})
      ) ${order}`,
    values: [...values, principal, limit, principal, groups, ...values, principal, limit, limit],
  }
}
