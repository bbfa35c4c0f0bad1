import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import type { Test } from 'tap'
import type { KeyManagerOptions } from '../../lib/core/index.js'
import { packageRoot } from '../support/package_root.js'
import { type Answer, type Asking, Face } from './face.js'

const script = join(packageRoot, 'test/70-faces/ciphertrust_client.py')
const library = '/usr/lib/python3/dist-packages/requests'

/** For tests with {@link PythonClient}. */
export const withPython = existsSync(library)
  ? {}
  : { skip: 'requests for Python is not installed: apt-get install python3-requests' }

export const password = 'correct horse battery'

/** The server with its CipherTrust face, and an administrator who logs in there. */
export class Ciphertrust {
  readonly face: Face
  readonly #admin: string

  private constructor(face: Face, admin: string) {
    this.face = face
    this.#admin = admin
  }

  static async open(
    t: Test,
    flags: Readonly<Record<string, string>> = {},
    options: Partial<KeyManagerOptions> = {},
  ): Promise<Ciphertrust> {
    const face = await Face.open(t, { '--faces-ciphertrust': 'true', ...flags }, options)
    // As the first start registers it.
    const host = face.keyManager.asHost()
    await host.addMember('admin', 'admin')
    await host.setPrincipal('admin', { roles: [], password })
    const ct = new Ciphertrust(face, '')
    return new Ciphertrust(face, await ct.logIn('admin'))
  }

  /** Below /api/v1, as the administrator unless said otherwise. */
  ask(method: string, path: string, { token = this.#admin, ...asking }: Asking = {}): Promise<Answer> {
    return this.face.ask(method, `/api/v1${path}`, { token, ...asking })
  }

  /** Below /admin/v1, by the same token. */
  admin(method: string, path: string, { token = this.#admin, ...asking }: Asking = {}): Promise<Answer> {
    return this.face.admin(method, path, { token, ...asking })
  }

  post(path: string, body?: object, asking: Asking = {}): Promise<Answer> {
    return this.ask('POST', path, { ...asking, ...(body && { body }) })
  }

  /** What a request for a token is answered. */
  grant(body: object): Promise<Answer> {
    return this.ask('POST', '/auth/tokens', { token: null, body })
  }

  /** The token of somebody's login. */
  async logIn(username: string, given = password): Promise<string> {
    const { status, json, text } = await this.grant({ grant_type: 'password', username, password: given })
    if (status !== 200) throw new Error(text)
    return json.jwt
  }

  /** A new user with `password`, in these groups. @returns its user id */
  async user(username: string, groups: readonly string[] = [], more: object = {}): Promise<string> {
    const { status, json, text } = await this.post('/usermgmt/users', { username, password, ...more })
    if (status !== 201) throw new Error(text)
    for (const group of groups)
      await this.post(`/usermgmt/groups/${encodeURIComponent(group)}/users/${json.user_id}`)
    return json.user_id
  }
}

interface Told {
  // biome-ignore lint/suspicious/noExplicitAny: what a test expects of it, it says itself
  readonly result?: any
  readonly error?: string
}

/** A program on Python's requests library that works against a server, as `username`. */
export class PythonClient {
  readonly #child: ChildProcess
  readonly #answers: AsyncIterator<string>
  readonly #server: string

  private constructor(child: ChildProcess, server: string) {
    this.#child = child
    this.#answers = createInterface({ input: child.stdout as NodeJS.ReadableStream })[Symbol.asyncIterator]()
    this.#server = server
  }

  static async start(t: Test, { face }: Ciphertrust): Promise<PythonClient> {
    await face.app.listen({ host: '127.0.0.1', port: 0 })
    const { port } = face.app.server.address() as AddressInfo
    const child = spawn('/usr/bin/python3', [script], { stdio: ['pipe', 'pipe', 'inherit'] })
    t.teardown(async () => {
      child.stdin?.end()
      await once(child, 'close')
    })
    return new PythonClient(child, `http://127.0.0.1:${port}`)
  }

  /** Runs a command. @param server the Server URL, where it is not that of the server */
  async run(
    command: string,
    args: object = {},
    { username = 'admin', slash = '' }: { readonly username?: string; readonly slash?: string } = {},
  ): Promise<Told> {
    const asked = { command, arguments: args, server: this.#server + slash, username, password }
    this.#child.stdin?.write(`${JSON.stringify(asked)}\n`)
    const { value } = await this.#answers.next()
    return JSON.parse(value)
  }
}
