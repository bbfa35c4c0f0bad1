// better-sqlite3 is compiled for one ABI of Node. Each build lies where `bindings` looks for that ABI, so that several
// Nodes use one node_modules; and is kept, because it takes a minute and npm ci throws it away.

import { existsSync, readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { copyWhole } from './kept.mjs'
import { compiler, isProgram, need, nodeGyp } from './machine.mjs'
import { root, run, step } from './process.mjs'

const folder = join(root, 'node_modules/better-sqlite3')

export async function buildSqlite(node = process.execPath) {
  const abi = node === process.execPath ? process.versions.modules : await abiOf(node)
  const name = `node-v${abi}-${process.platform}-${process.arch}`
  const place = join(folder, 'lib/binding', name, 'better_sqlite3.node')
  if (!existsSync(place)) {
    const { version } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'))
    const kept = join(root, '.cache', `better-sqlite3-${version}`, `${name}.node`)
    if (!existsSync(kept)) copyWhole(await compile(node), kept)
    copyWhole(kept, place)
  }
  // A build in here would be loaded first, whichever Node it was made for.
  rmSync(join(folder, 'build'), { recursive: true, force: true })
}

async function compile(node) {
  const built = join(folder, 'build/Release/better_sqlite3.node')
  if (!(await loads(node, built))) {
    await need(compiler)
    const { args, env } = nodeGyp(node, 'rebuild', '--release')
    await step('compiling better-sqlite3 (about a minute)', node, args, {
      cwd: folder,
      env: { ...env, ...compilerCache() },
    })
  }
  return built
}

/** SQLite itself, which takes most of the time, is the same for every Node. */
function compilerCache() {
  if (!isProgram('ccache')) return {}
  return { CC: 'ccache gcc', CXX: 'ccache g++', CCACHE_DIR: join(root, '.cache/ccache') }
}

async function loads(node, path) {
  return (
    existsSync(path) &&
    (await run(node, ['-e', `process.dlopen({ exports: {} }, ${JSON.stringify(path)})`])).code === 0
  )
}

async function abiOf(node) {
  return (await run(node, ['-p', 'process.versions.modules'])).stdout.trim()
}
