// lib, test and bench, compiled into dist.

import { copyFileSync, mkdirSync, rmSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { root, step } from './process.mjs'
import { filesOf, fingerprint, isStamped, stamp } from './stamp.mjs'

const folders = ['lib', 'test', 'bench']
const stampFile = 'dist/.mortise-stamp'
const isTypeScript = /\.ts$/

export async function compile() {
  const print = fingerprint([...folders, 'tsconfig.json', 'package-lock.json'])
  if (isStamped(stampFile, print)) return
  await step('compiling TypeScript', process.execPath, [join('node_modules', 'typescript', 'bin', 'tsc')])
  const sources = folders.flatMap(filesOf)
  copyAssets(sources.filter((file) => !isTypeScript.test(file)))
  removeOrphans(sources)
  stamp(stampFile, print)
}

/** Migrations and whatever else is read at run time lie beside the code that reads them. */
function copyAssets(files) {
  for (const file of files) {
    mkdirSync(dirname(join(root, 'dist', file)), { recursive: true })
    copyFileSync(join(root, file), join(root, 'dist', file))
  }
}

/** tsc leaves the output of files that are gone: a deleted test would go on running. */
function removeOrphans(sources) {
  const made = new Set(sources.map((file) => `dist/${file}`))
  for (const file of folders.flatMap((folder) => filesOf(`dist/${folder}`))) {
    if (!made.has(file) && !made.has(file.replace(/(\.d\.ts|\.js|\.js\.map)$/, '.ts')))
      rmSync(join(root, file))
  }
}
