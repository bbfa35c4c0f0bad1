// What each npm script does. The modules behind are loaded when they are asked for: a warm `npm start` should not wait.

import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { root } from './process.mjs'
import { setUp } from './setup.mjs'

export default {
  async start(args) {
    await setUp()
    await become('lib/cli/main.js', ['serve', ...args])
  },
  async bench(args) {
    await setUp()
    const { bench } = await import('./bench.mjs')
    process.exitCode = await bench(args)
  },
  async example(args) {
    await setUp()
    await become('bench/example.js', args)
  },
  async build() {
    await setUp()
  },
  async test(args) {
    await setUp()
    const { test } = await import('./tests.mjs')
    conclude(await test(args))
  },
  async 'test:matrix'(args) {
    await setUp()
    const { testMatrix } = await import('./matrix.mjs')
    conclude(await testMatrix(args))
  },
  async 'test:sanitize'() {
    await setUp()
    const { testSanitized } = await import('./sanitize.mjs')
    conclude(await testSanitized())
  },
  async 'test:package'() {
    await setUp()
    const { testPackage } = await import('./check.mjs')
    conclude(await testPackage())
  },
  async fuzz(args) {
    const { fuzz } = await import('./fuzz.mjs')
    conclude(await fuzz(args))
  },
  async lint() {
    const { lint } = await import('./lint.mjs')
    conclude(await lint())
  },
  async format() {
    const { format } = await import('./lint.mjs')
    await format()
  },
  async check() {
    const { check } = await import('./check.mjs')
    conclude(await check())
  },
  async binary([to]) {
    await setUp()
    const { makeBinary } = await import('./binary.mjs')
    await makeBinary(to)
  },
  async reference() {
    await setUp()
    const { writePages } = await import('./reference.mjs')
    await writePages()
  },
  async conformance(args) {
    await setUp()
    await become('test/conformance/main.js', args)
  },
  async 'kmip-tables'() {
    const { writeKmipTables } = await import('./kmip_tables.mjs')
    writeKmipTables()
  },
  async prebuildify() {
    await setUp()
    const { prebuildify } = await import('./prebuild.mjs')
    await prebuildify()
  },
  async lock() {
    const { mendLock } = await import('./lock.mjs')
    for (const name of mendLock({ write: true })) console.log(`added ${name}`)
  },
}

/** Goes on as that program in this very process, so that signals and the exit code are its own. */
async function become(file, args) {
  const path = join(root, 'dist', file)
  process.argv.splice(1, Number.POSITIVE_INFINITY, path, ...args)
  process.setSourceMapsEnabled(true)
  await import(pathToFileURL(path))
}

/** The last line of every script that tests. */
function conclude({ passed, failed }) {
  console.log(`${passed} passed, ${failed} failed`)
  if (failed > 0) process.exitCode = 1
}
