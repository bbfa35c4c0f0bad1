import { once } from 'node:events'
import { type ConnectionOptions, connect, type TLSSocket } from 'node:tls'
import { Pool } from './pool.js'

/** A Result Status that is Success, as it stands in an answer (KMIP 2.1 section 11.49). */
const success = Buffer.from('42007f050000000400000000', 'hex')

/** So many connections of KMIP over TLS, with one message at a time on each. It reads no more of the answers than it must. */
export class TtlvConnections {
  readonly #pool: Pool<Uint8Array, Buffer, TtlvConnection>

  private constructor(connections: readonly TtlvConnection[]) {
    this.#pool = new Pool(connections)
  }

  static async open(options: ConnectionOptions, connections: number): Promise<TtlvConnections> {
    const opening = Array.from({ length: connections }, () => TtlvConnection.open(options))
    return new TtlvConnections(await Promise.all(opening))
  }

  /** The answer. Throws where it is not all success. */
  send(request: Uint8Array): Promise<Buffer> {
    return this.#pool.send(request)
  }

  close(): void {
    for (const connection of this.#pool.all) connection.close()
  }
}

class TtlvConnection {
  readonly #socket: TLSSocket
  #received: Buffer = Buffer.alloc(0)
  #settle: { resolve(answer: Buffer): void; reject(error: Error): void } | undefined

  private constructor(socket: TLSSocket) {
    this.#socket = socket
    socket.setNoDelay()
    socket.on('data', (chunk: Buffer) => this.#take(chunk))
    socket.on('error', (error) => this.#settle?.reject(error))
    socket.on('close', () => this.#settle?.reject(new Error('the server closed the connection')))
  }

  static async open(options: ConnectionOptions): Promise<TtlvConnection> {
    const socket = connect(options)
    await once(socket, 'secureConnect')
    return new TtlvConnection(socket)
  }

  send(request: Uint8Array): Promise<Buffer> {
    return new Promise((resolve, reject) => {
      if (this.#socket.destroyed) throw new Error('the server closed the connection')
      this.#settle = { resolve, reject }
      this.#socket.write(request)
    })
  }

  close(): void {
    this.#socket.destroy()
  }

  #take(chunk: Buffer): void {
    const received = this.#received.length === 0 ? chunk : Buffer.concat([this.#received, chunk])
    this.#received = received
    if (received.length < 8 || received.length < 8 + received.readUInt32BE(4)) return
    this.#received = Buffer.alloc(0)
    if (received.includes(success)) this.#settle?.resolve(received)
    else this.#settle?.reject(new Error(`the server answers ${received.toString('latin1')}`))
  }
}
