import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import pino from 'pino'
import type { Test } from 'tap'
import { type KeyManager, type KeyManagerOptions, openKeyManager } from '../../lib/core/index.js'
import type { App } from '../../lib/faces/http/index.js'
import { buildServer } from '../../lib/server/http.js'
import { loadConfig } from '../../lib/server/index.js'

export interface Answer {
  readonly status: number
  readonly headers: Readonly<Record<string, unknown>>
  readonly text: string
  // biome-ignore lint/suspicious/noExplicitAny: what a test expects of it, it says itself
  readonly json: any
}

export interface Asking {
  readonly body?: object | string
  /** Null: none. Default: the administrator's. */
  readonly token?: string | null
  readonly headers?: Readonly<Record<string, string>>
}

/** The whole HTTP server on a new store, asked without a socket. */
export class Face {
  readonly app: App
  readonly keyManager: KeyManager
  readonly #token: string

  private constructor(app: App, keyManager: KeyManager, token: string) {
    this.app = app
    this.keyManager = keyManager
    this.#token = token
  }

  static async open(
    t: Test,
    flags: Readonly<Record<string, string>> = {},
    options: Partial<KeyManagerOptions> = {},
    environment: Readonly<Record<string, string>> = {},
  ): Promise<Face> {
    const directory = await mkdtemp(join(tmpdir(), 'mortise-face-'))
    const keyManager = await openKeyManager({ directory, ...options })
    const { settings } = loadConfig({ flags, environment, workingDirectory: directory })
    const app = await buildServer(keyManager, settings, pino({ level: 'silent' }))
    await app.ready()
    t.teardown(async () => {
      await app.close()
      await keyManager.close()
      await rm(directory, { recursive: true })
    })
    await keyManager.ensurePrincipal({ name: 'admin', roles: ['administrator'] })
    const { text } = await (await keyManager.as('admin')).createToken()
    return new Face(app, keyManager, text)
  }

  /** The token of a new principal. */
  async tokenOf(name: string, permissions?: readonly 'Create'[]): Promise<string> {
    await this.keyManager.ensurePrincipal({ name, ...(permissions && { permissions }) })
    return (await (await this.keyManager.as(name)).createToken()).text
  }

  async ask(
    method: string,
    path: string,
    { body, token = this.#token, headers = {} }: Asking = {},
  ): Promise<Answer> {
    const response = await this.app.inject({
      method: method as 'GET',
      url: path,
      headers: {
        ...(token !== null && { authorization: `Bearer ${token}` }),
        ...(typeof body === 'string' && { 'content-type': 'application/json' }),
        ...headers,
      },
      ...(body !== undefined && { payload: body }),
    })
    const text = response.body
    const isJson = /json/.test(String(response.headers['content-type']))
    return {
      status: response.statusCode,
      headers: response.headers,
      text,
      json: isJson && text !== '' ? JSON.parse(text) : undefined,
    }
  }

  /** The same below /admin/v1. */
  admin(method: string, path: string, asking: Asking = {}): Promise<Answer> {
    return this.ask(method, `/admin/v1${path}`, asking)
  }

  /** `METHOD /path` of every route there is, from the server's own list. */
  get routes(): string[] {
    const lines = this.app.printRoutes({ commonPrefix: false }).split('\n')
    const routes: string[] = []
    const path: string[] = []
    for (const line of lines) {
      const [, indent = '', segment, methods] = /^([│ ]*)[├└]── (\S*)(?: \(([A-Z, ]+)\))?$/.exec(line) ?? []
      if (segment === undefined) continue
      path.splice(indent.length / 4, Number.POSITIVE_INFINITY, segment)
      for (const method of methods?.split(', ') ?? []) routes.push(`${method} ${path.join('')}`)
    }
    return routes
  }
}

export const base64 = (text: string) => Buffer.from(text).toString('base64')
