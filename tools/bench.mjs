// Benchmarks: with the limits, on another Node where it is asked for.

import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { buildLimits } from './limits.mjs'
import { need } from './machine.mjs'
import { nodeOf } from './nodes.mjs'
import { root, show } from './process.mjs'

/**
 * The C library keeps memory that is freed. Otherwise it comes and goes with the garbage of a peer that allocates a megabyte a
 * record, and each page of it is a fault: on a virtual machine that alone makes such a peer ten times slower.
 */
const keepsMemory = { MALLOC_TRIM_THRESHOLD_: String(2 ** 32), MALLOC_MMAP_THRESHOLD_: String(2 ** 25) }

/** Debian packages of peers, and the suites that they are needed for. */
const peers = { 'golang-cfssl': 'ca', 'python3-pykmip': 'kmip', softhsm2: 'pkcs11' }

/** Returns the exit code. */
export async function bench(args) {
  const { values, positionals } = parseArgs({ args, options: { node: { type: 'string' } }, strict: false })
  const node = 'node' in values ? await nodeOf(values.node) : process.execPath
  const measured = (suite) => positionals.length === 0 || positionals.includes(suite)
  if (!values.help) await need(Object.keys(peers).filter((name) => measured(peers[name])))
  await buildLimits()
  const program = join(root, 'dist/bench/main.js')
  return show(node, ['--enable-source-maps', program, ...args], { env: keepsMemory })
}
