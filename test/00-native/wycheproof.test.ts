/** Every file of Wycheproof, each test of it: what is valid is accepted, what is invalid refused. */
import { readdirSync, readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import t from 'tap'
import { packageRoot } from './support.js'
import { acceptable, exceptions } from './wycheproof/acceptable.js'
import { agreements } from './wycheproof/agreement.js'
import { derivation } from './wycheproof/derivation.js'
import { rsa } from './wycheproof/rsa.js'
import {
  type Case,
  type File,
  type Group,
  isRefusal,
  type Runner,
  type Runners,
} from './wycheproof/runner.js'
import { signatures } from './wycheproof/signatures.js'
import { symmetric } from './wycheproof/symmetric.js'

// The files of agreement have thousands of tests.
t.setTimeout(300_000)

const runners: Runners = { ...symmetric, ...derivation, ...signatures, ...rsa, ...agreements }

/** By the name of the schema: why nothing here has anything to do with it. */
const foreign: Readonly<Record<string, string>> = {
  rsaes_pkcs1_decrypt_schema_v1: 'RSA decrypts with OAEP alone: PKCS#1 v1.5 invites Bleichenbacher’s attack',
  primality_test_schema_v1:
    'no number is tested for being prime but the factors of an RSA key, beside all that must fit them',
}

const folder = join(
  process.env['MORTISE_VECTORS'] ?? resolve(packageRoot(), '../shared/vectors'),
  'wycheproof',
)

function names(): string[] {
  try {
    return readdirSync(folder).filter((name) => name.endsWith('.json'))
  } catch {
    return []
  }
}

const all = names()
t.test('there are vectors', { skip: all.length === 0 && `there are none in ${folder}` }, async (t) => {
  t.ok(all.length > 100, `${all.length} files`)
})

for (const name of all) {
  t.test(name, async (t) => {
    const file: File = JSON.parse(readFileSync(join(folder, name), 'utf8'))
    const schema = file.schema.replace(/\.json$/, '')
    const reason = foreign[schema]
    if (reason !== undefined) return t.comment(`not used: ${reason}`)
    const runner = runners[schema] as Runner<Case> | undefined
    if (runner === undefined) return t.fail(`nobody has decided what becomes of ${schema}`)

    const counts: Record<string, number> = {}
    for (const [group, test] of testsOf(file)) {
      const [expected, why] = expectation(runner, file, name, group, test)
      const accepted = await isAccepted(runner, file, group, test)
      counts[why] = (counts[why] ?? 0) + 1
      if (accepted !== expected) {
        const is = accepted ? 'accepted' : 'refused'
        t.fail(`${test.tcId} ${test.comment} [${test.flags}]: ${test.result}, and ${is} (${why})`)
      }
    }
    const told = Object.entries(counts).map(([why, count]) => `${count} ${why}`)
    t.pass(`${name}: ${told.join(', ')}`)
  })
}

function* testsOf(file: File): Generator<[Group, Case]> {
  for (const group of file.testGroups) for (const test of group.tests) yield [group, test]
}

/** Whether a test is to be accepted, and for what reason. */
function expectation(
  runner: Runner<Case>,
  { algorithm }: File,
  name: string,
  group: Group,
  test: Case,
): [boolean | undefined, string] {
  const exception = exceptions[name]?.[test.tcId]
  if (exception !== undefined) return [exception, 'exception']
  const limit = runner.outside?.(group, test, algorithm)
  if (limit !== undefined) return [false, `refused: ${limit}`]
  if (test.result === 'valid') return [true, 'valid accepted']
  if (test.result === 'invalid') return [false, 'invalid refused']
  return [acceptable(name, test), 'acceptable decided']
}

async function isAccepted(runner: Runner<Case>, { algorithm }: File, group: Group, test: Case) {
  try {
    return await runner.accepts(group, test, algorithm)
  } catch (error) {
    if (isRefusal(error)) return false
    throw error
  }
}
