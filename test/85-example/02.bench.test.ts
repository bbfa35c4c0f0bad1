import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import t from 'tap'
import { type Contender, type Contest, type Result, runSuite, table } from '../../bench/harness/index.js'

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
      await new Promise(setImmediate)
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
  const { suite, node, cpu, rows } = await hold(contest([], { limit, limitName: 'light' }))
  t.match({ suite, node }, { suite: 'races', node: process.version })
  t.match(cpu, /^\d+ x ./)
  t.match(rows, [
    {
      name: 'race',
      unit: 'rounds/s',
      ours: Number,
      peer: Number,
      peerName: 'somebody',
      ratio: Number,
      spread: [Number, Number],
      limit: Number,
      limitName: 'light',
      ofLimit: Number,
    },
  ])
  const given = await hold(contest([], { limit: 0.5, limitName: '2 s' }))
  t.match(given.rows, [{ limit: 0.5, ofLimit: Number }])
  const [row] = (await hold(contest([]))).rows
  t.same(Object.keys(row ?? {}), ['name', 'unit', 'ours', 'peer', 'peerName', 'ratio', 'spread'])
})

t.test('people are shown a table', async (t) => {
  const row = {
    name: 'create/single',
    unit: 'creates/s',
    ours: 1234.5,
    peer: 2469,
    peerName: 'somebody',
    ratio: 0.5,
    spread: [0.4, 12.34],
    limit: 5000,
    limitName: 'light',
    ofLimit: 0.247,
  } as const
  const text = table({ suite: 'store', node: 'v1', cpu: '2 x Abacus', rows: [row] })
  t.match(text, 'store: Node.js v1, 2 x Abacus')
  t.match(text, /create\/single +1,235 creates\/s +2,469 creates\/s +0\.50x \(0\.40 to 12\.3\) +somebody/)
  t.match(text, 'create/single: 25 % of light (5,000 creates/s)')
})

t.test('the command measures a suite and prints nothing but JSON on stdout', async (t) => {
  const main = fileURLToPath(new URL('../../bench/main.js', import.meta.url))
  const { stdout, stderr } = await promisify(execFile)(process.execPath, [main, 'aead', '--json', '--quick'])
  const { suite, rows } = JSON.parse(stdout) as Result
  t.equal(suite, 'aead')
  t.ok(rows.some(({ name }) => name === 'lease/batch/1024'))
  t.ok(rows.every(({ ours, peer, ratio }) => ours > 0 && peer > 0 && ratio > 0))
  t.match(stderr, 'measuring aead lease/batch/1024')
  await t.rejects(promisify(execFile)(process.execPath, [main, 'speed']), {
    code: 2,
    stderr: /there is no suite speed/,
  })
})
