import { execFile } from 'node:child_process'
import { setImmediate } from 'node:timers/promises'
import { promisify } from 'node:util'
import t from 'tap'
import {
  type Contender,
  type Contest,
  markdown,
  type Result,
  type Row,
  runSuite,
  table,
} from '../../bench/harness/index.js'
import { packageRoot } from '../support/package_root.js'

const pace = { slices: 3, warmUp: 1, milliseconds: 0 }

/** A contest between contenders that write down their turns. */
function contest(turns: string[], more: Partial<Contest> = {}): Contest {
  const turn = (name: string): Contender => ({ work: () => turns.push(name) && 1 })
  return {
    name: 'race',
    unit: 'rounds/s',
    ours: turn('ours'),
    peer: turn('peer'),
    peerName: 'somebody',
    check() {
      turns.push('check')
    },
    ...more,
  }
}

function hold(one: Contest): Promise<Result> {
  return runSuite({ name: 'races', run: (contest) => contest(one) }, pace, false, () => undefined)
}

t.test('contenders are checked, warmed up, and then take turns in rotated order', async (t) => {
  const turns: string[] = []
  await hold(contest(turns))
  t.same(turns, ['check', 'ours', 'peer', 'peer', 'ours', 'ours', 'peer', 'peer', 'ours'])
})

t.test('a contender that does not do its work is not measured', async (t) => {
  const turns: string[] = []
  const fails = () => {
    throw new Error('the outputs differ')
  }
  await t.rejects(hold(contest(turns, { check: fails })), { message: 'the outputs differ' })
  t.same(turns, [])
})

t.test('lanes work at the same time, and all that they do is counted', async (t) => {
  let under = 0
  let most = 0
  const ours = {
    lanes: 16,
    work: async () => {
      most = Math.max(most, ++under)
      await setImmediate()
      under--
      return 1000
    },
  }
  const peer = { ...ours, lanes: 1 }
  const { rows } = await hold(contest([], { ours, peer }))
  t.equal(most, 16)
  t.ok((rows[0]?.ours ?? 0) > 0)
})

t.test('a row has medians, their ratio, and the limit where there is one', async (t) => {
  const limit = { work: () => 1 }
  const { rows, ...result } = await hold(contest([], { limit, limitName: 'light' }))
  t.match(result, {
    suite: 'races',
    node: process.version,
    openssl: /^3\./,
    cpu: /^\d+ x ./,
    instructions: Array,
    load: Number,
  })
  t.match(rows, [
    {
      name: 'race',
      unit: 'rounds/s',
      ours: Number,
      peer: Number,
      peerName: 'somebody',
      ratio: Number,
      spread: [Number, Number],
      significant: Boolean,
      limit: Number,
      limitName: 'light',
      ofLimit: Number,
      limitSpread: [Number, Number],
    },
  ])
  const given = await hold(contest([], { limit: 0.5, limitName: '2 s' }))
  t.match(given.rows, [{ limit: 0.5, ofLimit: Number }])
  const [row] = (await hold(contest([]))).rows
  t.same(Object.keys(row ?? {}), [
    'name',
    'unit',
    'ours',
    'peer',
    'peerName',
    'ratio',
    'spread',
    'significant',
  ])
})

t.test('a ratio that swings is not significant', async (t) => {
  let units = 1
  const ours = { work: () => (units *= 1000) }
  const { rows } = await hold(contest([], { ours }))
  t.equal(rows[0]?.significant, false)
})

t.test('where the event loop is watched, a row says how long it lets events wait', async (t) => {
  const blocks = {
    work: async () => {
      await setImmediate()
      for (const end = performance.now() + 100; performance.now() < end; );
      return 1
    },
  }
  const { rows } = await hold(contest([], { ours: blocks, watchLoop: true }))
  t.ok((rows[0]?.loopDelayP99 ?? 0) > 10, 'an event that arrives while it is blocked')
})

const row: Row = {
  name: 'create/single',
  unit: 'creates/s',
  ours: 1234.5,
  peer: 2469,
  peerName: 'somebody',
  ratio: 0.5,
  spread: [0.4, 12.34],
  significant: false,
  limit: 5000,
  limitName: 'light',
  ofLimit: 0.247,
  limitSpread: [0.2, 0.3],
  loopDelayP99: 0.1234,
}
const result: Result = {
  suite: 'store',
  node: 'v1',
  openssl: '3.0',
  cpu: '2 x Abacus',
  instructions: ['vaes', 'sha_ni'],
  load: 0.5,
  rows: [row],
}

t.test('people are shown a table', async (t) => {
  const text = table(result)
  t.match(text, 'store: Node.js v1, OpenSSL 3.0, 2 x Abacus (vaes, sha_ni), load 0.50 before')
  t.match(text, /create\/single +1,235 creates\/s +2,469 creates\/s +0\.50x \(0\.40 to 12\.3\) +\? +somebody/)
  t.match(text, 'create/single: 25 % (20 % to 30 %) of light (5,000 creates/s)')
  t.match(text, 'create/single: 99 of 100 events wait at most 0.12 ms for the event loop')
  t.match(text, /^\?: .*measure again$/m)
  t.notMatch(table({ ...result, rows: [{ ...row, significant: true }] }), '?')
})

t.test('and the documentation one of its own', async (t) => {
  t.match(
    markdown(result),
    '| `create/single` | 1,235/s | 2,469/s | 0.50 | 0.40 to 12.3 ? | 25 % (20 % to 30 %) | 0.12 ms |',
  )
  const { limit, limitName, ofLimit, limitSpread, loopDelayP99, ...plain } = row
  t.match(markdown({ ...result, rows: [{ ...plain, significant: true }] }), '| 0.50 | 0.40 to 12.3 |  |  |')
})

const bench = (...args: string[]) =>
  promisify(execFile)(process.execPath, ['tools/run.mjs', 'bench', ...args], { cwd: packageRoot })

t.test('the command measures a suite and prints nothing but JSON on stdout', async (t) => {
  const line = process.versions.node.split('.')[0] as string
  const { stdout, stderr } = await bench('aead', '--node', line, '--json', '--quick')
  const { suite, rows } = JSON.parse(stdout) as Result
  t.equal(suite, 'aead')
  t.ok(rows.every(({ ours, peer, ratio }) => ours > 0 && peer > 0 && ratio > 0))
  t.match(stderr, 'measuring aead lease/batch/1024')
  const named = (name: string) => rows.find((row) => row.name === name)

  for (const size of [64, 256, 1024, 4096, 16_384, 65_536, 1_048_576]) {
    for (const name of [`seal/batch/${size}`, `open/batch/${size}`])
      t.match(named(name), { peerName: /^node:crypto/, limitName: /OpenSSL looped/, ofLimit: Number }, name)
    t.match(named(`seal/batch/${size}@memcpy`), { peerName: /^memcpy/ })
  }
  t.match(named('lease/batch/1024'), { ofLimit: Number })
  t.match(named('seal/batch/64@webcrypto'), { peerName: /^WebCrypto/ })
  t.match(named('seal/into/64@sodium'), { peerName: /^sodium-native.*ChaCha20/ })
  t.match(named('seal/new/64@noble'), { peerName: /^@noble/ })
  t.match(named('seal/async/1048576'), { loopDelayP99: Number })
})

t.test('what it cannot measure it refuses', async (t) => {
  await t.rejects(bench('speed'), { code: 2, stderr: /there is no suite speed/ })
  await t.rejects(bench('aead', '--node', '19'), { code: 1, stderr: /Node 19: choose from 20, 22, 24, 26/ })
  await t.rejects(bench('aead', '--node'), { code: 1, stderr: /choose from 20, 22, 24, 26/ })
})
