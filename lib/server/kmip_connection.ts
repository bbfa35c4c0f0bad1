import type { TLSSocket } from 'node:tls'
import { isMortiseError } from '../errors/index.js'
import { shownBy } from '../faces/http/index.js'
import { type Engine, framerOf } from '../faces/kmip/index.js'

const second = 1000
/** How long a connection may take, in milliseconds. */
export interface Patience {
  /** Between two messages: clients keep their connections open for the next one. */
  readonly idle: number
  /** From the first byte of a message to its last, and for an answer to be taken. */
  readonly message: number
}

export const patience: Patience = { idle: 600 * second, message: 30 * second }

export interface ConnectionOptions {
  readonly engine: Engine
  readonly open: boolean
  /** Bytes. */
  readonly largestMessage: number
  /** Beginning of the ids of its requests. */
  readonly id: string
  readonly patience: Patience
}

/**
 * TTLV over one TLS connection: one message after the other, answered in their order. Once more has come while one is answered or its
 * answer not taken, nothing is read until it is, so that a connection holds one message, one answer and one read at most.
 */
export class KmipConnection {
  readonly #socket: TLSSocket
  readonly #options: ConnectionOptions
  readonly #framer: ReturnType<typeof framerOf>
  #requests = 0
  #deadline: NodeJS.Timeout | undefined
  #busy = false
  #ended = false
  #closing = false

  constructor(socket: TLSSocket, options: ConnectionOptions) {
    this.#socket = socket
    this.#options = options
    this.#framer = framerOf(options.largestMessage)
    socket.setTimeout(options.patience.idle, () => socket.destroy())
    socket.once('close', () => clearTimeout(this.#deadline))
    socket.on('data', (chunk: Buffer) => this.#take(chunk))
    // The client has said all that it will, and may still wait for the answer.
    socket.on('end', () => {
      this.#ended = true
      if (!this.#busy) socket.end()
    })
  }

  /** Ends it once the message under way is answered. */
  close(): void {
    this.#closing = true
    if (!this.#busy) this.#socket.end()
  }

  #take(chunk: Buffer): void {
    this.#framer.push(chunk)
    if (this.#busy) {
      this.#socket.pause()
      return
    }
    this.#busy = true
    this.#answerAll().then(
      () => this.#rest(),
      () => this.#socket.destroy(),
    )
  }

  /** @throws what the socket throws: nobody is there any more */
  async #answerAll(): Promise<void> {
    while (!this.#socket.destroyed) {
      const entrance = this.#entrance()
      let answer: Buffer
      let isLast = this.#closing
      try {
        const message = this.#framer.next()
        if (!message) return
        answer = await this.#options.engine.answer(message, entrance)
      } catch (error) {
        if (!isMortiseError(error)) throw error
        // Nobody knows where the next message would begin.
        answer = this.#options.engine.refusal(error, entrance)
        isLast = true
      }
      await this.#write(answer)
      if (isLast) {
        this.#closing = true
        return
      }
    }
  }

  async #write(answer: Buffer): Promise<void> {
    if (this.#socket.destroyed || this.#socket.write(answer) || this.#socket.closed) return
    const socket = this.#socket
    const tooSlow = setTimeout(() => socket.destroy(), this.#options.patience.message)
    await new Promise<void>((resolve) => {
      const done = () => {
        socket.off('drain', done).off('close', done)
        resolve()
      }
      socket.on('drain', done).on('close', done)
    })
    clearTimeout(tooSlow)
  }

  #rest(): void {
    this.#busy = false
    if (this.#socket.destroyed) return
    if (this.#closing || this.#ended) {
      this.#socket.end()
      return
    }
    this.#watch()
    if (this.#socket.isPaused()) this.#socket.resume()
  }

  /** A message that has begun must come to its end, however often a byte of it comes. */
  #watch(): void {
    if (this.#framer.waiting === 0) {
      clearTimeout(this.#deadline)
      this.#deadline = undefined
      return
    }
    this.#deadline ??= setTimeout(() => this.#socket.destroy(), this.#options.patience.message)
  }

  #entrance() {
    const { open, id } = this.#options
    const chain = shownBy(this.#socket)
    return {
      open,
      door: {
        face: 'kmip',
        request: `${id}.${++this.#requests}`,
        address: this.#socket.remoteAddress?.replace(/^::ffff:/, ''),
        connection: this.#socket,
        ...(chain.length > 0 && { chain }),
      },
    }
  }
}
