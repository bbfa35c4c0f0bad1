import { cpSync, mkdirSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { packageRoot } from '../support/package_root.js'
import { run, unpack, userProject, withoutCompiler } from './package.js'

const directory = t.testdir(userProject)
const home = join(directory, 'node_modules', 'mortise')
const { files } = await unpack(directory)
borrowPackages()
const env = withoutCompiler(directory)
const attempt = () => run(directory, process.execPath, ['program.mjs'], env)

t.test('the tarball holds what users need and nothing else', async (t) => {
  const wanted = [
    'package.json',
    'dist/lib/index.js',
    'dist/lib/index.d.ts',
    'dist/lib/cli/main.js',
    'binding.gyp',
  ]
  for (const file of wanted) t.ok(files.includes(file), file)
  const prebuilt = files.filter((file) => file.endsWith('.node'))
  t.same(prebuilt, [`prebuilds/${process.platform}-${process.arch}/mortise.glibc.node`])
  t.ok(
    files.some((file) => /^dist\/lib\/.*\.sql$/.test(file)),
    'the migrations',
  )
  const foreign = files.filter((file) =>
    /^(dist\/(test|bench)|test|bench|tools|lib|node_modules|\.)|\.map$|_test\.cc$|_fuzz\.cc$/.test(file),
  )
  t.same(foreign, [], 'no tests, no tools, no maps')
  const manifest = JSON.parse(readFileSync(join(home, 'package.json'), 'utf8'))
  t.notOk(
    manifest.scripts.install ?? manifest.scripts.preinstall ?? manifest.scripts.postinstall,
    'no install script',
  )
  t.equal(manifest.gypfile, false, 'npm does not compile it')
})

t.test('publint has nothing against it', async (t) => {
  const script = join(packageRoot, 'node_modules/publint/src/cli.js')
  const { code, output } = await run(directory, process.execPath, [
    script,
    'run',
    home,
    '--strict',
    '--pack=false',
  ])
  t.equal(code, 0, output)
})

t.test('its types serve a strict project', async (t) => {
  writeFileSync(
    join(directory, 'user.mts'),
    `import { type KeyManager, MortiseError, openKeyManager } from 'mortise'
     import { connectUser, KeyserviceClient } from 'mortise/keyservice-client'
     export const client = new KeyserviceClient({ url: 'https://keys.example.org' })
     export const connected: Promise<string> = connectUser({ url: '' }, { keyId: '', secret: '' }, { namespace: '', userId: '', initTokenHash: '' })
     export const km: KeyManager = await openKeyManager({ directory: './keys' })
     export const code = (e: MortiseError): 'MORTISE_CLOSED' | undefined => e.code === 'MORTISE_CLOSED' ? e.code : undefined
     // @ts-expect-error a directory is needed
     await openKeyManager({})`,
  )
  const flags = [
    '--noEmit',
    '--strict',
    '--target',
    'es2022',
    '--module',
    'nodenext',
    '--types',
    'node',
    'user.mts',
  ]
  const { code, output } = await run(directory, process.execPath, [
    join(packageRoot, 'node_modules/typescript/bin/tsc'),
    ...flags,
  ])
  t.equal(code, 0, output)
})

t.test('it works without a compiler', async (t) => {
  const { output } = await attempt()
  t.equal(output, 'sealed and opened\n')
})

t.test('better-sqlite3 without a build is named, with the command that mends it', async (t) => {
  const sqlite = join(directory, 'node_modules', 'better-sqlite3')
  rmSync(sqlite)
  cpSync(join(packageRoot, 'node_modules/better-sqlite3'), sqlite, {
    recursive: true,
    filter: (source) => !/better-sqlite3\/(build|deps|lib\/binding)$/.test(source),
  })
  const { output } = await attempt()
  t.match(output, /^MORTISE_STORAGE_UNAVAILABLE .*npm rebuild better-sqlite3/)
})

t.test('where no prebuilt add-on fits, it says so and how to compile it', async (t) => {
  rmSync(join(home, 'prebuilds'), { recursive: true })
  const { output } = await attempt()
  t.match(output, /^MORTISE_NATIVE_UNAVAILABLE .*no prebuilt native add-on fits.*node-gyp rebuild/)
})

/** The packages that mortise depends on, from our own node_modules. */
function borrowPackages(): void {
  const from = join(packageRoot, 'node_modules')
  for (const name of readdirSync(from).filter((name) => !name.startsWith('.'))) {
    for (const path of name.startsWith('@')
      ? readdirSync(join(from, name)).map((sub) => join(name, sub))
      : [name]) {
      mkdirSync(join(directory, 'node_modules', path, '..'), { recursive: true })
      symlinkSync(join(from, path), join(directory, 'node_modules', path))
    }
  }
}
