import assert from 'node:assert/strict'
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { type KeyManager, openKeyManager, type Session } from '../lib/index.js'
import { fill } from './fill.js'
import type { Contest } from './harness/index.js'
import { benchName } from './peers/raw_store.js'

/** The store that is compared with. */
const small = 1000

/** What the same calls cost in a store of many objects and in one of a thousand, and how long each takes to start. */
export async function scale(
  contest: (contest: Contest) => Promise<void>,
  directory: string,
  objects: number,
): Promise<void> {
  const many = await Filled.make(join(directory, 'many'), objects)
  const few = await Filled.make(join(directory, 'few'), small)
  const peerName = `the same in a store of ${small.toLocaleString('en-US')} objects`

  await contest({
    name: 'scale/create',
    unit: 'creates/s',
    ours: { work: () => many.create() },
    peer: { work: () => few.create() },
    peerName,
    check: async () => {
      for (const store of [many, few]) assert.equal(await store.locate(await store.create()), 1)
    },
  })
  await contest({
    name: 'scale/locate',
    unit: 'locates/s',
    ours: { work: () => many.locate() },
    peer: { work: () => few.locate() },
    peerName,
    check: async () => {
      assert.ok(many.names.length >= objects)
      for (const store of [many, few]) assert.equal(await store.locate(), 1)
    },
  })

  const starts = [new Starts(many.directory), new Starts(few.directory)] as const
  for (const store of [many, few]) await store.close()
  await contest({
    name: 'scale/start',
    unit: 'starts/s',
    ours: { work: () => starts[0].start() },
    peer: { work: () => starts[1].start() },
    peerName,
    limit: 1 / 2,
    limitName: '2 s',
    check: async () => {
      for (const one of starts) assert.equal(await one.start(), 1)
    },
  })
  for (const one of starts) await one.stop()
}

/** A store with so many keys of one owner, each as Mortise makes them. */
class Filled {
  readonly directory: string
  readonly names: string[]
  readonly #manager: KeyManager
  readonly #session: Session

  private constructor(directory: string, names: string[], manager: KeyManager, session: Session) {
    this.directory = directory
    this.names = names
    this.#manager = manager
    this.#session = session
  }

  static async make(directory: string, objects: number): Promise<Filled> {
    const first = await openKeyManager({ directory })
    await first.ensurePrincipal({ name: 'bench' })
    const template = await (await first.as('bench')).createKey({ algorithm: 'AES', name: benchName() })
    await first.close()
    // In their order, so that the index of names grows at its end; those that come later fall anywhere.
    const names = Array.from({ length: objects }, benchName).sort()
    await fill(directory, template.id, names)
    const manager = await openKeyManager({ directory })
    return new Filled(directory, names, manager, await manager.as('bench'))
  }

  async create(): Promise<1> {
    const name = benchName()
    await this.#session.createKey({ algorithm: 'AES', length: 256, name })
    this.names.push(name)
    return 1
  }

  /** How many bear one of the names. */
  async locate(last?: number): Promise<number> {
    const at = last === undefined ? Math.floor(Math.random() * this.names.length) : this.names.length - last
    return (await this.#session.locate({ name: this.names[at] as string })).items.length
  }

  close(): Promise<void> {
    return this.#manager.close()
  }
}

/** Processes that start on a directory one after another, each killed when it is ready: the next finds it unclean. */
class Starts {
  readonly #directory: string
  #last: ChildProcess | undefined

  constructor(directory: string) {
    this.#directory = directory
  }

  async start(): Promise<1> {
    await this.stop()
    const program = fileURLToPath(new URL('start.js', import.meta.url))
    const child = spawn(process.execPath, [program, this.#directory], {
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    this.#last = child
    const [text] = await once(child.stdout, 'data')
    assert.equal(String(text), 'ready\n')
    return 1
  }

  async stop(): Promise<void> {
    const child = this.#last
    this.#last = undefined
    if (!child) return
    const ended = once(child, 'exit')
    child.kill('SIGKILL')
    await ended
  }
}
