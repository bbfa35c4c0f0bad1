import { once } from 'node:events'
import { isIP } from 'node:net'
import { type ConnectionOptions, connect, type TLSSocket } from 'node:tls'
import type { TtlvFramer, TtlvMessage } from '../../native/index.js'
import { framerOf } from './framer.js'

/** Whom to connect to, and how long to wait. */
export interface Outgoing extends Pick<ConnectionOptions, 'ca' | 'cert' | 'key'> {
  readonly host: string
  readonly port: number
  /** Milliseconds for the connection, and for each answer. */
  readonly patience: number
  /** Bytes of an answer. */
  readonly largestAnswer: number
}

/** The other side has ended the connection, with nothing said. */
export class Ended extends Error {}

/** A connection to somebody who speaks KMIP over mutual TLS, who is asked one thing at a time. */
export class OutgoingConnection {
  readonly #socket: TLSSocket
  readonly #framer: TtlvFramer
  readonly #patience: number

  private constructor(socket: TLSSocket, { largestAnswer, patience }: Outgoing) {
    this.#socket = socket
    this.#framer = framerOf(largestAnswer)
    this.#patience = patience
  }

  /** Throws what fails of TCP or TLS. */
  static async open(to: Outgoing): Promise<OutgoingConnection> {
    const { host, port, ca, cert, key, patience } = to
    const socket = connect({
      ...{ host, port, ca, cert, key },
      minVersion: 'TLSv1.2',
      ...(isIP(host) === 0 && { servername: host }),
    })
    try {
      await once(socket, 'secureConnect', { signal: AbortSignal.timeout(patience) })
    } catch (error) {
      socket.destroy()
      throw error
    }
    // What goes wrong between two messages is found out by the next.
    socket.on('error', () => undefined)
    return new OutgoingConnection(socket, to)
  }

  /** Sends a message and waits for the answer. @throws {@link Ended}, MORTISE_KMIP_MALFORMED */
  exchange(message: Uint8Array): Promise<TtlvMessage> {
    const socket = this.#socket
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => settle(() => reject(new Error('it does not answer'))), this.#patience)
      const settle = (end: () => void) => {
        clearTimeout(timer)
        socket.off('data', take).off('error', fail).off('close', ended)
        end()
      }
      const fail = (error: Error) => settle(() => reject(error))
      const ended = () => settle(() => reject(new Ended('it ended the connection without an answer')))
      const take = (chunk: Buffer) => {
        try {
          this.#framer.push(chunk)
          const answer = this.#framer.next()
          if (answer) settle(() => resolve(answer))
        } catch (error) {
          settle(() => reject(error))
        }
      }
      if (socket.destroyed) return ended()
      socket.on('data', take).on('error', fail).on('close', ended)
      socket.write(message)
    })
  }

  close(): void {
    this.#socket.destroy()
  }
}
