import { execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, open, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join, relative } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import t from 'tap'
import { Server } from '../../bench/harness/index.js'
import { filesOf } from '../../bench/tree.js'

const program = new URL('../../lib/cli/main.js', import.meta.url)
/** A real tree of some hundred files, small and large. */
const tree = dirname(dirname(fileURLToPath(import.meta.resolve('typescript'))))

const directory = await mkdtemp(join(tmpdir(), 'mortise-test-'))
const server = await Server.start(program, (port) => [
  'serve',
  '--directory',
  join(directory, 'data'),
  '--memory-lock',
  'preferred',
  '--http-port',
  port,
])
t.teardown(async () => {
  await server.stop()
  await rm(directory, { recursive: true })
})

/** Runs a command against the server, from one file to another where it reads and writes streams. */
async function mortise(args: readonly string[], input?: string, output?: string): Promise<void> {
  const token = join(directory, 'data', 'admin-token')
  const stdin = input === undefined ? undefined : await open(input)
  const stdout = output === undefined ? undefined : await open(output, 'w')
  const child = spawn(process.execPath, [fileURLToPath(program), ...args, '--url', server.origin], {
    env: { ...process.env, MORTISE_TOKEN_FILE: token },
    stdio: [stdin?.fd ?? 'ignore', stdout?.fd ?? 'ignore', 'pipe'],
  })
  let said = ''
  child.stderr?.on('data', (text) => {
    said += text
  })
  const [code] = await once(child, 'close')
  await stdin?.close()
  await stdout?.close()
  if (code !== 0) throw new Error(`mortise ${args.join(' ')}: ${said}`)
}

const within = (name: string) => join(directory, name)

async function same(one: string, other: string): Promise<boolean> {
  return (await readFile(one)).equals(await readFile(other))
}

t.test('a real tree goes through a started server as a stream, and comes back byte by byte', async (t) => {
  await mortise(['keys', 'create', '--name', 'backups'])
  await promisify(execFile)('tar', ['-C', tree, '-cf', within('tree.tar'), '.'])
  await mortise(['seal', 'backups'], within('tree.tar'), within('tree.sealed'))
  await mortise(['open'], within('tree.sealed'), within('opened.tar'))
  t.notOk(await same(within('tree.tar'), within('tree.sealed')))
  t.ok(await same(within('tree.tar'), within('opened.tar')))
})

t.test('its files go one by one', async (t) => {
  const files: string[] = []
  for await (const path of filesOf(tree, t.fail)) files.push(path)
  t.ok(files.length > 100)
  // Each is two processes: some of them will do.
  const some = files.filter((_, i) => i % 40 === 0)
  for (const path of some) {
    await mortise(['seal', 'backups', path, '-o', within('file.sealed')])
    await mortise(['open', within('file.sealed'), '-o', within('file')])
    t.ok(await same(path, within('file')), relative(tree, path))
  }
})

t.test('the store remembers who sealed and opened, and its chain holds', async () => {
  await mortise(['audit', 'verify'])
})
