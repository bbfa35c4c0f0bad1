import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { type AddressInfo, connect, createServer } from 'node:net'
import { setTimeout } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'

/** Milliseconds of USER_HZ, which is 100 on every Linux. */
const tick = 10

/** Milliseconds that a server has to stop: not every peer's does. */
const patience = 5000

/** A server of its own process, on a free port of the loopback. */
export class Server {
  readonly #child: ChildProcess
  readonly port: number

  private constructor(child: ChildProcess, port: number) {
    this.#child = child
    this.port = port
  }

  get origin(): string {
    return `http://127.0.0.1:${this.port}`
  }

  /**
   * Returns when it listens.
   *
   * @param program the module
   * @param args of the command line, for a port
   */
  static async start(
    program: URL,
    args: (port: string) => readonly string[],
    env: Readonly<Record<string, string>> = {},
  ): Promise<Server> {
    return Server.#listening(await freePort(), (port) =>
      spawn(process.execPath, [...process.execArgv, fileURLToPath(program), ...args(port)], {
        env: { ...process.env, ...env },
        stdio: ['ignore', 'ignore', 'pipe'],
      }),
    )
  }

  /** The same of a program that is no module of ours. */
  static async startProgram(program: string, args: (port: string) => readonly string[]): Promise<Server> {
    return Server.#listening(await freePort(), (port) =>
      spawn(program, args(port), { stdio: ['ignore', 'ignore', 'pipe'] }),
    )
  }

  static async #listening(port: number, start: (port: string) => ChildProcess): Promise<Server> {
    const child = start(String(port))
    let said = ''
    child.stderr?.on('data', (text) => {
      said += text
    })
    while (!(await listens(port))) {
      if (hasEnded(child)) throw new Error(`the server has ended: ${said}`)
      await setTimeout(50)
    }
    return new Server(child, port)
  }

  /** Milliseconds of CPU that it has used, with all its threads (proc(5), utime and stime). */
  readonly used = (): number => {
    const stat = readFileSync(`/proc/${this.#child.pid}/stat`, 'latin1')
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
    return (Number(fields[11]) + Number(fields[12])) * tick
  }

  async stop(): Promise<void> {
    if (hasEnded(this.#child)) return
    const ended = once(this.#child, 'exit')
    this.#child.kill('SIGTERM')
    const deaf = globalThis.setTimeout(() => this.#child.kill('SIGKILL'), patience)
    await ended
    clearTimeout(deaf)
  }
}

function hasEnded({ exitCode, signalCode }: ChildProcess): boolean {
  return exitCode !== null || signalCode !== null
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  server.close()
  await once(server, 'close')
  return port
}

async function listens(port: number): Promise<boolean> {
  const socket = connect({ host: '127.0.0.1', port })
  try {
    await once(socket, 'connect')
    return true
  } catch {
    return false
  } finally {
    socket.destroy()
  }
}
