import type { TtlvDecoder } from './decoder.js'
import type { TtlvMessage } from './message.js'

const nothing: Buffer = Buffer.alloc(0)
const smallest = 64

/**
 * Cuts what a connection brings into messages, however it was cut: several may come at once, and one in many pieces. The length
 * of a message is checked before any more of it is kept than its header, and memory is taken for what has come, not for what was announced.
 */
export class TtlvFramer {
  readonly #decoder: TtlvDecoder
  /** What has come and is no message yet lies from `start` to `end`. */
  #bytes = nothing
  #start = 0
  #end = 0
  /** Whether the bytes are memory of ours, which may be written to behind `end`. */
  #own = false
  /** Bytes of the message that is not whole; 0 where it is not known. */
  #awaited = 0

  constructor(decoder: TtlvDecoder) {
    this.#decoder = decoder
  }

  /** Bytes that wait for the rest of their message. */
  get waiting(): number {
    return this.#end - this.#start
  }

  /** Takes what has come. It must not be written to any more: messages are views of it. */
  push(chunk: Buffer): void {
    const waiting = this.waiting
    if (waiting === 0) {
      this.#bytes = chunk
      this.#start = 0
      this.#end = chunk.length
      this.#own = false
      return
    }
    if (!this.#own || this.#bytes.length - this.#end < chunk.length) this.#move(waiting + chunk.length)
    chunk.copy(this.#bytes, this.#end)
    this.#end += chunk.length
  }

  /**
   * The next message, or nothing where the rest of it has not come.
   *
   * @throws MORTISE_KMIP_MALFORMED or MORTISE_INPUT_TOO_LARGE: the connection is lost, because nobody knows where the next one
   *   would begin
   */
  next(): TtlvMessage | undefined {
    if (this.waiting === 0 || this.waiting < this.#awaited) return undefined
    const bytes = this.#end === this.#bytes.length ? this.#bytes : this.#bytes.subarray(0, this.#end)
    const message = this.#decoder.decodeFirst(bytes, this.#start)
    if (typeof message === 'number') {
      this.#awaited = message
      return undefined
    }
    this.#awaited = 0
    this.#start = message.end
    return message
  }

  /** To new memory, since messages may still be read from where it lies. Each byte is moved twice at most, on average. */
  #move(needed: number): void {
    const bytes = Buffer.allocUnsafeSlow(Math.max(needed, smallest, Math.min(2 * needed, this.#awaited)))
    this.#bytes.copy(bytes, 0, this.#start, this.#end)
    this.#bytes = bytes
    this.#end -= this.#start
    this.#start = 0
    this.#own = true
  }
}
