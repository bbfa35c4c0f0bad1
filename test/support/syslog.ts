import { createSocket, type Socket as DatagramSocket } from 'node:dgram'
import { once } from 'node:events'
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net'
import { createServer as createTlsServer, type TlsOptions } from 'node:tls'
import type { Test } from 'tap'

/** A receiver of syslog over TCP or TLS with octet counting, on a port of loopback. */
export class Receiver {
  /** Every message that came whole. */
  readonly messages: string[] = []
  readonly port: number
  readonly #server: Server
  readonly #open = new Set<Socket>()
  /** Whether the next connection is cut off after its first message, as by a receiver that dies. */
  cutsNext = false

  private constructor(server: Server) {
    this.#server = server
    this.port = (server.address() as AddressInfo).port
  }

  static async open(t: Test, { port = 0, tls }: { port?: number; tls?: TlsOptions } = {}): Promise<Receiver> {
    const server = tls ? createTlsServer(tls) : createServer()
    server.listen(port, '127.0.0.1')
    await once(server, 'listening')
    const receiver = new Receiver(server)
    server.on(tls ? 'secureConnection' : 'connection', (socket: Socket) => receiver.#serve(socket))
    t.teardown(() => receiver.close())
    return receiver
  }

  async close(): Promise<void> {
    for (const socket of this.#open) socket.destroy()
    if (this.#server.listening) await new Promise((resolve) => this.#server.close(resolve))
  }

  #serve(socket: Socket): void {
    const cut = this.cutsNext
    this.cutsNext = false
    let bytes = Buffer.alloc(0)
    this.#open.add(socket)
    socket.on('error', () => socket.destroy())
    socket.on('close', () => this.#open.delete(socket))
    socket.on('data', (chunk: Buffer) => {
      bytes = Buffer.concat([bytes, chunk])
      for (;;) {
        const space = bytes.indexOf(' ')
        const length = Number(bytes.toString('latin1', 0, Math.max(space, 0)))
        if (space < 0 || bytes.length < space + 1 + length) break
        this.messages.push(bytes.toString('utf8', space + 1, space + 1 + length))
        bytes = bytes.subarray(space + 1 + length)
        if (cut) return void socket.resetAndDestroy()
      }
    })
  }
}

/** A receiver over UDP. */
export async function openDatagramReceiver(t: Test): Promise<{ port: number; messages: string[] }> {
  const socket: DatagramSocket = createSocket('udp4')
  const messages: string[] = []
  socket.on('message', (message) => messages.push(message.toString()))
  socket.bind(0, '127.0.0.1')
  await once(socket, 'listening')
  t.teardown(() => {
    socket.close()
  })
  return { port: socket.address().port, messages }
}
