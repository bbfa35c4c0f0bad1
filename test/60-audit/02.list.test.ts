import t from 'tap'
import {
  type AuditEntry,
  type AuditFindInput,
  type AuditListInput,
  auditFind,
  auditGet,
  auditList,
} from '../../lib/audit/index.js'
import { type AuditRecord, encodeAuditRecord, type Subject } from '../../lib/operation/index.js'
import { TestHouse } from '../support/store.js'
import { ann } from '../support/subject.js'

const auditor: Subject = { ...ann, id: 'auditor', name: 'auditor', roles: ['administrator'] }

/** Fifty records: of operations and principals in turn, every tenth denied. */
async function trail(t: Parameters<typeof TestHouse.build>[0]) {
  const house = await TestHouse.build(t)
  for (let i = 1; i <= 50; i++) {
    const record: AuditRecord = {
      time: i,
      principal: i % 3 === 0 ? 'ann' : 'bob',
      principalName: null,
      face: i % 4 === 0 ? 'admin' : 'process',
      request: i % 7 === 0 ? 'seventh' : null,
      operation: i % 2 === 0 ? 'Encrypt' : 'Sign',
      object: i % 5 === 0 ? 'key' : null,
      outcome: i % 10 === 0 ? 'denied' : 'success',
      code: null,
      detail: {},
      ...(i % 9 === 0 && { address: '192.0.2.9' }),
    }
    await house.store.apply({ audit: encodeAuditRecord(record), durability: 'written' })
  }
  const list = async (input: AuditListInput) => (await auditList.prepare(house, auditor, input)).answer
  /** Every record that the pages give, after one another. */
  const listAll = async (input: AuditListInput) => {
    const records: AuditEntry[] = []
    let before: number | undefined
    for (;;) {
      const page = await list({ ...input, ...(before !== undefined && { before }) })
      t.ok(page.records.length <= (input.limit ?? 100), 'no page is longer than its limit')
      records.push(...page.records)
      if (page.cursor === null) return records
      before = page.cursor
    }
  }
  return { house, list, listAll }
}

const times = (records: readonly AuditEntry[]) => records.map(({ time }) => time).filter((time) => time <= 50)

t.test('newest first, decoded, with chain and sequence', async (t) => {
  const { house, list } = await trail(t)
  const { records } = await list({ limit: 3 })
  t.strictSame(times(records), [50, 49, 48])
  const [head] = (await house.store.chainHeads()).filter(({ sequence }) => sequence >= 50)
  t.match(records[0], {
    operation: 'Encrypt',
    outcome: 'denied',
    chain: head?.chain,
    sequence: head?.sequence,
  })
})

t.test('pages of any length together are the whole', async (t) => {
  const { listAll } = await trail(t)
  const whole = await listAll({ limit: 1000 })
  t.strictSame(
    times(whole),
    Array.from({ length: 50 }, (_, i) => 50 - i),
  )
  for (const limit of [1, 7, 50, 51, 52]) t.strictSame(await listAll({ limit }), whole, `pages of ${limit}`)
})

t.test('filters hold on every page', async (t) => {
  const { listAll } = await trail(t)
  const expected = (matches: (time: number) => boolean) =>
    Array.from({ length: 50 }, (_, i) => 50 - i).filter((time) => matches(time))
  for (const limit of [1, 4, 100]) {
    t.strictSame(
      times(await listAll({ limit, operation: 'Sign' })),
      expected((i) => i % 2 === 1),
    )
    t.strictSame(
      times(await listAll({ limit, principal: 'ann' })),
      expected((i) => i % 3 === 0),
    )
    t.strictSame(
      times(await listAll({ limit, object: 'key' })),
      expected((i) => i % 5 === 0),
    )
    t.strictSame(
      times(await listAll({ limit, outcome: 'denied' })),
      expected((i) => i % 10 === 0),
    )
    t.strictSame(
      times(
        await listAll({ limit, principal: 'ann', operation: 'Encrypt', object: 'key', outcome: 'denied' }),
      ),
      expected((i) => i % 30 === 0),
    )
    t.strictSame(
      times(await listAll({ limit, face: 'admin' })),
      expected((i) => i % 4 === 0),
    )
    t.strictSame(
      times(await listAll({ limit, request: 'seventh' })),
      expected((i) => i % 7 === 0),
    )
    t.strictSame(
      times(await listAll({ limit, address: '192.0.2.9' })),
      expected((i) => i % 9 === 0),
    )
    t.strictSame(
      times(await listAll({ limit, since: 10, until: 20 })),
      expected((i) => i >= 10 && i < 20),
    )
    t.strictSame(await listAll({ limit, object: 'other' }), [])
  }
})

t.test('limits are checked', async (t) => {
  const { list } = await trail(t)
  for (const limit of [0, -1, 1001, 1.5, Number.NaN]) {
    await t.rejects(list({ limit }), { code: 'MORTISE_INPUT_INVALID' })
  }
})

t.test('a record that does not decode is named', async (t) => {
  const { house, list } = await trail(t)
  await house.breakIn((database) => {
    database.exec(`UPDATE audit SET record = x'00' WHERE position = (SELECT max(position) - 1 FROM audit)`)
  })
  await t.rejects(list({}), {
    code: 'MORTISE_AUDIT_BROKEN',
    message: /audit record \d+ of chain .*: run mortise audit verify/,
  })
})

t.test('by numbers, with how many there are', async (t) => {
  const { house } = await trail(t)
  const find = async (input: AuditFindInput) => (await auditFind.prepare(house, auditor, input)).answer
  const { sequence: last = 0 } = (await house.store.chainHeads())[0] ?? {}
  const page = await find({ skip: 2, limit: 3 })
  t.strictSame(times(page.records), [48, 47, 46])
  t.equal(page.total, last, 'of the whole trail')
  const denied = await find({ success: false, limit: 2 })
  t.strictSame(times(denied.records), [50, 40])
  t.equal(denied.total, 5)
  t.strictSame(times((await find({ success: false, skip: 3 })).records), [20, 10])
  t.match(await find({ success: true, outcome: 'denied' }), { records: [], total: 0 })
  t.match(await find({ operation: 'Sign', principal: 'ann', since: 20, until: 40 }), { total: 4 })
  t.match(await find({ skip: 1000 }), { records: [], total: last })
  for (const until of [1, 2, 25, 50, 51])
    t.match(await find({ until, operation: 'Sign' }), { total: Math.floor(until / 2), partial: false })
  for (const input of [{ limit: 0 }, { limit: 2001 }, { skip: -1 }, { skip: 50_001 }, { skip: 0.5 }])
    await t.rejects(find(input), { code: 'MORTISE_INPUT_INVALID' }, JSON.stringify(input))

  const [record] = page.records
  const get = async (chain: string, sequence: number) =>
    (await auditGet.prepare(house, auditor, { chain, sequence })).answer
  t.strictSame(await get(record?.chain ?? '', record?.sequence ?? 0), record)
  const missing = { code: 'MORTISE_AUDIT_NOT_FOUND' }
  await t.rejects(get(record?.chain ?? '', last + 1), missing)
  await t.rejects(get('elsewhere', 1), missing)
})

t.test('of a long trail the newest are looked at, or the newest before a time', async (t) => {
  const house = await TestHouse.build(t)
  const last = 52_000
  const write = (i: number) =>
    house.store.apply({
      audit: encodeAuditRecord({
        time: i,
        principal: null,
        principalName: null,
        face: 'process',
        request: null,
        operation: i % 1000 === 0 ? 'Sign' : 'Encrypt',
        object: null,
        outcome: 'success',
        code: null,
        detail: {},
      }),
      durability: 'written',
    })
  for (let i = 1; i <= last; i += 1000)
    await Promise.all(Array.from({ length: Math.min(1000, last - i + 1) }, (_, j) => write(i + j)))
  const find = async (input: AuditFindInput) => (await auditFind.prepare(house, auditor, input)).answer
  const all = await find({ operation: 'Sign', limit: 2000 })
  t.equal(all.partial, true, 'there are older ones')
  t.equal(all.total, 50)
  const early = await find({ operation: 'Sign', until: 4001 })
  t.strictSame(times(early.records.map((one) => ({ ...one, time: one.time / 1000 }))), [4, 3, 2, 1])
  t.equal(early.partial, false)
  t.match(
    await find({ operation: 'Sign', since: 49_000 }),
    { total: 4, partial: false },
    'nothing older is asked for',
  )
  t.match(await find({ limit: 1, skip: 49_999 }), { records: [{ time: Number }], partial: false })
})
