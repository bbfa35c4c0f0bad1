// The suite on every Node that Mortise supports: one add-on, one better-sqlite3 for each. Neither how things die, nor what the
// package is made of, nor how a hundred thousand certificates are found, nor what the add-on computes, nor what KMIP's cases are
// answered with, nor who may do what with which key depends on the Node, and all take long. The newest runs all the rest, like the one
// that everything is tested on; those between them what rests on Node itself: memory, threads, databases, files, and what is typed.

import { lines, nodeOf } from './nodes.mjs'
import { test, testFiles } from './tests.mjs'

const independent =
  /^test\/(40-keys|50-access|crash|90-package)\/|^test\/(35-hsm\/(0[1-47]|27)|55-ca\/06|70-faces\/(62|66|67.kmip_patience|71|73|77|78|80|83|84|85|86|88|89|90|92))|^test\/00-native\/wycheproof/
const near = /^test\/(00-native|10-crypto|20-storage|30-barrier|45-core|golden)\/|^test\/80-server\/(01|13)/

export async function testMatrix(paths, on = lines) {
  const sum = { passed: 0, failed: 0 }
  for (const line of on) {
    const isRun = (file) => !independent.test(file) && (line === on.at(-1) || near.test(file))
    const files = paths.length > 0 ? paths : testFiles().filter(isRun)
    const node = await nodeOf(line)
    console.log(`\nNode ${line}`)
    const { passed, failed } = await test(files, { node })
    sum.passed += passed
    sum.failed += failed
  }
  return sum
}
