// Our own add-on: Node-API 9, so that one build serves every Node.

import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { compiler, need, nodeGyp } from './machine.mjs'
import { root, step } from './process.mjs'
import { fingerprint, isStamped, stamp } from './stamp.mjs'

const stampFile = 'build/Release/.mortise-stamp'

/** What the add-on is made from; tests and fuzz targets are not part of it. */
export const addonSources = ['binding.gyp', 'native', 'package-lock.json']

export async function buildAddon() {
  const print = fingerprint(addonSources)
  if (isStamped(stampFile, print) && existsSync(join(root, 'build/Release/mortise.node'))) return
  await need(compiler)
  const { args, env } = nodeGyp(process.execPath, 'configure', 'build', '--release')
  await step('compiling the add-on', process.execPath, args, { env: { ...env, JOBS: 'max' } })
  stamp(stampFile, print)
}
