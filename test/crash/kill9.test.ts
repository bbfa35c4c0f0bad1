/**
 * A process under load is killed at a random time, again and again. Whatever it had acknowledged must be there
 * afterwards, and no nonce may come twice over all of its lives. MORTISE_CRASH_CYCLES sets how often (default 10).
 */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import t, { type Test } from 'tap'
import * as barrier from '../../lib/barrier/index.js'
import { backup } from '../../lib/core/backup/index.js'
import { catalogue } from '../../lib/core/catalogue.js'
import * as keyservice from '../../lib/core/keyservice/index.js'
import { type AuditEntry, isMortiseError, type KeyManager, type State } from '../../lib/index.js'
import { day } from '../support/clock.js'
import { KeyHouse } from '../support/key_house.js'
import { SoftHsm, softhsmIsThere } from '../support/softhsm.js'
import type { Fact } from './fact.js'
import { ask, tokenName } from './questions.js'

const cycles = Number(process.env['MORTISE_CRASH_CYCLES'] ?? 10)
const load = fileURLToPath(new URL('load.js', import.meta.url))
/** It is killed after one to so many changes: about twice everything that it does. */
const mostChanges = 230
const order: readonly State[] = ['PreActive', 'Active', 'Deactivated', 'Compromised', 'Destroyed']

/** What takes a token. */
const onTokens = ['Adopt', 'DestroyOnToken']

/** Whatever changes something or lets a key out. */
const changing = [...catalogue.values(), ...Object.values(barrier), ...Object.values(keyservice), backup]
  .filter((value) => typeof value === 'object' && 'durability' in value && value.durability === 'synced')
  .map((operation) => (operation as { readonly name: string }).name)
  .filter((name) => softhsmIsThere || !onTokens.includes(name))

/** A house with the token, where there can be one: the load finds it in its environment. */
const hsm = softhsmIsThere ? await SoftHsm.start(t, tokenName) : undefined
const build = (t: Test) => KeyHouse.build(t, hsm && { tokens: [hsm.token(tokenName)] })

/** Has the load run to its end, or until so many changes are acknowledged; what it had printed. */
async function acknowledged(house: KeyHouse, changes: number): Promise<Fact[]> {
  const whole = changes === Number.POSITIVE_INFINITY
  const args = [load, house.directory, house.rootKey, ...(whole ? ['once'] : [])]
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] })
  const ended = once(child, 'close')
  const facts: Fact[] = []
  let changed = 0
  for await (const line of createInterface(child.stdout)) {
    // The last line may have been cut short.
    if (!line.endsWith('}')) continue
    const fact: Fact = JSON.parse(line)
    facts.push(fact)
    if (fact.operation !== undefined && !fact.nonces && ++changed === changes)
      setTimeout(() => child.kill('SIGKILL'), Math.random() * 10)
  }
  const [code, signal] = await ended
  if (whole ? code !== 0 : signal !== 'SIGKILL') throw new Error(`it ended by itself: ${code ?? signal}`)
  return facts
}

/** What has succeeded in chains that are not known yet, which are known then. */
async function newRecords(km: KeyManager, known: Set<string>): Promise<AuditEntry[]> {
  const found: AuditEntry[] = []
  for (let before: number | null | undefined; before !== null; ) {
    const page = await km.asHost().audit({ limit: 1000, ...(before !== undefined && { before }) })
    const fresh = page.records.filter(({ chain }) => !known.has(chain))
    found.push(...fresh)
    before = fresh.length < page.records.length ? null : page.cursor
  }
  for (const { chain } of found) known.add(chain)
  return found.filter(({ outcome }) => outcome === 'success')
}

/** A store that is worked on and killed, and what is known of it. */
class Witness {
  readonly house: KeyHouse
  /** Of keys by their names. */
  readonly #ids = new Map<string, string>()
  readonly #nonces = new Set<string>()
  readonly #chains = new Set<string>()
  /** Keys that are to be rotated or destroyed on a day. */
  readonly #due = { rotated: new Set<string>(), doomed: new Set<string>() }

  constructor(house: KeyHouse) {
    this.house = house
  }

  async begin(): Promise<void> {
    const ann = await this.house.as('ann')
    await this.house.administrator()
    for (const [name, length] of [
      ['long', 256],
      ['short', 128],
    ] as const) {
      this.#ids.set(name, (await ann.createKey({ algorithm: 'AES', length, name })).id)
    }
    await newRecords(this.house.km, this.#chains)
    await this.house.close()
  }

  /** What of the facts is not so. */
  async lost(facts: readonly Fact[]): Promise<string[]> {
    const lost = facts.flatMap(({ nonces = [] }) => nonces).filter((nonce) => !this.#isNew(nonce))
    const km = await this.#open(facts)
    const trail = await newRecords(km, this.#chains)
    const problems = [
      ...lost.map((nonce) => `nonce ${nonce} came twice`),
      ...this.#unrecorded(facts, trail),
      ...(await wrongStates(km, facts)),
      ...(await wrongAnswers(km, facts)),
    ]
    for (const { answer } of facts) {
      const [[what, key = ''] = [], so] = answer ?? []
      if (what === 'rotated' || what === 'doomed') this.#due[what][so ? 'add' : 'delete'](key)
    }
    await km.close()
    return problems
  }

  /** What is wrong in the end: with what is due on a day, once it has come, and with the audit trail. */
  async damage(): Promise<unknown[]> {
    const km = await this.house.open({ clock: { now: () => Date.now() + 31 * day }, scheduler: false })
    await km.runDueJobs()
    const host = km.asHost()
    const forgotten: string[] = []
    for (const key of this.#due.rotated)
      if ((await host.get(key)).links.replacement === null) forgotten.push(`${key} was not rotated`)
    for (const key of this.#due.doomed)
      if ((await host.get(key)).state !== 'Destroyed') forgotten.push(`${key} was not destroyed`)
    const { problems } = await km.verifyAudit()
    await km.close()
    return [...forgotten, ...problems]
  }

  #isNew(nonce: string): boolean {
    return this.#nonces.size < this.#nonces.add(nonce).size
  }

  /** With the old root key or the new one, where a rotation was under way. */
  async #open(facts: readonly Fact[]): Promise<KeyManager> {
    const roots = facts.findLast((fact) => fact.roots)?.roots ?? [this.house.rootKey]
    for (const [i, root] of roots.entries()) {
      this.house.rootKey = root
      try {
        return await this.house.open()
      } catch (error) {
        if (i === roots.length - 1 || !isMortiseError(error, 'MORTISE_BARRIER_WRONG_ROOT_KEY')) throw error
      }
    }
    throw new Error('there is no root key')
  }

  /** Operations of which the trail has fewer than were acknowledged. */
  #unrecorded(facts: readonly Fact[], trail: readonly AuditEntry[]): string[] {
    const recorded = countOf(trail.flatMap(({ operation, object }) => [operation, `${operation} ${object}`]))
    const wanted = countOf(
      facts.flatMap(({ operation, key }) => {
        if (operation === undefined) return []
        return [key === undefined ? operation : `${operation} ${this.#ids.get(key) ?? key}`]
      }),
    )
    return [...wanted].flatMap(([what, count]) => {
      const present = recorded.get(what) ?? 0
      return present < count ? [`${count} times ${what}, of which ${present} are recorded`] : []
    })
  }
}

function countOf(texts: readonly string[]): Map<string, number> {
  const counts = new Map<string, number>()
  for (const text of texts) counts.set(text, (counts.get(text) ?? 0) + 1)
  return counts
}

async function wrongStates(km: KeyManager, facts: readonly Fact[]): Promise<string[]> {
  const states = new Map<string, State>()
  for (const { key, state, replacement } of facts) {
    if (state && key !== undefined) states.set(key, state)
    if (replacement !== undefined) states.set(replacement, 'Active')
  }
  const administrator = await km.as('root')
  const wrong = await Promise.all(
    [...states].map(async ([key, state]) => {
      const now = await administrator.get(key).catch((error) => error)
      // What was under way when it was killed may have happened as well.
      const kept = order.indexOf(now.state) >= order.indexOf(state)
      return kept ? [] : [`${key} was ${state}, is ${now.state ?? now}`]
    }),
  )
  return wrong.flat()
}

async function wrongAnswers(km: KeyManager, facts: readonly Fact[]): Promise<string[]> {
  const answers = new Map<string, NonNullable<Fact['answer']>>()
  for (const { answer } of facts) if (answer) answers.set(answer[0].join(' '), answer)
  const wrong: string[] = []
  for (const [question, answer] of answers.values()) {
    if (answer === null) continue
    const now = await ask(km, question).catch((error) => String(error))
    if (now !== answer) wrong.push(`${question.join(' ')} was ${answer}, is ${now}`)
  }
  return wrong
}

t.test('the load does everything that changes something', async (t) => {
  const witness = new Witness(await build(t))
  await witness.begin()
  const facts = await acknowledged(witness.house, Number.POSITIVE_INFINITY)
  const done = new Set(facts.map(({ operation }) => operation))
  t.ok(changing.length > 53)
  t.strictSame(
    changing.filter((name) => !done.has(name)),
    [],
    'an operation that is new goes into test/crash/load.ts',
  )
  t.strictSame(await witness.lost(facts), [])
  t.strictSame(await witness.damage(), [])
})

t.test(`${cycles} times killed under load`, async (t) => {
  const witness = new Witness(await build(t))
  await witness.begin()
  let sum = 0
  for (let cycle = 1; cycle <= cycles; cycle++) {
    const facts = await acknowledged(witness.house, 1 + Math.floor(Math.random() * mostChanges))
    sum += facts.length
    t.strictSame(await witness.lost(facts), [], `cycle ${cycle}: nothing of ${facts.length} facts is lost`)
  }
  t.strictSame(await witness.damage(), [], 'the audit trail is whole')
  t.ok(sum > cycles, `${sum} facts were acknowledged`)
})
