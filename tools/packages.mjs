// node_modules, as the lock file has it. Install scripts stay off: what has to be compiled, these tools compile.

import { existsSync } from 'node:fs'
import { step } from './process.mjs'
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

/** The npm that started us, else the one on the path, as a command and its arguments. */
export function npm(...args) {
  const starter = process.env.npm_execpath ?? ''
  return starter.endsWith('npm-cli.js') && existsSync(starter)
    ? [process.execPath, [starter, ...args]]
    : ['npm', args]
}
