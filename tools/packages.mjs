// node_modules, as the lock file has it. Install scripts stay off: what has to be compiled, these tools compile.

import { existsSync, mkdirSync, renameSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { root, step } from './process.mjs'
import { fingerprint, isStamped, stamp } from './stamp.mjs'

const stampFile = 'node_modules/.mortise-stamp'

export async function installPackages() {
  const print = fingerprint(['package-lock.json'])
  if (isStamped(stampFile, print)) return
  await step(
    'installing packages (npm ci)',
    ...npm('ci', '--ignore-scripts', '--no-audit', '--no-fund', '--loglevel=error'),
  )
  stamp(stampFile, print)
}

/**
 * A package that is no dependency, fetched from npm into .cache once, with what it needs.
 *
 * @returns where it lies
 */
export async function fetchPackage(name, version, called = name) {
  const folder = join(root, '.cache', `${called}-${version}`)
  if (!existsSync(folder)) {
    const fresh = `${folder}.new`
    rmSync(fresh, { recursive: true, force: true })
    mkdirSync(fresh, { recursive: true })
    const flags = ['--prefix', fresh, '--ignore-scripts', '--no-audit', '--no-fund', '--loglevel=error']
    await step(`fetching ${called} ${version} from npm`, ...npm('install', ...flags, `${name}@${version}`))
    renameSync(fresh, folder)
  }
  return join(folder, 'node_modules', name)
}

/** The npm that started us, else the one on the path, as a command and its arguments. */
export function npm(...args) {
  const starter = process.env.npm_execpath ?? ''
  return starter.endsWith('npm-cli.js') && existsSync(starter)
    ? [process.execPath, [starter, ...args]]
    : ['npm', args]
}
