// The suite on every Node that Mortise supports: one add-on, one better-sqlite3 for each. Neither how things die nor what the
// package is made of depends on the Node, and both take long. Programs are started on the newest of those that are tried, besides
// the one that everything is tested on: what they are made of is tested on all.

import { lines, nodeOf } from './nodes.mjs'
import { test, testFiles } from './tests.mjs'

const independent = /^test\/(crash|90-package)\//
const programs = /^test\/(80-server|85-example)\//

export async function testMatrix(paths, on = lines) {
  const sum = { passed: 0, failed: 0 }
  for (const line of on) {
    const left = line === on.at(-1) ? [independent] : [independent, programs]
    const files =
      paths.length > 0 ? paths : testFiles().filter((file) => !left.some((some) => some.test(file)))
    const node = await nodeOf(line)
    console.log(`\nNode ${line}`)
    const { passed, failed } = await test(files, { node })
    sum.passed += passed
    sum.failed += failed
  }
  return sum
}
