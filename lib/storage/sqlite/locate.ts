import { nameTerm } from '../../operation/index.js'
import type { DateField, ObjectQuery } from '../store.js'
import { objectColumns, type Value } from './rows.js'

export interface Query {
  readonly sql: string
  readonly values: readonly Value[]
}

const filters = ['type', 'algorithm', 'length', 'owner'] as const
const columns = objectColumns.map((column) => `objects.${column}`).join(', ')
const destroyed = "('Destroyed', 'DestroyedCompromised')"

/** Few objects bear a name or make a family: these give their ids, whatever else is asked. */
export const idsOfName = `
  SELECT id FROM objects WHERE domain = ? AND name = ? AND state NOT IN ${destroyed}
  UNION ALL
  SELECT id FROM objects WHERE domain = ? AND name = ? AND state IN ${destroyed}
  UNION ALL
  SELECT id FROM object_terms WHERE term = ?`
export const idsOfFamily = 'SELECT ? UNION ALL SELECT id FROM objects WHERE family = ? AND serial > 1'

/** Takes a principal's id and its groups as JSON. */
const grantee = `(grantee_kind = 'principal' AND grantee = ? OR grantee_kind = 'everyone'
  OR grantee_kind = 'group' AND grantee IN (SELECT value FROM json_each(?)))`

/** Whether an object has a term, which is bound. */
const hasTerm = `EXISTS (SELECT 1 FROM object_terms AS t
  WHERE t.term = ? AND t.created = objects.created AND t.id = objects.id)`

const attribute = (name: string) => `json_extract(objects.attributes, '$.${name}')`
/** Takes the time twice. An absent date never comes. */
const stateNow = `CASE
  WHEN state = 'PreActive' AND ifnull(${attribute('activated')} > ?, 1) THEN 'PreActive'
  WHEN ${attribute('deactivated')} <= ? THEN 'Deactivated' ELSE 'Active' END`
/** Objects whose dates may have brought them to another state than stands in their row. There are few. */
const dated = `objects.id IN (SELECT id FROM object_terms WHERE term = '["dated"]')`

const stateIs = `CASE WHEN state IN ('PreActive', 'Active') AND ${dated} THEN ${stateNow} ELSE state END = ?`

/** The attributes that hold dates; `created` is a column. */
const dateFields: Readonly<Record<DateField, string>> = {
  created: 'objects.created',
  originallyCreated: attribute('originallyCreated'),
  activated: attribute('activated'),
  processStart: attribute('processStart'),
  protectStop: attribute('protectStop'),
  deactivated: attribute('deactivated'),
  compromised: attribute('compromised'),
  destroyed: attribute('destroyed'),
  archived: attribute('archived'),
}

/** The statement that answers a query by an index, so that it reads little more than what it returns. */
export function locate(query: ObjectQuery): Query {
  const { domain, purpose, name, family, visibleTo, after, limit, terms = [] } = query
  const [direction, beyond] = query.newestFirst ? (['DESC', '<'] as const) : (['ASC', '>'] as const)
  const orderOf = (place: string) => `ORDER BY ${place}created ${direction}, ${place}id ${direction} LIMIT ?`
  const order = orderOf('objects.')
  const conditions: string[] = []
  const values: Value[] = []
  const restrict = (condition: string, ...more: Value[]) => {
    conditions.push(condition)
    values.push(...more)
  }
  const few = name !== undefined || family !== undefined
  // The rarest way in: by name or family, by a term, in the order in which they were made.
  const first = few ? undefined : terms[0]
  const others = first === undefined ? terms : terms.slice(1)
  if (first !== undefined) restrict('first.term = ?', first)
  restrict('domain = ? AND purpose = ?', domain, purpose)
  if (name !== undefined) restrict(`objects.id IN (${idsOfName})`, domain, name, domain, name, nameTerm(name))
  if (family !== undefined) restrict(`objects.id IN (${idsOfFamily})`, family, family)
  for (const column of filters) {
    const value = query[column]
    if (value !== undefined) restrict(`objects.${column} = ?`, value)
  }
  if (query.state !== undefined) {
    const { state, now = -1 } = query
    restrict(stateIs, now, now, state)
  }
  if (query.destroyed !== undefined) restrict(`state ${query.destroyed ? 'IN' : 'NOT IN'} ${destroyed}`)
  if (query.usage !== undefined) restrict('usage & ? = ?', query.usage, query.usage)
  for (const term of others) restrict(hasTerm, term)
  for (const term of query.without ?? []) restrict(`NOT ${hasTerm}`, term)
  for (const { field, from, to } of query.dates ?? []) {
    if (from !== undefined) restrict(`${dateFields[field]} >= ?`, from)
    if (to !== undefined) restrict(`${dateFields[field]} < ?`, to)
  }
  const place = first === undefined ? 'objects' : 'first'
  if (after) restrict(`(${place}.created, ${place}.id) ${beyond} (?, ?)`, after.created, after.id)
  const where = conditions.join(' AND ')

  if (first !== undefined || few) {
    const from =
      first === undefined
        ? 'objects INDEXED BY objects_id'
        : 'object_terms AS first CROSS JOIN objects ON objects.id = first.id'
    const inOrder = orderOf(`${place}.`)
    if (!visibleTo) {
      return { sql: `SELECT ${columns} FROM ${from} WHERE ${where} ${inOrder}`, values: [...values, limit] }
    }
    const granted = `EXISTS (SELECT 1 FROM grants WHERE object = objects.family AND ${grantee})`
    return {
      sql: `SELECT ${columns} FROM ${from} WHERE ${where} AND (owner = ? OR ${granted}) ${inOrder}`,
      values: [...values, visibleTo.principal, visibleTo.principal, JSON.stringify(visibleTo.groups), limit],
    }
  }
  if (!visibleTo)
    return { sql: `SELECT ${columns} FROM objects WHERE ${where} ${order}`, values: [...values, limit] }
  const { principal } = visibleTo
  const groups = JSON.stringify(visibleTo.groups)
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
      ) ${orderOf('')}`,
    values: [...values, principal, limit, principal, groups, ...values, principal, limit, limit],
  }
}
