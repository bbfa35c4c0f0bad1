/**
 * What runs under the shim: a short life of a store, once for each call that is to fail, and a look at what is left of
 * it. `node faulty.js ROOT STORY FAULT N...` prints a line of JSON for each N.
 */
import { mkdirSync, rmSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import { isMortiseError, type KeyManager, openKeyManager } from '../../lib/index.js'
import { firstStart } from '../../lib/server/first_start.js'
import type { FaultyRun } from './fact.js'
import { ShimControl } from './shim.js'
import { owner, Possible, password, type Step, step, trailOf } from './world.js'

const shim = new ShimControl()

/** One after another, but those of a row at once. */
const steps: readonly (readonly Step[])[] = [
  [step.create('long')],
  [step.create('short', 128), step.prepare('mac')],
  [step.encrypt('long')],
  [step.encrypt('short')],
  [step.activate('mac'), step.rekey('long'), step.grant('short')],
  [step.lease('short')],
  [step.revoke('mac'), step.withdraw('short'), step.create('more'), step.create('most')],
  [step.destroy('mac'), step.rekey('short')],
]

class Story {
  readonly possible = new Possible()
  readonly problems: string[] = []
  /** Codes of the errors, in order. */
  readonly errors: string[] = []

  /** Whether it succeeded. Anything but a MortiseError is a problem. */
  async tell(title: string, work: () => Promise<unknown>): Promise<boolean> {
    try {
      await work()
      return true
    } catch (error) {
      this.errors.push(isMortiseError(error) ? error.code : String(error))
      if (!isMortiseError(error) || error.code === 'MORTISE_INTERNAL')
        this.problems.push(`${title}: ${error instanceof Error ? error.stack : error}`)
      return false
    }
  }

  async step(km: KeyManager, one: Step): Promise<void> {
    let begun = false
    const done = await this.tell(one.name, async () => {
      const session = await km.as(owner)
      begun = true
      await one.work(session)
    })
    if (done) this.possible.done(one)
    else if (begun) this.possible.perhapsDone(one)
  }
}

/** The life of keys from the first start on. */
async function keys(directory: string, story: Story, beginFaults: () => void): Promise<void> {
  let km: KeyManager | undefined
  beginFaults()
  await story.tell('open', async () => {
    km = await openKeyManager({ directory })
  })
  if (!km) return
  const opened = km
  await story.tell('principal', () => opened.ensurePrincipal({ name: owner }))
  for (const row of steps) await Promise.all(row.map((one) => story.step(opened, one)))
  await story.tell('close', () => opened.close())
}

/** The first start of a server, which also leaves files. How a store is made is part of the other story. */
async function server(directory: string, story: Story, beginFaults: () => void): Promise<void> {
  const km = await openKeyManager({ directory })
  beginFaults()
  await story.tell('first start', () => firstStart(km, directory, password))
  await story.tell('close', () => km.close())
}

const stories = { keys, server } as const

/** Opens what is left without a fault. */
async function verify(directory: string, story: Story, name: keyof typeof stories): Promise<void> {
  const km = await openKeyManager({ directory })
  try {
    story.problems.push(...(await story.possible.problems(km, await trailOf(km))))
    if (name === 'server') await firstStart(km, directory, password)
    const ann = await km.as(owner)
    await ann.createKey({ algorithm: 'AES', name: 'afterwards' })
  } finally {
    await km.close()
  }
}

const [root = '', name = 'keys', fault = '', ...numbers] = process.argv.slice(2) as [
  string,
  keyof typeof stories,
]
for (const n of numbers) {
  const story = new Story()
  const directory = join(root, `run-${n}`)
  mkdirSync(directory)
  await stories[name](directory, story, () => shim.command(fault.replace('N', n)))
  const calls = shim.command('off')
  try {
    await verify(directory, story, name)
  } catch (error) {
    story.problems.push(`afterwards: ${error instanceof Error ? error.stack : error}`)
  }
  rmSync(directory, { recursive: true })
  const run: FaultyRun = { n: Number(n), calls, errors: story.errors, problems: story.problems }
  writeSync(1, `${JSON.stringify(run)}\n`)
}
shim.close()
