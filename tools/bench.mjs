// What the benchmarks need beside the set-up of everything else: the limits, and another Node where it is asked for.

import { parseArgs } from 'node:util'
import { buildLimits } from './limits.mjs'
import { nodeOf } from './nodes.mjs'

/** Readies what the command line asks for, and returns the Node that is to run it. */
export async function nodeFor(args) {
  const { values } = parseArgs({ args, options: { node: { type: 'string' } }, strict: false })
  const node = 'node' in values ? await nodeOf(values.node) : process.execPath
  await buildLimits()
  return node
}
