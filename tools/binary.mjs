// One executable file that needs no Node: this very Node with the server, its packages and their add-ons inside, as a
// single executable application (https://nodejs.org/api/single-executable-applications.html).

import { chmodSync, copyFileSync, cpSync, existsSync, mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { npm } from './packages.mjs'
import { Failure, root, say, step } from './process.mjs'
import { filesOf, fingerprint, isStamped, stamp } from './stamp.mjs'

/** Packages with add-ons, or that look for files beside themselves: they stay as they are. Everything else is bundled. */
const whole = {
  'node-gyp-build': ['package.json', 'index.js', 'node-gyp-build.js'],
  'better-sqlite3': ['package.json', 'lib'],
  bindings: ['package.json', 'bindings.js'],
  'file-uri-to-path': ['package.json', 'index.js'],
  '@node-rs/argon2': ['package.json', 'index.js'],
  pkcs11js: ['package.json', 'index.js', 'build/Release/pkcs11.node'],
  [argon2()]: ['package.json', `argon2.${argon2().replace('@node-rs/argon2-', '')}.node`],
}
const entries = { main: 'dist/lib/cli/main.js', thread: 'dist/lib/storage/sqlite/thread.js' }
const migrations = 'dist/lib/storage/sqlite/migrations'
const addon = 'build/Release/mortise.node'
/** Marks the place in Node's executable. */
const fuse = 'NODE_SEA_FUSE_fce680ab2cc467b6e072b8b5df1996b2'

/** CommonJS packages in an ECMAScript module. */
const banner =
  "import { createRequire as requireOf } from 'node:module'; const require = requireOf(import.meta.url); " +
  'const __filename = import.meta.filename; const __dirname = import.meta.dirname;'

/** @returns the path of the executable */
export async function makeBinary(to = join(root, 'build/mortise')) {
  const tools = await installTools()
  const folder = join(root, '.cache/binary')
  rmSync(folder, { recursive: true, force: true })
  const tree = join(folder, 'tree')
  mkdirSync(tree, { recursive: true })
  await bundle(tools, tree)
  for (const [name, files] of Object.entries(whole)) {
    for (const file of files) copy(join('node_modules', name, file), join(tree, 'node_modules', name, file))
  }
  cpSync(join(root, migrations), join(tree, 'migrations'), { recursive: true })
  copy(addon, join(tree, addon))
  copy('package.json', join(tree, 'package.json'))
  writeFileSync(join(tree, 'start.cjs'), "import('./main.js')\n")
  await embed(tools, folder, tree, to)
  say(`${to} is ready, for Node ${process.version} on ${process.platform}-${process.arch}`)
  return to
}

function argon2() {
  return `@node-rs/argon2-${process.platform}-${process.arch}-gnu`
}

/** They are in no lock file but their own, so that only who makes the binary installs them. */
async function installTools() {
  const folder = join(root, '.cache/binary-tools')
  const print = fingerprint(['tools/binary/package.json', 'tools/binary/package-lock.json'])
  const stampFile = '.cache/binary-tools/.mortise-stamp'
  if (!isStamped(stampFile, print)) {
    rmSync(folder, { recursive: true, force: true })
    cpSync(join(root, 'tools/binary'), folder, { recursive: true })
    const flags = ['--ignore-scripts', '--no-audit', '--no-fund', '--loglevel=error']
    const [command, args] = npm('ci', ...flags)
    await step('installing what makes the binary', command, args, { cwd: folder })
    stamp(stampFile, print)
  }
  return folder
}

async function bundle(tools, tree) {
  const inputs = Object.entries(entries).map(([name, path]) => `${name}=${path}`)
  const externals = Object.keys(whole).map((name) => `--external:${name}`)
  await step('bundling', join(tools, 'node_modules/.bin/esbuild'), [
    ...inputs,
    `--outdir=${tree}`,
    '--bundle',
    '--platform=node',
    '--format=esm',
    '--target=node20.19',
    '--legal-comments=linked',
    '--log-level=warning',
    `--banner:js=${banner}`,
    ...externals,
  ])
}

async function embed(tools, folder, tree, to) {
  const files = filesOf(tree.slice(root.length)).map((file) => file.slice(tree.length - root.length + 1))
  writeFileSync(join(folder, 'files.json'), JSON.stringify(files))
  const config = {
    main: join(root, 'tools/binary/main.cjs'),
    output: join(folder, 'blob'),
    disableExperimentalSEAWarning: true,
    assets: {
      'files.json': join(folder, 'files.json'),
      ...Object.fromEntries(files.map((file) => [file, join(tree, file)])),
    },
  }
  writeFileSync(join(folder, 'sea.json'), JSON.stringify(config))
  await step('packing', process.execPath, ['--experimental-sea-config', join(folder, 'sea.json')])
  const executable = join(folder, 'mortise')
  copyFileSync(process.execPath, executable)
  chmodSync(executable, 0o755)
  const postject = join(tools, 'node_modules/postject/dist/cli.js')
  const args = [executable, 'NODE_SEA_BLOB', config.output, '--sentinel-fuse', fuse]
  await step('putting it into Node', process.execPath, [postject, ...args])
  mkdirSync(join(to, '..'), { recursive: true })
  // A running one is not written over.
  rmSync(to, { force: true })
  copyFileSync(executable, to)
}

function copy(from, to) {
  if (!existsSync(join(root, from))) throw new Failure(`${from} is missing: remove node_modules and repeat`)
  const otherAbi = new RegExp(`/node-v(?!${process.versions.modules}-)`)
  cpSync(join(root, from), to, { recursive: true, filter: (path) => !otherAbi.test(path) })
}
