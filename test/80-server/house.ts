import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { setTimeout } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import type { Test } from 'tap'

const main = fileURLToPath(new URL('../../lib/cli/main.js', import.meta.url))

/** Nothing of the environment that the tests themselves run in. */
const clean = Object.fromEntries(
  Object.entries(process.env).filter(([name]) => !/^(MORTISE_|NODE_)/.test(name)),
)

interface RunOptions {
  readonly env?: Readonly<Record<string, string>>
  readonly input?: Uint8Array | string
  readonly cwd?: string
}

export interface Ran {
  readonly code: number | null
  readonly stdout: Buffer
  readonly stderr: string
}

/** Runs `mortise` to its end. */
export async function mortise(
  args: readonly string[],
  { env, input = '', cwd }: RunOptions = {},
): Promise<Ran> {
  const child = spawn(process.execPath, [main, ...args], { env: { ...clean, ...env }, cwd: cwd ?? tmpdir() })
  const out: Buffer[] = []
  child.stdout.on('data', (chunk: Buffer) => out.push(chunk))
  // A command that fails early does not read all of its input.
  child.stdin.on('error', () => undefined)
  child.stdin.end(input)
  const [stderr, [code]] = await Promise.all([text(child.stderr), once(child, 'close')])
  return { code: code as number | null, stdout: Buffer.concat(out), stderr }
}

/** A directory that goes with the test. */
export async function temporary(t: Test): Promise<string> {
  const directory = await mkdtemp(join(tmpdir(), 'mortise-server-'))
  t.teardown(() => rm(directory, { recursive: true, force: true }))
  return directory
}

/** A started `mortise serve`, a process of its own. */
export class Served {
  readonly directory: string
  readonly url: string
  readonly #child: ChildProcess
  readonly #exit: Promise<number | null>
  readonly #output: readonly Buffer[]

  private constructor(
    directory: string,
    url: string,
    child: ChildProcess,
    exit: Promise<number | null>,
    output: readonly Buffer[],
  ) {
    this.directory = directory
    this.url = url
    this.#child = child
    this.#exit = exit
    this.#output = output
  }

  /** Everything that it has written so far: announcement and log. */
  get said(): string {
    return Buffer.concat(this.#output).toString()
  }

  static async start(
    t: Test,
    directory: string,
    args: readonly string[] = [],
    env: Readonly<Record<string, string>> = {},
  ): Promise<Served> {
    const child = spawn(
      process.execPath,
      [main, 'serve', '--directory', directory, '--http-port', '0', '--memory-lock', 'preferred', ...args],
      { env: { ...clean, ...env }, cwd: tmpdir(), stdio: ['ignore', 'pipe', 'pipe'] },
    )
    const output: Buffer[] = []
    const exit = once(child, 'close').then(([code]) => code as number | null)
    t.teardown(() => {
      child.kill('SIGKILL')
      return exit
    })
    const url = await new Promise<string>((resolve, reject) => {
      for (const stream of [child.stdout, child.stderr]) {
        stream?.on('data', (chunk: Buffer) => {
          output.push(chunk)
          const [, url] = /serves (https?:\S+)/.exec(Buffer.concat(output).toString()) ?? []
          if (url) resolve(url)
        })
      }
      exit.then((code) => reject(new Error(`exit ${code}: ${Buffer.concat(output)}`)))
    })
    return new Served(directory, url, child, exit, output)
  }

  token(): Promise<string> {
    return readFile(join(this.directory, 'admin-token'), 'utf8').then((token) => token.trim())
  }

  async ask(method: string, path: string, body?: object): Promise<Response> {
    return fetch(this.url + path, {
      method,
      headers: {
        authorization: `Bearer ${await this.token()}`,
        ...(body && { 'content-type': 'application/json' }),
      },
      ...(body && { body: JSON.stringify(body) }),
    })
  }

  signal(name: NodeJS.Signals): void {
    this.#child.kill(name)
  }

  /** The exit code, once it has ended. */
  ended(): Promise<number | null> {
    return this.#exit
  }

  async stop(): Promise<number | null> {
    this.signal('SIGTERM')
    return this.ended()
  }
}

export async function untilSaid(server: Served, what: RegExp): Promise<void> {
  while (!what.test(server.said)) await setTimeout(20)
}

export type Run = (args: readonly string[], input?: Uint8Array | string) => Promise<Ran>

/** The same commands on a data directory, and against the server that serves it. */
export async function bothWays(
  t: Test,
  flags: readonly string[] = [],
): Promise<{ server: Served; directory: Run; url: Run }> {
  const server = await Served.start(t, await temporary(t), flags)
  const env = { MORTISE_TOKEN_FILE: join(server.directory, 'admin-token') }
  return {
    server,
    directory: (args, input = '') => mortise([...args, '--directory', server.directory], { input }),
    url: (args, input = '') => mortise([...args, '--url', server.url], { env, input }),
  }
}

/** The result of a command that must not fail. */
export function json({ code, stdout, stderr }: Ran) {
  if (code !== 0) throw new Error(stderr)
  return JSON.parse(stdout.toString())
}
