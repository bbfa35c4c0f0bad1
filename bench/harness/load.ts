import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import type { Contender } from './alternate.js'
import { Pool } from './pool.js'

/**
 * So many keep-alive connections to a server, with one request at a time on each. It does less than any HTTP client, because it shares the
 * machine with the server that is measured.
 */
export class Connections {
  readonly #pool: Pool<Buffer, string, Connection>

  private constructor(connections: readonly Connection[]) {
    this.#pool = new Pool(connections)
  }

  static async open(origin: URL, connections: number): Promise<Connections> {
    const opening = Array.from({ length: connections }, () => Connection.open(origin))
    return new Connections(await Promise.all(opening))
  }

  /** The body of the answer, a byte a character. */
  send(request: Buffer): Promise<string> {
    return this.#pool.send(request)
  }
}

/** A request as it goes over the wire: POST where there is a body. */
export function requestOf(url: URL, headers: Readonly<Record<string, string>>, body?: string): Buffer {
  const length = body === undefined ? {} : { 'content-length': Buffer.byteLength(body) }
  const lines = [
    `${body === undefined ? 'GET' : 'POST'} ${url.pathname} HTTP/1.1`,
    ...Object.entries({ host: url.host, ...length, ...headers }).map(([name, value]) => `${name}: ${value}`),
    '',
    body ?? '',
  ]
  return Buffer.from(lines.join('\r\n'))
}

/** Sends one request again and again. */
export class Load implements Contender {
  readonly #connections: Connections
  readonly #request: Buffer
  readonly lanes: number

  private constructor(connections: Connections, request: Buffer, lanes: number) {
    this.#connections = connections
    this.#request = request
    this.lanes = lanes
  }

  static async open(
    url: URL,
    headers: Readonly<Record<string, string>>,
    body: string | undefined,
    connections: number,
  ): Promise<Load> {
    const request = requestOf(url, headers, body)
    return new Load(await Connections.open(url, connections), request, connections)
  }

  readonly work = async (): Promise<number> => {
    await this.send()
    return 1
  }

  /** The body of the answer. */
  send(): Promise<string> {
    return this.#connections.send(this.#request)
  }
}

class Connection {
  readonly #socket: Socket
  #received = ''
  #settle: { resolve(body: string): void; reject(error: Error): void } | undefined

  private constructor(socket: Socket) {
    this.#socket = socket
    socket.setNoDelay()
    socket.on('data', (chunk) => this.#take(chunk.toString('latin1')))
    socket.on('error', (error) => this.#settle?.reject(error))
    socket.on('close', () => this.#settle?.reject(new Error('the server closed the connection')))
  }

  static async open(url: URL): Promise<Connection> {
    const socket = connect({ host: url.hostname, port: Number(url.port) })
    await once(socket, 'connect')
    return new Connection(socket)
  }

  send(request: Buffer): Promise<string> {
    return new Promise((resolve, reject) => {
      // What closes an idle connection tells nobody.
      if (this.#socket.destroyed) throw new Error('the server closed the connection')
      this.#settle = { resolve, reject }
      this.#socket.write(request)
    })
  }

  #take(text: string): void {
    this.#received += text
    const head = this.#received.indexOf('\r\n\r\n')
    if (head < 0) return
    const length = Number(/\r\ncontent-length: (\d+)/i.exec(this.#received)?.[1])
    const body = this.#received.slice(head + 4)
    if (body.length < length) return
    const ok = /^HTTP\/1\.1 20[01] /.test(this.#received)
    this.#received = ''
    if (ok && body.length === length) this.#settle?.resolve(body)
    else this.#settle?.reject(new Error(`the server answers ${body}`))
  }
}
