// npm leaves optional packages of other platforms out of the lock file when the registry at hand does not carry them,
// and `npm ci` then refuses the file. Their names say everything that an entry needs.

import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { root } from './process.mjs'

const systems = ['android', 'darwin', 'freebsd', 'linux', 'openharmony', 'win32']
const processors = ['arm', 'arm64', 'ia32', 'ppc64', 'riscv64', 's390x', 'x64']

/** Adds the missing entries; with `write` false it only names them. */
export function mendLock({ write }) {
  const path = join(root, 'package-lock.json')
  const lock = JSON.parse(readFileSync(path, 'utf8'))
  const missing = []
  for (const [parent, entry] of Object.entries(lock.packages)) {
    for (const [name, version] of Object.entries(entry.optionalDependencies ?? {})) {
      if (isLocked(lock.packages, parent, name)) continue
      missing.push(name)
      lock.packages[`node_modules/${name}`] = describe(name, version, entry)
    }
  }
  if (write && missing.length > 0) {
    const names = Object.keys(lock.packages).sort((a, b) => a.localeCompare(b, 'en'))
    lock.packages = Object.fromEntries(names.map((name) => [name, lock.packages[name]]))
    writeFileSync(path, `${JSON.stringify(lock, null, 2)}\n`)
  }
  return missing
}

/** As Node resolves: beside the parent, then in each node_modules above it. */
function isLocked(packages, parent, name) {
  for (let at = parent; ; at = at.slice(0, Math.max(0, at.lastIndexOf('node_modules/') - 1))) {
    if (packages[at === '' ? `node_modules/${name}` : `${at}/node_modules/${name}`]) return true
    if (at === '') return false
  }
}

function describe(name, version, parent) {
  const parts = name.split('/').at(-1).split('-')
  const os = systems.find((system) => parts.includes(system))
  const cpu = processors.find((processor) => parts.includes(processor))
  const libc = /musl/.test(name) ? 'musl' : /gnu/.test(name) ? 'glibc' : undefined
  if (!os || !cpu) throw new Error(`${name} does not name its platform: add it to package-lock.json by hand`)
  return {
    version,
    cpu: [cpu],
    ...(parent.dev && { dev: true }),
    ...(libc && { libc: [libc] }),
    optional: true,
    os: [os],
  }
}
