/**
 * What runs under the shim while it traces: `node traced.js DIRECTORY PART`. Marks in the trace say what was begun and what
 * was acknowledged.
 */
import { closeSync, openSync, writeSync } from 'node:fs'
import { type KeyManager, openKeyManager } from '../../lib/index.js'
import { firstStart } from '../../lib/server/first_start.js'
import { encodeMark, type Mark } from './trace.js'
import { owner, password, type StepName, step } from './world.js'

const [directory = '', part = ''] = process.argv.slice(2)
const trace = openSync(process.env['MORTISE_FAULTS_TRACE'] ?? '', 'a')
const mark = (one: Mark) => writeSync(trace, encodeMark(one))

/** Numbers of steps differ between the parts. */
let number = Number(part) * 1_000_000

async function take(km: KeyManager, name: StepName, ...args: [string, number?]): Promise<void> {
  const mine = ++number
  mark({ begun: mine, step: [name, ...args.map(String)] })
  await step[name](...args).work(await km.as(owner))
  mark({ done: mine })
}

/** So many encryptions with a random IV each, some at a time. */
async function seal(km: KeyManager, key: string, count: number): Promise<void> {
  const session = await km.as(owner)
  for (let sealed = 0; sealed < count; sealed += 50) {
    await Promise.all(Array.from({ length: 50 }, () => session.encrypt(key, Buffer.from('data'))))
    mark({ sealed: 50 })
  }
}

async function churn(km: KeyManager, prefix: string, lives: number): Promise<void> {
  const live = async (name: string) => {
    await take(km, 'create', name)
    await take(km, 'encrypt', name)
    await take(km, 'rekey', name)
    await take(km, 'grant', name)
    await take(km, 'revoke', name)
    await take(km, 'destroy', name)
  }
  await Promise.all(Array.from({ length: lives }, (_, i) => live(`${prefix} ${i}`)))
}

const km = await openKeyManager({ directory })
if (part === '1') {
  await firstStart(km, directory, password)
  mark({ firstStart: true })
  await km.ensurePrincipal({ name: owner })
  await take(km, 'create', 'short', 128)
  await take(km, 'prepare', 'mac')
  await take(km, 'encrypt', 'short')
  mark({ sealed: 1 })
  await take(km, 'activate', 'mac')
  await take(km, 'revoke', 'mac')
  await take(km, 'destroy', 'mac')
  await churn(km, 'first', 4)
  await seal(km, 'short', 1100)
  await km.close()
  closeSync(trace)
} else {
  await churn(km, `part ${part}`, 12)
  await seal(km, 'short', 100)
  await churn(km, `part ${part} again`, 24)
  // It ends without closing: the next part begins with the log that this one leaves.
  process.exit(0)
}
