// What the machine itself has to bring: compilers and Node's headers.

import { accessSync, constants, existsSync, realpathSync } from 'node:fs'
import { delimiter, dirname, join } from 'node:path'
import { Failure, root, say, step } from './process.mjs'

/** Debian packages, and how to see that they are there. */
const present = {
  python3: () => isProgram('python3'),
  make: () => isProgram('make'),
  'g++': () => isProgram('g++'),
  cmake: () => isProgram('cmake'),
  ccache: () => isProgram('ccache'),
  'clang-14': () => isProgram('clang++-14'),
  'libclang-rt-14-dev': () => existsSync('/usr/lib/llvm-14/lib/clang/14.0.6/lib/linux'),
  chromium: () => isProgram('chromium'),
  curl: () => isProgram('curl'),
  'golang-cfssl': () => isProgram('cfssl'),
  softhsm2: () => isProgram('softhsm2-util'),
  opensc: () => isProgram('pkcs11-tool'),
  libnss3: () => isLibrary('libsoftokn3.so'),
  'libnss3-tools': () => isProgram('certutil'),
  'p11-kit': () => isProgram('p11-kit'),
  'p11-kit-modules': () => isLibrary('pkcs11/p11-kit-client.so'),
  'libtpm2-pkcs11-1': () => isLibrary('pkcs11/libtpm2_pkcs11.so'),
  'libtpm2-pkcs11-tools': () => isProgram('tpm2_ptool'),
  swtpm: () => isProgram('swtpm'),
  'libtss2-tcti-swtpm0': () => isLibrary('libtss2-tcti-swtpm.so.0'),
  'tpm2-abrmd': () => existsSync('/usr/sbin/tpm2-abrmd'),
  'libtss2-tcti-tabrmd0': () => isLibrary('libtss2-tcti-tabrmd.so.0'),
  'dbus-daemon': () => isProgram('dbus-daemon'),
  'dbus-bin': () => isProgram('dbus-send'),
  slapd: () => existsSync('/usr/sbin/slapd'),
  'python3-requests': () => existsSync('/usr/lib/python3/dist-packages/requests'),
  'python3-pykmip': () => existsSync('/usr/lib/python3/dist-packages/kmip'),
  'libssl-dev': () => existsSync('/usr/include/openssl/evp.h'),
}

function isLibrary(name) {
  return ['x86_64', 'aarch64'].some((machine) => existsSync(`/usr/lib/${machine}-linux-gnu/${name}`))
}

/** What a package would ask, answered: slapd is not to set up a directory of its own, nor to run it. */
const answers = { slapd: 'slapd slapd/no_configuration boolean true' }

/** What node-gyp needs. */
export const compiler = ['python3', 'make', 'g++']

/** Sees to it that packages are there: root gets them installed, everybody else is told what to install. */
export async function need(packages) {
  const missing = packages.filter((name) => !present[name]())
  if (missing.length === 0) return
  const command = `apt-get install ${missing.join(' ')}`
  if (!isProgram('apt-get'))
    throw new Failure(`missing on this machine: ${missing.join(', ')}: install them first`)
  if (process.getuid() !== 0)
    throw new Failure(`missing on this machine: ${missing.join(', ')}. Run as root: ${command}`)
  const env = { DEBIAN_FRONTEND: 'noninteractive' }
  await step('apt-get update', 'apt-get', ['update'], { env })
  for (const name of missing.filter((one) => one in answers))
    await step(`answering ${name}`, 'sh', ['-c', `echo '${answers[name]}' | debconf-set-selections`])
  await step(command, 'apt-get', ['install', '--yes', '--no-install-recommends', ...missing], { env })
}

/** The same for packages that there is a way without: where they cannot be had it says so, and goes on. */
export async function wish(packages) {
  try {
    await need(packages)
  } catch (error) {
    if (!(error instanceof Failure)) throw error
    say(error.message)
  }
}

export function isProgram(name) {
  return (process.env.PATH ?? '').split(delimiter).some((folder) => {
    try {
      accessSync(join(folder, name), constants.X_OK)
      return true
    } catch {
      return false
    }
  })
}

/** The installation that a Node belongs to, where it has its headers; without them node-gyp downloads some. */
export function prefixOf(node) {
  const prefix = dirname(dirname(realpathSync(node)))
  return existsSync(join(prefix, 'include/node/node_api.h')) ? prefix : undefined
}

/**
 * How node-gyp is to be called for a Node: with that Node's headers. It does not read npm's settings when it is called
 * directly, but below `npm run` it prefers the one that npm hands on to its own flag: so both say the same.
 */
export function nodeGyp(node, ...args) {
  const prefix = prefixOf(node)
  const script = join(root, 'node_modules/node-gyp/bin/node-gyp.js')
  return {
    args: [script, ...args, ...(prefix ? [`--nodedir=${prefix}`] : [])],
    env: prefix ? { npm_config_nodedir: prefix } : {},
  }
}
