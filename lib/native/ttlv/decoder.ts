import type { Addon } from '../addon.js'
import { faultError, incomplete, malformed, tooManyItems } from './fault.js'
import { TtlvMessage } from './message.js'

export interface TtlvLimits {
  /** Bytes of a message. Default 1 MiB. */
  readonly largestMessage?: number
  /**
   * Refuses what clients are known to do wrong: eight zero bytes behind a text that needs no padding (PyKMIP), and a Big Integer whose
   * length is no multiple of eight. Default false.
   */
  readonly strict?: boolean
}

/** A message takes 16 bytes an item of this: several share one, and it goes when the last of them does. */
const nodesOfSlab = 8192
const mostItems = 2 ** 17
const above = 2 ** 32

/**
 * Decodes messages into tapes. A message is validated as a whole: lengths, types, paddings, UTF-8, 32 levels of structures, 131,072
 * items and 1,000 batch items at most. What tags and values mean is left to others: unknown ones survive.
 */
export class TtlvDecoder {
  readonly #decode: ReturnType<Addon['ttlvDecoder']>
  #tape = newTape(nodesOfSlab)
  #used = 0

  constructor(native: Addon, { largestMessage = 2 ** 20, strict = false }: TtlvLimits = {}) {
    this.#decode = native.ttlvDecoder(largestMessage, strict)
  }

  /**
   * Decodes what must be one message, and nothing else.
   *
   * @throws MORTISE_KMIP_MALFORMED, or MORTISE_INPUT_TOO_LARGE; `details.offset` is that of the item
   */
  decode(bytes: Buffer): TtlvMessage {
    const message = this.decodeFirst(bytes, 0)
    if (typeof message === 'number') throw malformed('it ends before its length says')
    if (message.end !== bytes.length) throw malformed('something stands behind it')
    return message
  }

  /**
   * Decodes the message that begins at `start`, whatever is behind it.
   *
   * @returns where it is not whole, how many bytes it has: 0 where these are too few to know. Less than the limit, or it throws
   * @throws as decode
   */
  decodeFirst(bytes: Buffer, start: number): TtlvMessage | number {
    let end = this.#decode(bytes, start, this.#tape, this.#used)
    if (end < 0 && Math.floor(-end / above) === tooManyItems) {
      const items = Math.min(Math.floor((bytes.length - start) / 8), mostItems)
      if (this.#tape.length / 4 - this.#used < items) {
        this.#tape = newTape(Math.max(items, nodesOfSlab))
        this.#used = 0
        end = this.#decode(bytes, start, this.#tape, 0)
      }
    }
    if (end < 0) return refuse(-end, start)
    const message = new TtlvMessage(bytes, this.#tape, this.#used)
    this.#used = end
    return message
  }
}

function refuse(result: number, start: number): number {
  const fault = Math.floor(result / above)
  const at = result % above
  if (fault === incomplete) return at
  throw faultError(fault, at - start)
}

/** Not zeroed, which takes longer than decoding: only what has been decoded is ever read. */
function newTape(nodes: number): Uint32Array {
  const { buffer } = Buffer.allocUnsafeSlow(nodes * 16)
  return new Uint32Array(buffer)
}
