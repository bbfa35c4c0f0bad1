// The add-on as the package carries it: stripped, for this platform, found by node-gyp-build.

import { rmSync } from 'node:fs'
import { join } from 'node:path'
import { addonSources } from './addon.mjs'
import { compiler, need, prefixOf } from './machine.mjs'
import { root, step } from './process.mjs'
import { stage } from './stage.mjs'
import { fingerprint, isStamped, stamp } from './stamp.mjs'

const stampFile = 'prebuilds/.mortise-stamp'

export async function prebuildify() {
  const print = fingerprint(addonSources)
  if (isStamped(stampFile, print)) return
  await need(compiler)
  rmSync(join(root, 'prebuilds'), { recursive: true, force: true })
  const script = join(root, 'node_modules/prebuildify/bin.js')
  const flags = ['--napi', '--strip', '--tag-libc', `--cwd=${stage('prebuild')}`, `--out=${root}`]
  const prefix = prefixOf(process.execPath)
  // prebuildify hands no arguments on to node-gyp.
  const env = prefix ? { npm_config_nodedir: prefix } : {}
  await step('building the prebuilt add-on', process.execPath, [script, ...flags], { env })
  stamp(stampFile, print)
}
