import { type ChildProcess, execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { copyFileSync, mkdirSync, readdirSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import t, { type Test } from 'tap'
import { packageRoot } from '../support/package_root.js'
import { run } from './package.js'

// Packages of the registry and 100 MB to write: a minute, so `npm test` leaves it to `npm run check`.
const skip = process.env['MORTISE_TEST_INSTALL'] === '1' ? false : '`npm run test:package` runs it'

/** Makes the executable anew. */
async function build(to: string): Promise<string> {
  const made = await run(packageRoot, process.execPath, ['tools/run.mjs', 'binary', to])
  if (made.code !== 0) throw new Error(made.output)
  return to
}

/** Starts the server of the executable; answers what /health says and how it ended when it was told to stop. */
async function askHealth(t: Test, command: string, args: readonly string[], cwd: string) {
  const child: ChildProcess = spawn(
    command,
    [...args, 'serve', '--http-port', '0', '--memory-lock', 'preferred'],
    {
      cwd,
      env: {},
      stdio: ['ignore', 'pipe', 'pipe'],
    },
  )
  const ended = once(child, 'close')
  t.teardown(() => child.kill('SIGKILL'))
  const url = await new Promise<string>((resolve, reject) => {
    let said = ''
    for (const stream of [child.stdout, child.stderr]) {
      stream?.on('data', (chunk: Buffer) => {
        said += chunk
        const [, url] = /serves (http:\S+)/.exec(said) ?? []
        if (url) resolve(url)
      })
    }
    ended.then(() => reject(new Error(said)))
  })
  const health = await (await fetch(`${url}/health`)).json()
  const files = readdirSync(tmpdir()).filter((name) => name.startsWith(`mortise-${child.pid}-`))
  child.kill('SIGTERM')
  const [code] = await ended
  return { health, code, files, pid: child.pid }
}

t.test('one file is the whole server', { skip }, async (t) => {
  const executable = await build(join(t.testdir({ empty: {}, root: { tmp: {} } }), 'mortise'))
  const empty = join(t.testdirName, 'empty')

  t.test('in an empty directory, with an empty environment', async (t) => {
    const { health, code, files, pid } = await askHealth(t, executable, [], empty)
    t.match(health, { status: 'UP', dependencies: { database: { status: 'UP' } } })
    t.equal(code, 0)
    t.equal(files.length, 1, 'its own files had a directory')
    const left = readdirSync(tmpdir()).filter((name) => name.startsWith(`mortise-${pid}-`))
    t.same(left, [], 'that is gone with it')
    const data = join(empty, 'mortise-data')
    t.equal(statSync(data).mode & 0o777, 0o700)
  })

  t.test('every command is in it, and every add-on', async (t) => {
    const mortise = (args: readonly string[]) => run(empty, executable, args, {})
    t.match(await mortise(['--version']), { code: 0, output: /^\d+\.\d+\.\d+\n$/ })
    t.match(await mortise(['keys', 'create', '--name', 'k']), { code: 0, output: /Active/ })
    t.match(await mortise(['keys', 'get', 'nothing']), { code: 1, output: /MORTISE_KEY_NOT_FOUND/ })
    t.match(await mortise(['self-test']), { code: 0 })
    // argon2 and a second thread of the store.
    const env = { MORTISE_BACKUP_PASSPHRASE: 'correct horse battery' }
    t.match(await run(empty, executable, ['backup', 'one.backup'], env), { code: 0 })
    t.match(await run(empty, executable, ['restore', 'one.backup', '--directory', 'again'], env), { code: 0 })
  })

  const isRoot = process.getuid?.() === 0
  t.test('where there is nothing but the C library', { skip: !isRoot && 'needs root' }, async (t) => {
    const place = join(dirname(executable), 'root')
    const tree = join(packageRoot, '.cache/binary/tree')
    const addons = readdirSync(tree, { recursive: true }).filter((name) => String(name).endsWith('.node'))
    const programs = [executable, ...addons.map((name) => join(tree, String(name)))]
    const libraries = execFileSync('ldd', programs).toString()
    for (const [, path = ''] of libraries.matchAll(/(\/\S+) \(0x/g)) {
      mkdirSync(join(place, dirname(path)), { recursive: true })
      copyFileSync(path, join(place, path))
    }
    copyFileSync(executable, join(place, 'mortise'))
    const { health, code } = await askHealth(t, '/usr/sbin/chroot', [place, '/mortise'], empty)
    t.match(health, { status: 'UP' })
    t.equal(code, 0)
  })
})
