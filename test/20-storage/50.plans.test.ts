import { join } from 'node:path'
import t from 'tap'
import { openSqliteStore } from '../../lib/storage/index.js'
import { find } from '../../lib/storage/sqlite/find.js'
import { locate } from '../../lib/storage/sqlite/locate.js'
import { queries } from '../../lib/storage/sqlite/reader.js'
import { openDatabase } from '../support/database.js'

t.test('no query reads a whole table', async (t) => {
  const directory = t.testdir()
  await (await openSqliteStore({ directory })).close()
  const db = openDatabase(join(directory, 'mortise.db'))
  t.teardown(() => db.close())

  /** The steps of a plan that pass over all rows of a table that grows; `granted` is the grants of one principal. */
  const scans = (sql: string) => {
    const statement = db.prepare(`EXPLAIN QUERY PLAN ${sql}`)
    const steps = statement.all(...Array.from(sql.matchAll(/\?/g), () => 1)) as { detail: string }[]
    return steps
      .map(({ detail }) => detail)
      .filter((detail) => /^SCAN (?!store|chains|json_each|CONSTANT|granted|\()/.test(detail))
  }
  for (const [name, sql] of Object.entries(queries)) t.same(scans(sql), [], name)

  const base = { domain: 'root', purpose: 'general', limit: 10 } as const
  const more = {
    everything: {},
    'the next page': { after: { created: 1, id: 'x' } },
    name: { name: 'x' },
    family: { family: 'x' },
    owner: { owner: 'x' },
    'a term': { terms: ['x'] },
    'terms and the next page': { terms: ['x', 'y'], without: ['z'], after: { created: 1, id: 'x' } },
    'a term and a name': { terms: ['x'], name: 'x' },
    dates: {
      dates: [
        { field: 'created', from: 1, to: 2 },
        { field: 'deactivated', to: 3 },
      ],
    },
    'the state at a time': { state: 'Active', now: 1 },
    usage: { usage: 3, destroyed: false },
    'other attributes': { state: 'Active', type: 'SymmetricKey', algorithm: 'AES', length: 256 },
  } as const
  for (const [name, query] of Object.entries(more)) {
    t.same(scans(locate({ ...base, ...query }).sql), [], `locate ${name}`)
    const visibleTo = { principal: 'alice', groups: ['auditors'] }
    t.same(scans(locate({ ...base, ...query, visibleTo }).sql), [], `locate ${name} among what is visible`)
  }

  const plan = (sql: string, ...values: unknown[]) =>
    (db.prepare(`EXPLAIN QUERY PLAN ${sql}`).all(...values) as { detail: string }[]).map(
      ({ detail }) => detail,
    )
  const term = { namespace: 'x', field: 'y', values: ['z'], prefix: 'x/', suffix: '/y' }
  const keys = { keys: ['x'] }
  for (const terms of [
    {},
    { all: [term] },
    { none: [term] },
    { all: [keys] },
    { none: [keys] },
    { all: [term, term, keys], none: [term, keys] },
  ]) {
    const { page, count } = find('x', { order: 'y', ...terms, skip: 0, limit: 1 }, 1)
    for (const { sql, values } of [page, count]) {
      t.same(scans(sql), [], `find ${Object.keys(terms)}`)
      const wholeNamespace = plan(sql, ...values).filter((step) =>
        /records USING .*\(namespace=\?\)$/.test(step),
      )
      t.same(wholeNamespace, [], `find ${Object.keys(terms)} reads no namespace whole`)
    }
  }

  t.match(plan(queries.object, 'x'), ['SEARCH objects USING INDEX objects_id (id=?)'])
  t.match(plan(queries.objectNamed, 'root', 'x'), [
    'SEARCH objects USING INDEX objects_named (domain=? AND name=?)',
  ])
  t.match(plan(queries.objectAlsoNamed, 'x', 'root'), [
    'SEARCH t USING PRIMARY KEY (term=?)',
    'SEARCH objects USING INDEX objects_id (id=?)',
  ])
  const byTerm = locate({
    ...base,
    terms: ['x', 'y'],
    state: 'Active',
    now: 1,
    after: { created: 1, id: 'x' },
  })
  t.match(plan(byTerm.sql, ...byTerm.values), [
    /^SEARCH first USING PRIMARY KEY \(term=\? AND \(created,id\)>\(\?,\?\)\)$/,
    'SEARCH objects USING INDEX objects_id (id=?)',
  ])
  t.notMatch(plan(byTerm.sql, ...byTerm.values).join(), 'TEMP B-TREE FOR ORDER BY', 'it comes in order')
  const byDate = locate({ ...base, dates: [{ field: 'created', from: 1, to: 2 }] })
  t.match(
    plan(byDate.sql, ...byDate.values)[0],
    /objects_created \(domain=\? AND purpose=\? AND created>\? AND created<\?\)/,
  )
  const byName = locate({ ...base, name: 'x' })
  t.match(plan(byName.sql, ...byName.values)[0], 'SEARCH objects USING INDEX objects_id (id=?)')
})
