import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import type { Contender } from './alternate.js'

/**
 * Sends one request again and again over so many keep-alive connections, one at a time on each. It does less than any HTTP
 * client, because it shares the machine with the server that is measured.
 */
export class Load implements Contender {
  readonly #idle: Connection[]
  readonly lanes: number

  private constructor(connections: Connection[]) {
    this.#idle = connections
    this.lanes = connections.length
  }

  static async open(
    url: URL,
    headers: Readonly<Record<string, string>>,
    body: string,
    connections: number,
  ): Promise<Load> {
    const head = Object.entries({ host: url.host, 'content-length': Buffer.byteLength(body), ...headers })
    const lines = [
      `POST ${url.pathname} HTTP/1.1`,
      ...head.map(([name, value]) => `${name}: ${value}`),
      '',
      body,
    ]
    const request = Buffer.from(lines.join('\r\n'))
    const opening = Array.from({ length: connections }, () => Connection.open(url, request))
    return new Load(await Promise.all(opening))
  }

  readonly work = async (): Promise<number> => {
    await this.send()
    return 1
  }

  /** The body of the answer. */
  async send(): Promise<string> {
    const connection = this.#idle.pop()
    if (!connection) throw new Error('every connection is in use')
    const body = await connection.send()
    this.#idle.push(connection)
    return body
  }
}

class Connection {
  readonly #socket: Socket
  readonly #request: Buffer
  #received = ''
  #settle: { resolve(body: string): void; reject(error: Error): void } | undefined

  private constructor(socket: Socket, request: Buffer) {
    this.#socket = socket
    this.#request = request
    socket.setNoDelay()
    socket.on('data', (chunk) => this.#take(chunk.toString('latin1')))
    socket.on('error', (error) => this.#settle?.reject(error))
    socket.on('close', () => this.#settle?.reject(new Error('the server closed the connection')))
  }

  static async open(url: URL, request: Buffer): Promise<Connection> {
    const socket = connect({ host: url.hostname, port: Number(url.port) })
    await once(socket, 'connect')
    return new Connection(socket, request)
  }

  send(): Promise<string> {
    return new Promise((resolve, reject) => {
      this.#settle = { resolve, reject }
      this.#socket.write(this.#request)
    })
  }

  #take(text: string): void {
    this.#received += text
    const head = this.#received.indexOf('\r\n\r\n')
    if (head < 0) return
    const length = Number(/\r\ncontent-length: (\d+)/i.exec(this.#received)?.[1])
    const body = this.#received.slice(head + 4)
    if (body.length < length) return
    const ok = this.#received.startsWith('HTTP/1.1 200')
    this.#received = ''
    if (ok && body.length === length) this.#settle?.resolve(body)
    else this.#settle?.reject(new Error(`the server answers ${body}`))
  }
}
