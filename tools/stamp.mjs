// A stamp says from what a result was made. It lies within the result, so that who removes the one removes the other.

import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { root } from './process.mjs'

/** Every file below a path of the project, in a fixed order, as paths of the project. */
export function filesOf(path) {
  const full = join(root, path)
  if (!existsSync(full)) return []
  if (statSync(full).isFile()) return [path]
  return readdirSync(full)
    .sort()
    .flatMap((name) => filesOf(`${path}/${name}`))
}

export function fingerprint(paths) {
  const hash = createHash('sha256')
  for (const file of paths.flatMap(filesOf)) {
    hash
      .update(`${file}\0`)
      .update(readFileSync(join(root, file)))
      .update('\0')
  }
  return hash.digest('hex')
}

export function isStamped(path, print) {
  const full = join(root, path)
  return existsSync(full) && readFileSync(full, 'utf8') === print
}

export function stamp(path, print) {
  const full = join(root, path)
  mkdirSync(dirname(full), { recursive: true })
  writeFileSync(full, print)
}
