/**
 * A process under load is killed at a random time, again and again. Whatever it had acknowledged must be there
 * afterwards, and no nonce may come twice over all of its lives. MORTISE_CRASH_CYCLES sets how often (default 20).
 */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import t from 'tap'
import {
  type AuditEntry,
  isMortiseError,
  type KeyManager,
  type Session,
  type State,
} from '../../lib/index.js'
import { KeyHouse } from '../support/key_house.js'
import type { Fact, Question } from './fact.js'

const cycles = Number(process.env['MORTISE_CRASH_CYCLES'] ?? 20)
const load = fileURLToPath(new URL('load.js', import.meta.url))
const order: readonly State[] = ['PreActive', 'Active', 'Deactivated', 'Compromised', 'Destroyed']

/** Lets it work for so many milliseconds, kills it, and returns what it had printed. */
async function killed(house: KeyHouse, milliseconds: number): Promise<Fact[]> {
  const child = spawn(process.execPath, [load, house.directory, house.rootKey], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  let text = ''
  child.stdout.setEncoding('utf8').on('data', (chunk: string) => {
    text += chunk
  })
  await once(child.stdout, 'data')
  setTimeout(() => child.kill('SIGKILL'), milliseconds)
  const [, signal] = await once(child, 'close')
  if (signal !== 'SIGKILL') throw new Error('it ended before it was killed')
  // The last line may have been cut short.
  return text
    .slice(0, text.lastIndexOf('\n'))
    .split('\n')
    .map((line) => JSON.parse(line))
}

/** Whether something is so now. */
async function ask(km: KeyManager, [what, about]: Question): Promise<boolean> {
  if (what === 'enabled') return (await km.asHost().getPrincipal(about)).enabled
  if (what === 'doomed') return (await (await km.as('ann')).get(about)).destroyAt !== null
  if (what === 'granted') return (await (await km.as('ann')).grants(about)).length > 0
  try {
    await km.authenticate({ token: about }, { face: 'test', request: 'one' })
    return true
  } catch (error) {
    if (isMortiseError(error, 'MORTISE_AUTH_REQUIRED')) return false
    throw error
  }
}

/** The records that were written since a time. */
async function trailSince(administrator: Session, time: number): Promise<AuditEntry[]> {
  const found: AuditEntry[] = []
  for (let before: number | undefined; ; ) {
    const page = await administrator.audit({ limit: 1000, ...(before !== undefined && { before }) })
    found.push(...page.records.filter((record) => record.time >= time))
    if (page.cursor === null || (page.records.at(-1)?.time ?? 0) < time) return found
    before = page.cursor
  }
}

t.test(`${cycles} times killed under load`, async (t) => {
  const house = await KeyHouse.build(t)
  const ann = await house.as('ann')
  await house.administrator()
  const ids = new Map<string, string>()
  for (const [name, length] of [
    ['long', 256],
    ['short', 128],
  ] as const) {
    ids.set(name, (await ann.createKey({ algorithm: 'AES', length, name })).id)
  }
  const nonces = new Set<string>()
  const operations = new Set<string>()
  let facts = 0
  for (let cycle = 1; cycle <= cycles; cycle++) {
    const started = Date.now()
    const acknowledged = await killed(house, 50 + Math.random() * 350)
    facts += acknowledged.length
    const km = await house.open()
    const administrator = await house.administrator(km)
    const trail = await trailSince(administrator, started)

    const lost: string[] = []
    const states = new Map<string, State>()
    const answers = new Map<string, NonNullable<Fact['answer']>>()
    const counts = new Map<string, number>()
    for (const fact of acknowledged) {
      for (const nonce of fact.nonces ?? []) {
        if (nonces.has(nonce)) lost.push(`nonce ${nonce} came twice`)
        nonces.add(nonce)
      }
      if (fact.answer) answers.set(fact.answer[0].join(' '), fact.answer)
      if (fact.operation !== undefined) operations.add(fact.operation)
      if (fact.operation === undefined && fact.key === undefined) continue
      if (fact.state && fact.key !== undefined) states.set(fact.key, fact.state)
      if (fact.replacement) states.set(fact.replacement, 'Active')
      // A lease is recorded when it is opened, not with each batch.
      if (fact.operation === undefined || fact.operation === 'open') continue
      const what = `${fact.operation} ${fact.key === undefined ? null : (ids.get(fact.key) ?? fact.key)}`
      counts.set(what, fact.operation === 'OpenCipher' ? 1 : (counts.get(what) ?? 0) + 1)
    }
    const recorded = new Map<string, number>()
    for (const { operation, object, outcome } of trail) {
      const what = `${operation} ${object}`
      if (outcome === 'success') recorded.set(what, (recorded.get(what) ?? 0) + 1)
    }
    for (const [what, count] of counts) {
      if ((recorded.get(what) ?? 0) < count)
        lost.push(`${count} ${what}, of which ${recorded.get(what) ?? 0} recorded`)
    }
    await Promise.all(
      [...states].map(async ([key, state]) => {
        const now = await administrator.get(key).catch((error) => error)
        // What was under way when it was killed may have happened as well.
        if (!(order.indexOf(now.state) >= order.indexOf(state)))
          lost.push(`${key} was ${state}, is ${now.state ?? now}`)
      }),
    )
    for (const [question, answer] of answers.values()) {
      if (answer === null) continue
      const now = await ask(km, question)
      if (now !== answer) lost.push(`${question.join(' ')} was ${answer}, is ${now}`)
    }
    t.strictSame(lost, [], `cycle ${cycle}: nothing of ${acknowledged.length} facts is lost`)
    t.strictSame((await km.verifyAudit()).problems, [], `cycle ${cycle}: the audit trail is whole`)
    await km.close()
  }
  t.ok(facts > cycles, `${facts} facts were acknowledged, ${nonces.size} nonces drawn`)
  if (cycles >= 20) {
    const all = [
      'Create',
      'CreateKeyPair',
      'Register',
      'Activate',
      'Rekey',
      'Revoke',
      'Destroy',
      'CancelDestroy',
    ]
    const others = [
      'Grant',
      'Withdraw',
      'CreatePrincipal',
      'SetPrincipal',
      'SetPassword',
      'CreateToken',
      'RevokeToken',
    ]
    for (const one of [...all, ...others]) t.ok(operations.has(one), `${one} was among them`)
  }
})
