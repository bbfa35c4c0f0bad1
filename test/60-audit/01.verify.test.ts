import { randomBytes, randomUUID } from 'node:crypto'
import t from 'tap'
import { openChain, verifyAudit } from '../../lib/audit/index.js'
import { chainHash, chainOrigin, decodeAuditRecord } from '../../lib/operation/index.js'
import { TestHouse } from '../support/store.js'

/** A trail of three processes, the second of which wrote most. */
async function trail(t: Parameters<typeof TestHouse.build>[0]) {
  const house = await TestHouse.build(t)
  const begin = async () =>
    house.store.apply({ audit: await openChain(house.store, house.clock), durability: 'synced' })
  await begin()
  await house.apply({}, 'First')
  await house.close()
  await house.open()
  const { chain } = await begin()
  for (let count = 0; count < 2500; count += 100) {
    await Promise.all(Array.from({ length: 100 }, (_, i) => house.apply({}, 'Encrypt', { count: count + i })))
  }
  await house.close()
  await house.open()
  await begin()
  return { house, chain }
}

/** SQL for the rows of a chain. */
const of = (chain: string, sequence: number | string) =>
  `chain = (SELECT number FROM chains WHERE id = '${chain}') AND sequence ${typeof sequence === 'number' ? `= ${sequence}` : sequence}`

t.test('an untouched trail has no problem', async (t) => {
  const { house } = await trail(t)
  const progress: [number, number][] = []
  const verification = await verifyAudit(house, {
    onProgress: (...pages) => {
      progress.push(pages)
    },
  })
  t.strictSame(verification.problems, [])
  t.equal(verification.chains, 3)
  const [read, total] = progress.at(-1) ?? []
  t.equal(read, verification.records)
  t.equal(total, verification.records)
})

t.test('an empty store has an empty trail', async (t) => {
  const house = await TestHouse.build(t)
  const { problems } = await verifyAudit(house)
  t.strictSame(problems, [])
})

t.test('chains name the heads of one another', async (t) => {
  const { house, chain } = await trail(t)
  const { rows } = await house.store.auditTail(1)
  const opened = rows[0] && decodeAuditRecord(rows[0].record)
  t.match(opened, { operation: 'AuditChainOpened', face: 'system', principal: null, detail: { chains: 2 } })
  const heads = opened?.detail['heads'] as string[]
  t.equal(heads.length, 2)
  t.ok(heads[0]?.startsWith(`${chain}:2501:`), 'the chain that was written to last comes first')
})

t.test('of many chains the record names those that were written to last', async (t) => {
  const { house } = await trail(t)
  const heads = Array.from({ length: 1000 }, () => ({
    chain: randomUUID(),
    sequence: 1,
    hash: randomBytes(32),
  }))
  const store = new Proxy(house.store, { get: () => async () => heads })
  const opened = decodeAuditRecord(await openChain(store, house.clock))
  t.equal(opened?.detail['chains'], 1000)
  const named = heads.slice(0, 64).map(({ chain, hash }) => `${chain}:1:${hash.toString('hex')}`)
  t.strictSame(opened?.detail['heads'], named)
})

t.test('any change, removal and reordering in the middle is found', async (t) => {
  const { house, chain } = await trail(t)
  const edits: Record<string, { sql: string; at: number; problem: RegExp; many?: boolean }> = {
    'a bit of a record': {
      sql: `UPDATE audit SET record = CAST(replace(record, '"count":1199', '"count":1198') AS BLOB) WHERE ${of(chain, 1201)}`,
      at: 1201,
      problem: /hash does not match/,
    },
    'a bit of a hash': {
      sql: `UPDATE audit SET hash = CAST(substr(hash, 1, 31) || (CASE substr(hash, 32) WHEN x'00' THEN x'01' ELSE x'00' END) AS BLOB) WHERE ${of(chain, 1201)}`,
      at: 1201,
      problem: /hash does not match/,
    },
    'a record that is none': {
      sql: `UPDATE audit SET record = CAST('[]' AS BLOB) WHERE ${of(chain, 1201)}`,
      at: 1201,
      problem: /hash does not match|does not decode/,
    },
    'a record removed': { sql: `DELETE FROM audit WHERE ${of(chain, 1201)}`, at: 1201, problem: /missing/ },
    'the first record removed': { sql: `DELETE FROM audit WHERE ${of(chain, 1)}`, at: 1, problem: /missing/ },
    'a thousand records removed': {
      sql: `DELETE FROM audit WHERE ${of(chain, 'BETWEEN 900 AND 2100')}`,
      at: 900,
      problem: /missing/,
    },
    'a record removed and the rest moved up': {
      sql: `DELETE FROM audit WHERE ${of(chain, 1201)};
        UPDATE audit SET sequence = -sequence WHERE ${of(chain, '> 1201')};
        UPDATE audit SET sequence = -sequence - 1 WHERE ${of(chain, '< -1201')}`,
      at: 1201,
      problem: /hash does not match/,
      many: true,
    },
    'two records exchanged': {
      sql: `UPDATE audit SET sequence = -1 WHERE ${of(chain, 1201)};
        UPDATE audit SET sequence = 1201 WHERE ${of(chain, 1202)};
        UPDATE audit SET sequence = 1202 WHERE ${of(chain, -1)}`,
      at: 1201,
      problem: /hash does not match/,
    },
    'a chain cut short below its recorded head': {
      sql: `DELETE FROM audit WHERE ${of(chain, '> 2400')}`,
      at: 2501,
      problem: /missing that .* recorded as a head/,
    },
    'a whole chain removed': {
      sql: `DELETE FROM audit WHERE ${of(chain, '> 0')}`,
      at: 2501,
      problem: /missing that .* recorded as a head/,
    },
  }
  for (const [what, { sql, at, problem, many = false }] of Object.entries(edits)) {
    let before: unknown[] = []
    await house.breakIn((database) => {
      before = database.prepare('SELECT * FROM audit').all()
      database.exec(sql)
    })
    const { problems } = await verifyAudit(house)
    t.ok(
      problems.some((one) => one.chain === chain && one.sequence === at && problem.test(one.problem)),
      what,
      { problems },
    )
    t.equal(problems.length >= 5, many, `${what}: one fault is not many problems`)
    await house.breakIn((database) => {
      database.exec('DELETE FROM audit')
      const insert = database.prepare(
        'INSERT INTO audit VALUES (@position, @chain, @sequence, @record, @hash)',
      )
      database.transaction(() => before.map((row) => insert.run(row)))()
    })
  }
  t.strictSame((await verifyAudit(house)).problems, [], 'put back')
})

t.test('a chain that was rewritten with fitting hashes contradicts the next one', async (t) => {
  const { house, chain } = await trail(t)
  await house.breakIn((database) => {
    const rows = database
      .prepare(`SELECT * FROM audit WHERE ${of(chain, '> 0')} ORDER BY sequence`)
      .all() as {
      position: number
      sequence: number
      record: Buffer
    }[]
    const update = database.prepare('UPDATE audit SET record = ?, hash = ? WHERE position = ?')
    let hash: Uint8Array = chainOrigin
    for (const { position, sequence, record } of rows) {
      const changed = Buffer.from(record.toString().replace('"count":1199', '"count":9911'))
      hash = chainHash(chain, sequence, hash, changed)
      update.run(changed, hash, position)
    }
  })
  const { problems } = await verifyAudit(house)
  t.equal(problems.length, 1)
  t.match(problems[0], { chain, sequence: 2501, problem: /not the one that .* recorded as a head/ })
})

t.test('records that are being written meanwhile do not disturb it', async (t) => {
  const { house } = await trail(t)
  const writing = Promise.all(Array.from({ length: 500 }, () => house.apply({}, 'Encrypt')))
  t.strictSame((await verifyAudit(house)).problems, [])
  await writing
  t.strictSame((await verifyAudit(house)).problems, [])
})
