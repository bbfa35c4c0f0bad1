import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import { type ChainPiece, planPrune, SegmentVerifier, verifyAudit } from '../../lib/audit/index.js'
import type { KeyManager, Session } from '../../lib/index.js'
import { until } from '../support/clock.js'
import { KeyHouse, outcome } from '../support/key_house.js'
import { openDatagramReceiver } from '../support/syslog.js'

/** A store of several chains, with checkpoints and records after each. */
async function build(t: Test) {
  const house = await KeyHouse.build(t)
  const work = async (times: number, km = house.km) => {
    const ann = await house.as('ann', km)
    await Promise.all(Array.from({ length: times }, () => ann.random(1)))
  }
  await work(5)
  const other = await house.open()
  await work(1500, other)
  await other.close()
  const administrator = await house.administrator()
  const first = await administrator.checkpoint()
  await work(5)
  const second = await administrator.checkpoint()
  await work(5)
  return { house, work, administrator, first: first.text, second: second.text }
}

/** Everything that the store has, as an export gives it. */
async function exportAll(
  t: Test,
  session: Session,
): Promise<{ lines: string[]; pieces: readonly ChainPiece[] }> {
  const lines: string[] = []
  for (const head of await session.auditHeads()) {
    const [chain = ''] = head.split(':')
    for (let from: number | null = 1; from !== null; ) {
      const page: Awaited<ReturnType<Session['auditExport']>> = await session.auditExport({ chain, from })
      lines.push(...page.lines)
      from = page.next
    }
  }
  const verifier = new SegmentVerifier()
  for (const line of lines) verifier.add(line)
  t.strictSame(verifier.problems, [], 'an export verifies')
  return { lines, pieces: verifier.pieces }
}

const sound = async (t: Test, km: KeyManager, checkpoints: readonly string[], what: string) =>
  t.strictSame((await km.verifyAudit({ checkpoints })).problems, [], what)

t.test('what was exported is pruned, and what is left verifies, again and again', async (t) => {
  const { house, administrator, work, first, second } = await build(t)
  const before = await house.km.verifyAudit()
  const { lines, pieces: exported } = await exportAll(t, administrator)
  const pruned = await administrator.pruneAudit({ checkpoint: first, exported })
  t.match(pruned, { checkpoint: 1, chains: 2 })
  t.ok(pruned.records > 1500)
  const after = await house.km.verifyAudit({ checkpoints: [first, second] })
  t.strictSame(after.problems, [])
  t.equal(after.chains, before.chains)
  t.ok(after.records < before.records - 1400)
  t.strictSame(
    await administrator.pruneAudit({ checkpoint: first }),
    { checkpoint: 1, chains: 0, records: 0 },
    'nothing is left of it',
  )
  const { records } = await administrator.audit({ operation: 'AuditPrune' })
  t.match(records.at(-1), {
    principalName: 'root',
    outcome: 'success',
    detail: { checkpoint: 1, records: pruned.records, kept: ['export'] },
  })
  const rest = await exportAll(t, administrator)
  const kept = new Set(rest.lines)
  t.equal(lines.filter((line) => kept.has(line)).length, lines.length - pruned.records, 'line for line')
  const both = [1, 2].map(() => administrator.pruneAudit({ checkpoint: second, exported: rest.pieces }))
  t.strictSame(
    (await Promise.all(both.map(outcome))).sort(),
    ['MORTISE_AUDIT_PRUNE_REFUSED', 'ok'],
    'one at a time',
  )
  await sound(t, house.km, [second], 'the second time')
  await work(3)
  const { store } = await house.inside()
  t.strictSame((await verifyAudit({ store })).problems, [], 'without the root key, as a backup is checked')
  await house.close()
  const km = await house.open()
  await work(3, km)
  await sound(t, km, [first, second], 'the chains go on, in other processes too')
  const next = (await (await house.administrator(km)).checkpoint()).text
  await sound(t, km, [next], 'and so do checkpoints')
})

t.test('what a sink has is pruned; what one lacks is not', async (t) => {
  const directory = t.testdir()
  const files = ['a', 'b'].map((name) => join(directory, name))
  const { house, administrator, first } = await build(t)
  const refused = async (input: Partial<Parameters<Session['pruneAudit']>[0]> = {}) => {
    const error = await administrator.pruneAudit({ checkpoint: first, ...input }).catch((reason) => reason)
    t.equal(error.code, 'MORTISE_AUDIT_PRUNE_REFUSED')
    return error
  }
  t.match(await refused(), { message: /no sink is known to have the records: export them first/ })
  const receiver = await openDatagramReceiver(t)
  const udp = await house.open({ auditSyslog: `udp://127.0.0.1:${receiver.port}` })
  await until(async () => (await udp.auditHealth()).sinks[0]?.waiting === 0)
  t.match(await refused(), { message: /no sink is known to have/ }, 'a datagram is no proof')
  await udp.close()

  const [good, bad] = [
    await house.open({ auditFile: files[0] as string }),
    await house.open({ auditFile: directory }),
  ]
  await until(async () => (await good.auditHealth()).sinks[0]?.waiting === 0)
  await until(async () => (await bad.auditHealth()).sinks[0]?.failure !== null)
  const { message, details } = await refused()
  t.match(message, /not delivered yet to file:/)
  t.match(details, { sinks: [`file:${directory}`] })
  await bad.close()
  await refused({ retired: ['file:/elsewhere'] })
  const pruned = await administrator.pruneAudit({ checkpoint: first, retired: [`file:${directory}`] })
  t.ok(pruned.records > 1500)
  const { records } = await administrator.audit({ operation: 'AuditPrune', outcome: 'success' })
  t.match(records[0]?.detail, { retired: [`file:${directory}`], kept: [`file:${files[0]}`] })
  await good.close()
  await sound(t, house.km, [first], 'what is left')

  const later = await house.open({ auditFile: files[1] as string })
  await until(async () => (await later.auditHealth()).sinks[0]?.waiting === 0)
  await later.close()
  const verifier = new SegmentVerifier()
  for (const line of readFileSync(files[1] as string, 'utf8')
    .split('\n')
    .slice(0, -1))
    verifier.add(line)
  t.strictSame(verifier.problems, [], 'a sink that is new gets what is left')
})

t.test(
  'a checkpoint that is not of this store, or an export that lacks something, prunes nothing',
  async (t) => {
    const { house, administrator, first, second } = await build(t)
    const other = await build(t)
    const { pieces } = await exportAll(t, administrator)
    const [long] = [...pieces].sort((a, b) => b.through - a.through)
    const others = pieces.filter((piece) => piece !== long) as ChainPiece[]
    const cases: Record<string, Parameters<Session['pruneAudit']>[0]> = {
      'another store': { checkpoint: other.first, exported: pieces },
      'another text': { checkpoint: first.replace('"time":1', '"time":2'), exported: pieces },
      'a chain less': { checkpoint: first, exported: others },
      'an export that ends early': {
        checkpoint: first,
        exported: [...others, { ...(long as ChainPiece), through: 9 }],
      },
      'an export that begins late': {
        checkpoint: first,
        exported: [...others, { ...(long as ChainPiece), from: 2 }],
      },
      'an export of other records': {
        checkpoint: first,
        exported: [...others, { ...(long as ChainPiece), hash: '00'.repeat(32) }],
      },
    }
    const before = await house.km.verifyAudit()
    for (const [what, input] of Object.entries(cases))
      t.equal(await outcome(administrator.pruneAudit(input)), 'MORTISE_AUDIT_PRUNE_REFUSED', what)
    t.equal(await outcome(administrator.pruneAudit({ checkpoint: 'text' })), 'MORTISE_INPUT_INVALID')
    const ann = await house.as('ann')
    t.equal(await outcome(ann.pruneAudit({ checkpoint: first, exported: pieces })), 'MORTISE_ACCESS_DENIED')
    t.ok((await house.km.verifyAudit()).records > before.records, 'nothing was removed')
    const km = await house.breakIn((database) => {
      database.exec(`UPDATE audit SET record = CAST(replace(record, 'RNGRetrieve', 'RNGRetrieved') AS BLOB)
      WHERE sequence = 100`)
    })
    const again = await house.administrator(km)
    t.equal(
      await outcome(again.pruneAudit({ checkpoint: second, exported: pieces })),
      'MORTISE_AUDIT_BROKEN',
      'no trace of tampering goes',
    )
  },
)

t.test('a prune that is cut short verifies, and is finished by the next', async (t) => {
  const { house, administrator, first } = await build(t)
  const { pieces: exported } = await exportAll(t, administrator)
  const { store } = await house.inside()
  await administrator.pruneAudit({ checkpoint: first, exported })
  const { rows } = await store.auditTail(1000)
  t.ok(rows.some(({ record }) => /AuditPruneStep/.test(Buffer.from(record).toString())))

  const cut = await build(t)
  const { pieces } = await exportAll(t, cut.administrator)
  const inside = await cut.house.inside()
  const [long] = [...pieces].sort((a, b) => b.through - a.through) as [ChainPiece]
  // As when the process is killed after the first of several steps.
  const plan = await planPrune(inside, { checkpoint: cut.first, exported: pieces })
  await inside.apply(plan.rows)
  await sound(t, cut.house.km, [cut.first], 'before anything is removed')
  await inside.apply({ prunes: [{ chain: long.chain, through: 1000 }] })
  await sound(t, cut.house.km, [cut.first, cut.second], 'in the middle')
  const rest = await exportAll(t, cut.administrator)
  t.match(await cut.administrator.pruneAudit({ checkpoint: cut.first, exported: rest.pieces }), { chains: 2 })
  await sound(t, cut.house.km, [cut.first, cut.second], 'at the end')
})

t.test('an intruder cannot make removed records pass for pruned', async (t) => {
  const { house, administrator, first, second } = await build(t)
  const { pieces: exported } = await exportAll(t, administrator)
  await administrator.pruneAudit({ checkpoint: first, exported })
  const { chain, through } = exported.find((piece) => piece.through < 100) as ChainPiece
  const forged = (
    at: number,
  ) => `UPDATE chains SET pruned_hash = (SELECT hash FROM audit WHERE chain = number AND
      sequence = ${at}), pruned = ${at} WHERE id = '${chain}';
    DELETE FROM audit WHERE chain = (SELECT number FROM chains WHERE id = '${chain}') AND sequence <= ${at}`
  const mark = "namespace = 'audit-pruned'"
  const cases: Record<string, { sql: string; problem: RegExp }> = {
    'a chain that begins later': { sql: forged(through - 3), problem: /were removed without being pruned/ },
    'no mark': { sql: `DELETE FROM records WHERE ${mark}`, problem: /were removed without being pruned/ },
    'a mark of the intruder': {
      sql: `UPDATE records SET value = CAST(substr(value, 1, length(value) - 1) || x'00' AS BLOB) WHERE ${mark}`,
      problem: /what was pruned cannot be read/,
    },
    'another record as the mark': {
      sql: `UPDATE records SET value = (SELECT value FROM records WHERE namespace = 'principal' LIMIT 1) WHERE ${mark}`,
      problem: /what was pruned cannot be read/,
    },
    'another hash to begin after': {
      sql: `UPDATE chains SET pruned_hash = zeroblob(32) WHERE id = '${chain}'`,
      problem: /the hash (does not match|that the chain begins after is not)/,
    },
    'a record that is left': {
      sql: `DELETE FROM audit WHERE position = (SELECT min(position) FROM audit
        WHERE chain = (SELECT number FROM chains WHERE id = '${chain}'))`,
      problem: /missing/,
    },
    'a whole chain': {
      sql: `DELETE FROM audit WHERE chain = (SELECT number FROM chains WHERE id = '${chain}')`,
      problem: /missing that .* recorded as a head/,
    },
  }
  for (const [what, { sql, problem }] of Object.entries(cases)) {
    let tables: Record<string, Record<string, unknown>[]> = {}
    const edit = (work: Parameters<KeyHouse['edit']>[0]) => house.breakIn(work)
    const km = await edit((database) => {
      const all = (table: string) =>
        database.prepare(`SELECT * FROM ${table}`).all() as Record<string, unknown>[]
      tables = { audit: all('audit'), chains: all('chains'), records: all('records') }
      database.exec(sql)
    })
    const { problems } = await km.verifyAudit({ checkpoints: [second] })
    t.ok(
      problems.some((one) => problem.test(one.problem)),
      what,
      { problems },
    )
    const restored = await edit((database) => {
      for (const [table, rows] of Object.entries(tables)) {
        database.exec(`DELETE FROM ${table}`)
        const columns = Object.keys(rows[0] ?? {})
        const insert = database.prepare(
          `INSERT INTO ${table} (${columns}) VALUES (${columns.map((column) => `@${column}`)})`,
        )
        database.transaction(() => rows.map((row) => insert.run(row)))()
      }
    })
    await sound(t, restored, [second], 'put back')
  }
})
