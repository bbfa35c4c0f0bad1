// pkcs11js administers tokens for `mortise hsm`. It is Node-API, so that one build serves every Node; and is kept, because npm ci throws
// it away.

import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { copyWhole } from './kept.mjs'
import { compiler, need, nodeGyp } from './machine.mjs'
import { root, step } from './process.mjs'

const folder = join(root, 'node_modules/pkcs11js')
const place = join(folder, 'build/Release/pkcs11.node')

export async function buildPkcs11js() {
  if (existsSync(place)) return
  const { version } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'))
  const kept = join(root, '.cache', `pkcs11js-${version}-${process.platform}-${process.arch}.node`)
  if (existsSync(kept)) return copyWhole(kept, place)
  await need(compiler)
  const { args, env } = nodeGyp(process.execPath, 'rebuild', '--release')
  await step('compiling pkcs11js', process.execPath, args, { cwd: folder, env })
  copyWhole(place, kept)
}
