import { once } from 'node:events'
import { writeFile } from 'node:fs/promises'
import { Agent, request } from 'node:https'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import pino from 'pino'
import type { Test } from 'tap'
import type { KeyManager } from '../../lib/index.js'
import { buildServer } from '../../lib/server/http.js'
import { loadConfig } from '../../lib/server/index.js'
import { openTls } from '../../lib/server/tls.js'
import { certificateDer, type Party } from '../15-x509/authority.js'
import { commonName, name, text as utf8 } from '../15-x509/der.js'
import { temporary } from '../80-server/house.js'

/** What `node:https` takes of a client: its key, and its certificate with what it sends along. */
export interface Shown {
  readonly cert: string
  readonly key: string
}

export function pem(...ders: readonly Uint8Array[]): string {
  return ders
    .map((der) => {
      const lines =
        Buffer.from(der)
          .toString('base64')
          .match(/.{1,64}/g) ?? []
      return `-----BEGIN CERTIFICATE-----\n${lines.join('\n')}\n-----END CERTIFICATE-----\n`
    })
    .join('')
}

export function shown(
  { der, privateKey }: Pick<Party, 'der' | 'privateKey'>,
  ...along: readonly Party[]
): Shown {
  return {
    cert: pem(der, ...along.map((party) => party.der)),
    key: String(privateKey.export({ format: 'pem', type: 'pkcs8' })),
  }
}

/** A name from the root down: `subject(['2.5.4.10', 'Example'], ['2.5.4.3', 'ann'])`. */
export function subject(...attributes: readonly (readonly [string, string])[]): Buffer {
  return name(...attributes.map(([type, value]) => [type, utf8(value)] as const))
}

/** The server of a key manager over TLS, which asks its clients for a certificate. */
export class TlsServer {
  readonly url: string

  private constructor(url: string) {
    this.url = url
  }

  static async start(
    t: Test,
    km: KeyManager,
    flags: Readonly<Record<string, string>> = {},
  ): Promise<TlsServer> {
    const folder = await temporary(t)
    const own = shown(certificateDer({ subject: commonName('localhost') }))
    const [certificate, key] = [join(folder, 'certificate.pem'), join(folder, 'key.pem')]
    await writeFile(certificate, own.cert)
    await writeFile(key, own.key)
    const tls = { '--tls-certificate': certificate, '--tls-key': key, '--tls-client-certificates': 'true' }
    const { settings } = loadConfig({
      flags: { '--limits-failures': '0', ...tls, ...flags },
      environment: {},
      workingDirectory: folder,
    })
    const log = pino({ level: 'silent' })
    const app = await buildServer(km, settings, log, { tls: await openTls(km, settings, log) })
    await app.listen({ host: '127.0.0.1', port: 0 })
    t.teardown(() => app.close())
    return new TlsServer(`https://127.0.0.1:${(app.server.address() as AddressInfo).port}`)
  }

  /** One connection that goes on for request after request. */
  client(t: Test, certificate: Partial<Shown> = {}): TlsClient {
    const agent = new Agent({ keepAlive: true, maxSockets: 1, rejectUnauthorized: false, ...certificate })
    t.teardown(() => agent.destroy())
    return new TlsClient(this.url, agent)
  }
}

export interface Answered {
  readonly status: number | undefined
  // biome-ignore lint/suspicious/noExplicitAny: what a test expects of it, it says itself
  readonly json: any
  readonly port: number | undefined
}

export class TlsClient {
  readonly #url: string
  readonly #agent: Agent

  constructor(url: string, agent: Agent) {
    this.#url = url
    this.#agent = agent
  }

  /** @param path below /admin/v1, unless it is below /api/v1 */
  async ask(
    method: string,
    path: string,
    { body, token, headers = {} }: { body?: object; token?: string; headers?: Record<string, string> } = {},
  ): Promise<Answered> {
    const asked = request(this.#url + (path.startsWith('/api/v1/') ? path : `/admin/v1${path}`), {
      method,
      agent: this.#agent,
      headers: {
        ...(token !== undefined && { authorization: `Bearer ${token}` }),
        ...(body && { 'content-type': 'application/json' }),
        ...headers,
      },
    })
    asked.end(body && JSON.stringify(body))
    const [response] = await once(asked, 'response')
    const port = response.socket.localPort
    const answer = await text(response)
    return { status: response.statusCode, json: answer === '' ? undefined : JSON.parse(answer), port }
  }

  /** The name of whoever it is taken for, or the status of the refusal. */
  async who(options: Parameters<TlsClient['ask']>[2] = {}): Promise<string | number | undefined> {
    const { status, json } = await this.ask('GET', '/me', options)
    return status === 200 ? json.name : status
  }
}
