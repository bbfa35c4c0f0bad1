// The module that stands before a PKCS#11 token in tests and benchmarks, and fails as it is told.

import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { compiler, need } from './machine.mjs'
import { root, step } from './process.mjs'
import { fingerprint, isStamped, stamp } from './stamp.mjs'

const source = 'test/support/pkcs11_shim.c'
const sources = [source, 'native/pkcs11/cryptoki.h']
const stampFile = '.cache/pkcs11-shim.stamp'

/** As `.cache/pkcs11-shim.so`. */
export async function buildShim() {
  const print = fingerprint(sources)
  if (isStamped(stampFile, print)) return
  await need(compiler)
  mkdirSync(join(root, '.cache'), { recursive: true })
  const flags = [
    '-std=c11',
    '-D_GNU_SOURCE',
    '-O2',
    '-Wall',
    '-Wextra',
    '-shared',
    '-fPIC',
    '-fvisibility=hidden',
  ]
  const files = ['-Inative', '-o', '.cache/pkcs11-shim.so', source, '-ldl', '-lpthread']
  await step('compiling the PKCS#11 shim', 'gcc', [...flags, ...files], { cwd: root })
  stamp(stampFile, print)
}
