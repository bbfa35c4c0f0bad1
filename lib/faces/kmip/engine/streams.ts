import { randomBytes } from 'node:crypto'
import { refuse } from './refusal.js'

/** Data in parts is kept until the last has come: so many bytes of one stream and of all, so many streams, for so long. */
const mostOfStream = 16 * 2 ** 20
const mostOfAll = 128 * 2 ** 20
const mostStreams = 1000
const lifetime = 300_000

export interface Stream {
  readonly principal: string
  readonly operation: string
  readonly begun: unknown
  readonly parts: Buffer[]
  readonly until: number
  size: number
}

/** What has come of data whose last part has not (KMIP 2.1 section 7.8). It is lost with the process. */
export class Streams {
  readonly #streams = new Map<string, Stream>()
  #size = 0

  begin(stream: Omit<Stream, 'parts' | 'size' | 'until'>): Buffer {
    this.#forgetOld()
    if (this.#streams.size >= mostStreams)
      throw refuse('ServerLimitExceeded', 'too much data is under way in parts: end what was begun')
    const correlation = randomBytes(16)
    const until = performance.now() + lifetime
    this.#streams.set(correlation.toString('hex'), { ...stream, parts: [], size: 0, until })
    return correlation
  }

  /** @throws InvalidCorrelationValue for one of nobody, of somebody else, and of another operation */
  find(correlation: Buffer, principal: string, operation: string): Stream {
    this.#forgetOld()
    const stream = this.#streams.get(correlation.toString('hex'))
    if (stream?.principal === principal && stream.operation === operation) return stream
    throw refuse('InvalidCorrelationValue', 'there is no such data under way: begin again')
  }

  /** Keeps a copy: the message shares its memory with others. @throws ServerLimitExceeded */
  add(correlation: Buffer, stream: Stream, part: Buffer): void {
    if (stream.size + part.length > mostOfStream || this.#size + part.length > mostOfAll) {
      this.end(correlation, stream)
      throw refuse('ServerLimitExceeded', `data in parts may have ${mostOfStream} bytes`)
    }
    stream.parts.push(Buffer.from(part))
    stream.size += part.length
    this.#size += part.length
  }

  end(correlation: Buffer, stream: Stream): Buffer {
    const whole = Buffer.concat(stream.parts)
    this.#forget(correlation.toString('hex'), stream)
    return whole
  }

  #forget(key: string, stream: Stream): void {
    this.#streams.delete(key)
    this.#size -= stream.size
    for (const part of stream.parts) part.fill(0)
  }

  #forgetOld(): void {
    const now = performance.now()
    for (const [key, stream] of this.#streams) {
      if (stream.until > now) return
      this.#forget(key, stream)
    }
  }
}
