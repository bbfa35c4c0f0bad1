// Everything that a change must pass. A stage that breaks counts as a failed one, and the next goes on.

import { fuzz } from './fuzz.mjs'
import { lint } from './lint.mjs'
import { wish } from './machine.mjs'
import { testMatrix } from './matrix.mjs'
import { lines } from './nodes.mjs'
import { Failure } from './process.mjs'
import { testSanitized } from './sanitize.mjs'
import { setUp } from './setup.mjs'
import { test, testFiles } from './tests.mjs'

const thisLine = process.versions.node.split('.')[0]

/** The stage `faults` has all of what `npm test` takes samples of. */
const crash = 'test/crash/'

const stages = {
  lint: lint,
  test: async () => {
    await setUp()
    return await test(testFiles().filter((file) => !file.startsWith(crash)))
  },
  matrix: () =>
    testMatrix(
      [],
      lines.filter((line) => line !== thisLine),
    ),
  faults: testFaults,
  package: testPackage,
  sanitizers: testSanitized,
  fuzz: () => fuzz([]),
}

export async function check() {
  // Four Nodes get their better-sqlite3.
  await wish(['ccache'])
  const sum = { passed: 0, failed: 0 }
  const lengths = []
  for (const [name, stage] of Object.entries(stages)) {
    console.log(`\n=== ${name} ===`)
    const started = Date.now()
    const result = await stage().catch((error) => {
      console.log(error instanceof Failure ? error.message : error.stack)
      return { passed: 0, failed: 1 }
    })
    const minutes = ((Date.now() - started) / 60_000).toFixed(1)
    lengths.push(`${name}: ${result.passed} passed, ${result.failed} failed (${minutes} min)`)
    console.log(lengths.at(-1))
    sum.passed += result.passed
    sum.failed += result.failed
  }
  console.log(`\n${lengths.join('\n')}`)
  return sum
}

/** The package as its users get it, from the registry's packages and with the mending of better-sqlite3: some minutes. */
export async function testPackage() {
  const files = ['test/90-package/30.install.test.ts', 'test/90-package/40.binary.test.ts']
  return await test(files, { env: { MORTISE_TEST_INSTALL: '1' } })
}

/** Every call fails in turn, the power is cut a thousand times, a hundred processes are killed, a thousand workers come and go. */
async function testFaults() {
  await setUp()
  const env = {
    MORTISE_CRASH_APART: '1',
    MORTISE_CRASH_CUTS: '1000',
    MORTISE_CRASH_CYCLES: '100',
    MORTISE_CRASH_WORKERS: '1000',
  }
  return await test([crash], { env, seconds: 1500 })
}
