import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { fileURLToPath } from 'node:url'
import t from 'tap'
import { mortise, temporary } from './house.js'

const main = fileURLToPath(new URL('../../lib/cli/main.js', import.meta.url))

/**
 * Runs a command on a pseudo terminal, which echoes what is typed as any terminal does unless the program tells it not to.
 * Each line is typed when the question before it stands on the screen. Prints the screen, then the exit code.
 */
const terminal = `
import os, pty, sys, json
args, typed = json.loads(sys.argv[1])
pid, screen = pty.fork()
if pid == 0:
    os.execv(args[0], args)
seen = b''
for question, line in typed:
    while question.encode() not in seen.split(b'\\n')[-1]:
        seen += os.read(screen, 1024)
    os.write(screen, line.encode() + b'\\r')
    seen += b'\\n'
try:
    while True:
        part = os.read(screen, 65536)
        if not part:
            break
        seen += part
except OSError:
    pass
sys.stdout.buffer.write(seen)
sys.exit(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]))
`

async function onTerminal(args: readonly string[], typed: readonly (readonly [string, string])[] = []) {
  const command = JSON.stringify([[process.execPath, main, ...args], typed])
  const child = spawn('python3', ['-c', terminal, command], { stdio: ['ignore', 'pipe', 'inherit'] })
  const [screen, [code]] = await Promise.all([text(child.stdout), once(child, 'close')])
  return { screen, code }
}

t.test('A bar is drawn on a terminal while a file is sealed, and nowhere else', async (t) => {
  const place = await temporary(t)
  const [directory, plain, sealed] = ['data', 'plain', 'sealed'].map((name) => join(place, name)) as [
    string,
    string,
    string,
  ]
  await writeFile(plain, Buffer.alloc(3 * 2 ** 20))
  await mortise(['keys', 'create', '--name', 'k', '--directory', directory])
  const { screen, code } = await onTerminal(['seal', 'k', plain, '-o', sealed, '--directory', directory])
  t.equal(code, 0)
  const lines = screen.split('\r').filter((line) => line.startsWith('['))
  t.match(lines.at(-1), /^\[#{30}\] 100 % {2}3\.0 MiB {2}\d+\.\d MiB\/s\n?$/, 'it ends full')
  t.ok(screen.endsWith('\r\n'), 'and leaves the line')
  const quiet = await mortise(['open', sealed, '-o', join(place, 'opened'), '--directory', directory])
  t.match(quiet, { code: 0, stderr: '' })
})

t.test('A secret is typed without being shown', async (t) => {
  const directory = join(await temporary(t), 'data')
  const password = 'a password that nobody sees'
  await mortise(['keys', 'create', '--name', 'k', '--directory', directory])
  const { screen, code } = await onTerminal(
    ['principal', 'password', 'admin', '--directory', directory],
    [['New password: ', password]],
  )
  t.equal(code, 0)
  t.match(screen, 'New password: ')
  t.notMatch(screen, password)
  t.notMatch(screen, /nobody/)

  const file = join(directory, '..', 'one.backup')
  const backup = (second: string) =>
    onTerminal(
      ['backup', file, '--directory', directory],
      [
        ['Passphrase of the backup: ', password],
        ['Once more: ', second],
      ],
    )
  t.match(await backup('another password'), { code: 1, screen: /the two passphrases differ/ })
  const taken = await backup(password)
  t.equal(taken.code, 0)
  t.notMatch(taken.screen, /nobody/)
  t.match(
    await mortise(['restore', file, '--check'], { env: { MORTISE_BACKUP_PASSPHRASE: password } }),
    { code: 0 },
    'it was what was typed',
  )
})
