// The suite on every Node that Mortise supports: one add-on, one better-sqlite3 for each. Neither how things die nor what the
// package is made of depends on the Node, and both take long.

import { lines, nodeOf } from './nodes.mjs'
import { test, testFiles } from './tests.mjs'

const independent = /^test\/(crash|90-package)\//

export async function testMatrix(paths, on = lines) {
  const sum = { passed: 0, failed: 0 }
  const files = paths.length > 0 ? paths : testFiles().filter((file) => !independent.test(file))
  for (const line of on) {
    const node = await nodeOf(line)
    console.log(`\nNode ${line}`)
    const { passed, failed } = await test(files, { node })
    sum.passed += passed
    sum.failed += failed
  }
  return sum
}
