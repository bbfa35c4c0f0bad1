import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import { createServer, Server, type TLSSocket } from 'node:tls'
import type { Logger } from 'pino'
import type { KeyManager } from '../core/index.js'
import { MortiseError } from '../errors/index.js'
import type { App } from '../faces/http/index.js'
import type { Engine } from '../faces/kmip/index.js'
import { KmipConnection, type Patience, patience } from './kmip_connection.js'
import { closeLapsed } from './lapsed_clients.js'
import type { Settings } from './schema.js'
import { forClientCertificates, type ServerTls } from './tls.js'

/** More than that are refused before their handshake. */
const mostConnections = 16_384
/** What a message of KMIP begins with, and none of HTTP. */
const ttlv = 0x42

/** Sockets of this listener that speak HTTP: they are for /kmip alone. */
const httpSockets = new WeakSet<object>()

/** What the listener shares with the HTTP server. */
interface Beside {
  readonly app: App
  readonly tls: ServerTls
  readonly engine: Engine
  readonly patience?: Patience
}

/** A listener for KMIP over TLS, with client certificates. HTTP is told from TTLV by its first byte, and goes to the HTTP server. */
export class KmipListener {
  readonly #server: Server
  readonly #connections = new Map<TLSSocket, KmipConnection | undefined>()
  readonly #stopLooking: () => void
  readonly #patience: Patience
  #closing: Promise<void> | undefined

  private constructor(server: Server, stopLooking: () => void, patience: Patience) {
    this.#patience = patience
    this.#server = server
    this.#stopLooking = stopLooking
  }

  /** @throws MORTISE_SERVER_REFUSED */
  static async start(
    keyManager: KeyManager,
    settings: Settings,
    log: Logger,
    { app, tls, engine, patience: own = patience }: Beside,
  ): Promise<KmipListener> {
    const { host = '', port } = settings.kmip
    const server = createServer({
      ...tls.options,
      ...forClientCertificates,
      requestCert: true,
      rejectUnauthorized: false,
    })
    tls.follow(server, forClientCertificates)
    server.maxConnections = mostConnections
    const listener = new KmipListener(server, closeLapsed(server, keyManager), own)
    server.on('secureConnection', (socket: TLSSocket) => {
      // Who has said all still gets the answer. Only from now on: a half-open connection whose handshake has not ended would stay for ever.
      socket.allowHalfOpen = true
      listener.#welcome(socket, (first) => {
        if (first[0] === ttlv) {
          return new KmipConnection(socket, {
            engine,
            open: settings.login === 'none',
            largestMessage: settings.limits.body,
            id: randomBytes(9).toString('base64url'),
            patience: own,
          })
        }
        if (settings.faces.kmip) handOver(socket, app)
        else socket.destroy()
        return undefined
      })
    })
    server.on('tlsClientError', (error) => log.debug({ reason: error.message }, 'a KMIP client failed TLS'))
    try {
      server.listen({ host, port })
      await once(server, 'listening')
    } catch (cause) {
      throw new MortiseError(
        'MORTISE_SERVER_REFUSED',
        `cannot listen for KMIP on ${host} port ${port}: ${(cause as Error).message}`,
        { cause },
      )
    }
    return listener
  }

  /** `127.0.0.1:5696`. */
  get address(): string {
    const { address, family, port } = this.#server.address() as AddressInfo
    return family === 'IPv6' ? `[${address}]:${port}` : `${address}:${port}`
  }

  /** Takes no more connections, answers the messages under way, and closes those that have nothing more to say. May be called twice. */
  close(): Promise<void> {
    this.#closing ??= this.#close()
    return this.#closing
  }

  async #close(): Promise<void> {
    this.#stopLooking()
    const closed = once(this.#server, 'close')
    this.#server.close()
    for (const [socket, connection] of this.#connections) {
      if (connection) connection.close()
      else socket.destroy()
    }
    const tooSlow = setTimeout(() => {
      for (const socket of this.#connections.keys()) socket.destroy()
    }, this.#patience.message)
    await closed
    clearTimeout(tooSlow)
  }

  /** Waits for the first bytes of a connection, which say what it speaks. */
  #welcome(socket: TLSSocket, speak: (first: Buffer) => KmipConnection | undefined): void {
    this.#connections.set(socket, undefined)
    socket.once('close', () => this.#connections.delete(socket))
    // What goes wrong on a connection ends it, and is nobody's fault here.
    socket.on('error', () => socket.destroy())
    socket.setTimeout(this.#patience.idle, () => socket.destroy())
    const gone = () => socket.destroy()
    socket.once('end', gone)
    socket.once('data', (first: Buffer) => {
      socket.pause()
      socket.off('end', gone)
      socket.setTimeout(0)
      socket.removeAllListeners('timeout')
      socket.unshift(first)
      this.#connections.set(socket, speak(first))
      socket.resume()
    })
  }
}

function handOver(socket: TLSSocket, app: App): void {
  httpSockets.add(socket)
  app.server.emit(app.server instanceof Server ? 'secureConnection' : 'connection', socket)
}

/** Lets nobody reach anything but KMIP through the port of KMIP. */
export function onlyKmipThere(app: App): void {
  app.addHook('onRequest', (request, _reply, done) => {
    if (!httpSockets.has(request.raw.socket) || /^\/kmip(\/2_1)?$/.test(request.routeOptions.url ?? ''))
      return done()
    done(new MortiseError('MORTISE_ROUTE_NOT_FOUND', 'this port is for KMIP alone'))
  })
}
