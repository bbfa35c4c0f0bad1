/**
 * Each call that changes a file fails in turn: from the first start to the close every operation ends as it should or with
 * a MortiseError, and the store that is left has the old or the new state of each.
 *
 * MORTISE_CRASH_APART=1 fails every call; otherwise one in so many (default 20), others in each run. MORTISE_CRASH_SEED
 * repeats a run.
 */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync } from 'node:fs'
import { constants } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import t, { type Test } from 'tap'
import type { FaultyRun } from './fact.js'
import { compileShim, noShim, quickDirectory } from './shim.js'

const apart = Number(process.env['MORTISE_CRASH_APART'] ?? 20)
const seed = Number(process.env['MORTISE_CRASH_SEED'] ?? Date.now())
const main = fileURLToPath(new URL('faulty.js', import.meta.url))

/** The story once for each number of a call that is to fail. */
async function tell(t: Test, story: string, fault: string, numbers: readonly number[]): Promise<FaultyRun[]> {
  const directory = quickDirectory(t)
  const root = join(directory, 'root')
  mkdirSync(root)
  const env = compileShim(directory, { root, control: join(directory, 'control') })
  const child = spawn(process.execPath, [main, root, story, fault, ...numbers.map(String)], {
    env,
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  let text = ''
  child.stdout.setEncoding('utf8').on('data', (chunk: string) => {
    text += chunk
  })
  const [code, signal] = await once(child, 'close')
  const runs = text
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as FaultyRun)
  t.equal(signal ?? code, 0, `after call ${runs.at(-1)?.n} the process is well`)
  t.equal(runs.length, numbers.length)
  return runs
}

const faults = {
  'the disk is full at one call': `fail N ${constants.errno.ENOSPC}`,
  'the disk fails at one call': `fail N ${constants.errno.EIO}`,
  'the disk is full from one call on': 'full N',
} as const

for (const story of ['keys', 'server'] as const) {
  t.test(`the story of ${story}`, { skip: noShim }, async (t) => {
    const [whole] = await tell(t, story, 'off N', [0])
    t.match(whole, { errors: [], problems: [] }, 'without a fault all is well')
    const calls = whole?.calls ?? 0
    t.ok(calls > 50, `${calls} calls`)
    const all: FaultyRun[] = []
    for (const [i, [title, fault]] of Object.entries(faults).entries()) {
      const first = 1 + ((seed + i * 7) % apart)
      const numbers = Array.from(
        { length: Math.floor((calls - first) / apart) + 1 },
        (_, at) => first + at * apart,
      )
      const halves = [0, 1].map((half) => numbers.filter((_, at) => at % 2 === half))
      const runs = (await Promise.all(halves.map((half) => tell(t, story, fault, half)))).flat()
      const wrong = runs.filter(({ problems }) => problems.length > 0)
      t.strictSame(wrong, [], `${title}: ${runs.length} calls, of which the first is ${first}`)
      all.push(...runs)
    }
    // The others meet what is done behind, and what is tried again.
    const noticed = all.filter(({ errors }) => errors.length > 0).length
    t.ok(noticed > all.length / 4, `${noticed} of ${all.length} are noticed`)
  })
}
