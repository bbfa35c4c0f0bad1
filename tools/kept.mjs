// What was compiled is kept in .cache, because npm ci throws away what lies in node_modules.

import { copyFileSync, mkdirSync, renameSync } from 'node:fs'
import { dirname } from 'node:path'

/** All or nothing: another process may be loading it. */
export function copyWhole(from, to) {
  mkdirSync(dirname(to), { recursive: true })
  copyFileSync(from, `${to}.new`)
  renameSync(`${to}.new`, to)
}
