import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { text } from 'node:stream/consumers'
import { fileURLToPath } from 'node:url'

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

export async function onTerminal(
  args: readonly string[],
  typed: readonly (readonly [string, string])[] = [],
  env: NodeJS.ProcessEnv = {},
) {
  const command = JSON.stringify([[process.execPath, main, ...args], typed])
  const child = spawn('python3', ['-c', terminal, command], {
    env: { ...process.env, ...env },
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const [screen, [code]] = await Promise.all([text(child.stdout), once(child, 'close')])
  return { screen, code }
}
