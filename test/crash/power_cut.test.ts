/**
 * The power is cut: from the recorded writes and syncs of a life of a store everything is rebuilt that a disk may hold
 * afterwards, and opened. Whatever was acknowledged before the cut must be there.
 *
 * MORTISE_CRASH_CUTS sets how often (default 500), MORTISE_CRASH_SEED repeats a run.
 */
import { execFileSync } from 'node:child_process'
import { mkdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import t, { type Test } from 'tap'
import { type KeyManager, openKeyManager } from '../../lib/index.js'
import { firstStart } from '../../lib/server/first_start.js'
import { Disk, fingerprint, type Loss, lay, losses, withoutSharedMemory } from './disk.js'
import { compileShim, noShim, quickDirectory } from './shim.js'
import { decodeMark, readTrace, type TraceEvent } from './trace.js'
import { owner, Possible, password, type Step, type StepName, step, trailOf } from './world.js'

const seed = Number(process.env['MORTISE_CRASH_SEED'] ?? Date.now())
const wantedCuts = Number(process.env['MORTISE_CRASH_CUTS'] ?? 500)

/** Records a life of a store in three processes. */
function record(t: Test): TraceEvent[] {
  const directory = quickDirectory(t)
  const root = join(directory, 'root')
  const trace = join(directory, 'trace')
  mkdirSync(root)
  const env = compileShim(directory, { root, trace })
  const main = fileURLToPath(new URL('traced.js', import.meta.url))
  for (const part of ['1', '2', '3']) {
    execFileSync(process.execPath, [main, join(root, 'store'), part], {
      env,
      stdio: ['ignore', 'pipe', 'inherit'],
    })
  }
  return readTrace(trace)
}

/** What callers knew at a time. */
class Knowledge {
  readonly #steps = new Map<number, { readonly step: Step; done: boolean; synced: boolean }>()
  firstStart = false
  /** Encryptions with random IVs. */
  sealed = 0

  learn(event: TraceEvent): void {
    // Encryptions are on the disk when the log was synced since.
    if (event.kind === 'S' && event.path.endsWith('-wal'))
      for (const one of this.#steps.values()) one.synced ||= one.done
    if (event.kind !== 'M') return
    const mark = decodeMark(event)
    if ('begun' in mark) {
      const [name, ...args] = mark.step as [StepName, string, string?]
      const begun = step[name](args[0], args[1] === undefined ? undefined : Number(args[1]))
      this.#steps.set(mark.begun, { step: begun, done: false, synced: false })
    } else if ('done' in mark) {
      const one = this.#steps.get(mark.done)
      if (one) Object.assign(one, { done: true, synced: one.step.records === undefined })
    } else if ('sealed' in mark) this.sealed += mark.sealed
    else this.firstStart = true
  }

  possible(): Possible {
    const possible = new Possible()
    for (const { step, synced } of this.#steps.values()) {
      if (synced) possible.done(step)
      else possible.perhapsDone(step)
    }
    return possible
  }
}

/** One state of the disk, and what must be in it. */
interface State {
  readonly cut: number
  readonly loss: Loss
  readonly files: Map<string, Buffer>
  readonly possible: Possible
  readonly firstStart: boolean
  readonly sealed: number
}

/** A small generator (mulberry32), so that a run can be repeated. */
function generator(from: number): () => number {
  let state = from
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
}

/** Every state to look at, in the order of the cuts; equal files are one state, of which the last cut asks most. */
function* states(events: readonly TraceEvent[], counts: { cuts: number }): Generator<State> {
  const random = generator(seed)
  const writes = events.filter(({ kind }) => kind !== 'M').length
  const apart = writes / wantedCuts
  const disk = new Disk()
  const knowledge = new Knowledge()
  const waiting = new Map<string, State>()
  let written = 0
  for (const [cut, event] of events.entries()) {
    disk.apply(event)
    knowledge.learn(event)
    if (event.kind !== 'M') written++
    // What was acknowledged after a write asks for more than the write alone.
    const next = events[cut + 1]
    if (next?.kind === 'M' || written < (counts.cuts + 1) * apart) continue
    const loss = losses[counts.cuts++ % losses.length] as Loss
    const files = withoutSharedMemory(disk.cut(loss, random))
    const state = {
      cut,
      loss,
      files,
      possible: knowledge.possible(),
      firstStart: knowledge.firstStart,
      sealed: knowledge.sealed,
    }
    const print = fingerprint(files)
    waiting.delete(print)
    waiting.set(print, state)
    const [oldest] = waiting
    if (waiting.size > 40 && oldest) {
      waiting.delete(oldest[0])
      yield oldest[1]
    }
  }
  yield* waiting.values()
}

/** Opens what a power cut has left and compares it with what was known. */
async function problemsOf(
  { possible, firstStart: finished, sealed }: State,
  directory: string,
): Promise<string[]> {
  let km: KeyManager | undefined
  try {
    km = await openKeyManager({ directory })
    const trail = await trailOf(km)
    const problems = await possible.problems(km, trail)
    if (finished === (await firstStart(km, directory, password)))
      problems.push(finished ? 'the first start was finished' : 'the first start cannot be taken up')
    const reserved = trail
      .filter(({ operation }) => operation === 'UsageReserved')
      .reduce((sum, { detail }) => sum + Number(detail['randomIvs']), 0)
    if (reserved < sealed) problems.push(`${sealed} random IVs were used, ${reserved} are counted`)
    await (await km.as(owner)).createKey({ algorithm: 'AES', name: 'afterwards' })
    return problems
  } catch (error) {
    return [error instanceof Error ? (error.stack ?? error.message) : String(error)]
  } finally {
    await km?.close()
  }
}

t.test('after a power cut', { skip: noShim }, async (t) => {
  const events = record(t)
  const kinds = new Set(events.map(({ kind }) => kind))
  t.ok(
    ['W', 'T', 'S', 'C', 'R', 'L', 'U', 'M'].every((kind) => kinds.has(kind as TraceEvent['kind'])),
    `${events.length} events of every kind`,
  )
  const place = quickDirectory(t)
  const counts = { cuts: 0 }
  const found: string[] = []
  let opened = 0
  const queue = states(events, counts)
  const worker = async () => {
    for (const state of queue) {
      const directory = join(place, String(++opened), 'store')
      lay(state.files, join(directory, '..'))
      const problems = await problemsOf(state, directory)
      found.push(...problems.map((problem) => `cut ${state.cut}, losing ${state.loss}: ${problem}`))
      rmSync(join(directory, '..'), { recursive: true })
    }
  }
  await Promise.all([worker(), worker()])
  t.strictSame(found.slice(0, 20), [], `seed ${seed}: nothing is lost`)
  t.ok(counts.cuts > 0.9 * wantedCuts, `${counts.cuts} cuts, ${opened} different states opened`)
})
