import { generateKeyPairSync } from 'node:crypto'
import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import type { AuditProblem } from '../../lib/audit/verify.js'
import { KeyHouse, outcome } from '../support/key_house.js'
import { Remote } from '../support/remote.js'

function temporary(t: Test): string {
  const directory = mkdtempSync(join(tmpdir(), 'mortise-checkpoints-'))
  t.teardown(() => rmSync(directory, { recursive: true, force: true }))
  return directory
}

/** A store with some records, of which a checkpoint was made, and some more. */
async function build(t: Test) {
  const checkpointDirectory = temporary(t)
  const house = await KeyHouse.build(t, { checkpointDirectory })
  const ann = await house.as('ann')
  const work = async (times: number) => {
    for (let i = 0; i < times; i++) await ann.random(1)
  }
  await work(5)
  const administrator = await house.administrator()
  const first = await administrator.checkpoint()
  await work(5)
  const second = await administrator.checkpoint()
  await work(3)
  const exported = () => readdirSync(checkpointDirectory).sort()
  const read = (name: string) => readFileSync(join(checkpointDirectory, name), 'utf8')
  return { house, administrator, first, second, work, exported, read }
}

t.test('checkpoints are signed, chained, exported, and verify', async (t) => {
  const { house, first, second, exported, read } = await build(t)
  t.equal(first.checkpoint.number, 1)
  t.equal(first.checkpoint.previous, null)
  t.equal(second.checkpoint.number, 2)
  t.match(second.checkpoint.previous, /^[0-9a-f]{64}$/)
  t.equal(second.checkpoint.heads.length, 1, 'only what has moved')
  const { store, key } = first.checkpoint
  const names = [
    `${store}-000000000001.checkpoint`,
    `${store}-000000000002.checkpoint`,
    `${store}-${key}.pem`,
  ]
  t.strictSame(exported(), names)
  const [one = '', two = '', pem = ''] = names.map(read)
  t.equal(one, first.text)
  const verified = await house.km.verifyAudit({ checkpoints: [one, two], publicKeys: [pem] })
  t.match(verified, { checkpoints: 2, problems: [] })
  const { publicKey } = generateKeyPairSync('ed25519')
  const { problems } = await house.km.verifyAudit({
    publicKeys: [publicKey.export({ type: 'spki', format: 'pem' }).toString()],
  })
  t.match(problems, [{ problem: /signature/ }, { problem: /signature/ }], 'another key did not sign them')
})

t.test('what was cut off, rewritten or rolled back before a checkpoint is found', async (t) => {
  const { house, second } = await build(t)
  await house.close()
  const saved = temporary(t)
  cpSync(house.directory, saved, { recursive: true })
  const position = `(SELECT position FROM audit WHERE CAST(record AS TEXT) LIKE '%AuditCheckpoint%' ORDER BY position`
  const cases: Record<string, { sql: string; problem: RegExp; without?: number }> = {
    'the end, with the last checkpoint': {
      sql: `DELETE FROM audit WHERE position >= ${position} DESC LIMIT 1);
        DELETE FROM records WHERE namespace = 'audit-checkpoint' AND key = '0999999999998'`,
      problem: /kept outside is missing: the store was rolled back or cut/,
    },
    'the end, with all checkpoints': {
      sql: `DELETE FROM audit WHERE position >= ${position} LIMIT 1); DELETE FROM records WHERE namespace = 'audit-checkpoint'`,
      problem: /kept outside is missing: the store was rolled back or cut/,
    },
    'the end alone': {
      sql: `DELETE FROM audit WHERE position > ${position} LIMIT 1)`,
      problem: /the record is missing that checkpoint 2 recorded as a head/,
      without: 1,
    },
    'the first checkpoint': {
      sql: `DELETE FROM records WHERE namespace = 'audit-checkpoint' AND key = '0999999999999'`,
      problem: /the checkpoint is missing, with all before it/,
      without: 1,
    },
    'a bit of a checkpoint': {
      sql: `UPDATE records SET value = CAST(substr(value, 1, length(value) - 1) || x'00' AS BLOB) WHERE namespace = 'audit-checkpoint'`,
      problem: /checkpoints cannot be read/,
      without: 1,
    },
  }
  const problemsOf = async (km = house.km, checkpoints: string[] = []): Promise<readonly AuditProblem[]> =>
    (await km.verifyAudit({ checkpoints })).problems
  for (const [what, { sql, problem, without }] of Object.entries(cases)) {
    cpSync(saved, house.directory, { recursive: true })
    const km = await house.breakIn((database) => {
      database.exec(sql)
    })
    t.equal((await problemsOf(km)).length > 0, without !== undefined, `${what}: by itself`)
    const problems = await problemsOf(km, [second.text])
    t.ok(
      problems.some((one) => problem.test(one.problem)),
      what,
      { problems },
    )
    await house.close()
  }
})

t.test('a checkpoint from outside must be what it was, and of this store', async (t) => {
  const { house, second } = await build(t)
  const other = await build(t)
  const problemsOf = async (text: string) => (await house.km.verifyAudit({ checkpoints: [text] })).problems
  t.strictSame(await problemsOf(second.text), [])
  t.match(await problemsOf(second.text.replace('"number":2', '"number":1')), [
    { problem: /not the checkpoint that was kept outside/ },
    { problem: /signature/ },
  ])
  t.ok((await problemsOf(other.second.text)).some(({ problem }) => /of another store/.test(problem)))
  t.equal(await outcome(problemsOf('nothing of the kind')), 'MORTISE_INPUT_INVALID')
})

t.test(
  'they are made at intervals and at close, when something was written, by one of the processes',
  async (t) => {
    const checkpointDirectory = temporary(t)
    const house = await KeyHouse.build(t, { checkpointDirectory, checkpointSeconds: 1 })
    const other = await Remote.process(t, house)
    const made = () => readdirSync(checkpointDirectory).filter((name) => name.endsWith('.checkpoint')).length
    while (made() === 0) await new Promise((resolve) => setTimeout(resolve, 50))
    await house.as('ann')
    await other.call('ann', 'random', 1)
    await house.open()
    await house.close()
    await other.close()
    const km = await house.open({ checkpointSeconds: 0 })
    const { problems, checkpoints } = await km.verifyAudit()
    t.strictSame(problems, [])
    t.ok(checkpoints >= 2)
    t.equal(made(), checkpoints, 'every one was exported')
    const text = (await (await house.administrator(km)).checkpoint()).text
    await km.close()
    const again = await house.open({ checkpointSeconds: 0 })
    t.match(await again.verifyAudit({ checkpoints: [text] }), { problems: [] }, 'other processes may go on')
  },
)

t.test('nobody uses, finds, exports or grants the key that signs them', async (t) => {
  const { house, administrator, first } = await build(t)
  const { key } = first.checkpoint
  const ann = await house.as('ann')
  await administrator.setPrincipal('ann', { roles: ['administrator'] })
  t.strictSame(
    (await administrator.locate()).items.filter(({ id }) => id === key),
    [],
  )
  const refused: Record<string, () => Promise<unknown>> = {
    get: () => administrator.get(key),
    sign: () => administrator.sign(key, Buffer.from('x')),
    export: () => administrator.export(key),
    revoke: () => administrator.revoke(key),
    destroy: () => administrator.destroy(key),
    rekey: () => administrator.rekey(key),
    grant: () => administrator.grant(key, { principal: 'ann' }, ['Sign']),
    openSigner: () => ann.openSigner(key),
    openVerifier: () => ann.openVerifier(key),
    openMac: () => ann.openMac(key),
  }
  for (const [what, use] of Object.entries(refused))
    t.match(await outcome(use), /^MORTISE_(KEY_PURPOSE|ACCESS_DENIED|KEY_NOT_FOUND)$/, what)
  await administrator.setPrincipal('ann', { roles: [] })
  t.equal(await outcome(ann.checkpoint()), 'MORTISE_ACCESS_DENIED')
})
