// Style, architecture, types and dead code.

import { mendLock } from './lock.mjs'
import { installPackages } from './packages.mjs'
import { root, run, show } from './process.mjs'

const checks = {
  'style and format (biome)': ['@biomejs/biome/bin/biome', 'check', '--error-on-warnings'],
  'imports (dependency-cruiser)': [
    'dependency-cruiser/bin/dependency-cruise.mjs',
    '--config=.dependency-cruiser.cjs',
    'lib',
    'test',
    'bench',
  ],
  'types (tsc)': ['typescript/bin/tsc', '--noEmit', '--incremental', 'false'],
  'dead code (knip)': ['knip/bin/knip.js', '--no-progress'],
}

export async function lint() {
  await installPackages()
  const sum = { passed: 0, failed: 0 }
  const conclude = (name, passed, output) => {
    console.log(`${passed ? 'ok    ' : 'FAILED'} ${name}`)
    if (!passed) console.log(output)
    sum[passed ? 'passed' : 'failed'] += 1
  }
  for (const [name, [script, ...args]] of Object.entries(checks)) {
    const child = await run(process.execPath, [`${root}node_modules/${script}`, ...args])
    conclude(name, child.code === 0, child.output)
  }
  const missing = mendLock({ write: false })
  conclude(
    'lock file',
    missing.length === 0,
    `incomplete, run \`npm run lock\`: it lacks ${missing.join(', ')}`,
  )
  return sum
}

export async function format() {
  await installPackages()
  process.exitCode = show(process.execPath, [
    `${root}node_modules/@biomejs/biome/bin/biome`,
    'check',
    '--write',
  ])
}
