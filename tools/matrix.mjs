// The whole suite on every Node that Mortise supports: one add-on, one better-sqlite3 for each.

import { lines, nodeOf } from './nodes.mjs'
import { buildSqlite } from './sqlite.mjs'
import { test } from './tests.mjs'

/** What dies and how does not depend on the Node: a few of each show that the tests run. */
const env = { MORTISE_CRASH_APART: '60', MORTISE_CRASH_CUTS: '50', MORTISE_CRASH_CYCLES: '5' }

export async function testMatrix(paths, on = lines) {
  const sum = { passed: 0, failed: 0 }
  for (const line of on) {
    const node = await nodeOf(line)
    await buildSqlite(node)
    console.log(`\nNode ${line}`)
    const { passed, failed } = await test(paths, { node, env })
    sum.passed += passed
    sum.failed += failed
  }
  return sum
}
