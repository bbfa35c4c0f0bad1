import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { dirname, join } from 'node:path'
import t from 'tap'
import { npm, run, succeed, unpack, userProject, withoutCompiler } from './package.js'

// The registry's packages and a compilation of better-sqlite3: minutes, so `npm test` leaves it to `npm run check`.
const skip = process.env['MORTISE_TEST_INSTALL'] === '1' ? false : '`npm run test:package` runs it'

t.test('installed by npm into an empty folder', { skip }, async (t) => {
  const packing = t.testdir({ packing: {}, user: userProject })
  const { tarball } = await unpack(join(packing, 'packing'))
  const directory = join(packing, 'user')
  const attempt = () => run(directory, process.execPath, ['program.mjs'])

  const env = withoutCompiler(directory)
  const flags = ['--ignore-scripts', '--no-audit', '--no-fund', '--loglevel=error', '--prefer-offline']
  await succeed(run(directory, ...npm('install', ...flags, tarball), env))
  const before = await attempt()
  t.match(before.output, /^MORTISE_STORAGE_UNAVAILABLE /, 'scripts were off: better-sqlite3 is not built')

  const [, command] = before.output.match(/`(npm rebuild better-sqlite3)`/) ?? []
  t.ok(command, 'the message names the command that mends it')
  const [npmProgram, npmArgs] = npm('rebuild', 'better-sqlite3')
  // The headers that came with this Node: the machine may reach the registry alone.
  const npm_config_nodedir = join(dirname(process.execPath), '..')
  await succeed(run(directory, npmProgram, npmArgs, { ...process.env, npm_config_nodedir }))
  t.equal((await attempt()).output, 'sealed and opened\n', 'mended')

  const server = spawn(join(directory, 'node_modules/.bin/mortise'), ['serve'], {
    cwd: directory,
    env: { ...process.env, MORTISE_HTTP_PORT: '0' },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  const address = await new Promise<string>((resolve, reject) => {
    let output = ''
    const look = (chunk: Buffer) => {
      output += chunk
      const [found] = output.match(/http:\/\/127\.0\.0\.1:\d+/) ?? []
      if (found !== undefined) resolve(found)
    }
    server.stdout.on('data', look)
    server.stderr.on('data', look)
    server.on('close', () => reject(new Error(output)))
  })
  t.equal((await fetch(`${address}/health`)).status, 200, '`mortise serve` is the server')
  server.kill('SIGTERM')
  const [code] = await once(server, 'close')
  t.equal(code, 0, 'and stops when told')
})
