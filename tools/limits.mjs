// The add-on of the benchmarks, which loops OpenSSL or a PKCS#11 token alone. It is built from a copy: what lies in bench is compiled into dist.

import { cpSync, mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { compiler, need, nodeGyp } from './machine.mjs'
import { root, step } from './process.mjs'
import { fingerprint, isStamped, stamp } from './stamp.mjs'

const sources = ['bench/native', 'native/common', 'native/pkcs11/cryptoki.h', 'package-lock.json']
const folder = join(root, '.cache/limits')
const stampFile = '.cache/limits/build/Release/.mortise-stamp'

export async function buildLimits() {
  const print = fingerprint(sources)
  if (isStamped(stampFile, print)) return
  await need(compiler)
  mkdirSync(folder, { recursive: true })
  for (const name of ['binding.gyp', 'limits.cc', 'pkcs11_loop.cc', 'pkcs11_loop.h'])
    cpSync(join(root, 'bench/native', name), join(folder, name))
  const { args, env } = nodeGyp(process.execPath, 'configure', 'build', '--release')
  await step('compiling the limits', process.execPath, args, { cwd: folder, env })
  stamp(stampFile, print)
}
