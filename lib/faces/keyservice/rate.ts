import type { FastifyReply } from 'fastify'
import { MortiseError } from '../../errors/index.js'

const minute = 60_000
/** Further ones push out those that came first. */
const mostKeys = 100_000

/** How often something may happen in a minute, of each of many. It is counted by this process alone. */
export class Rate {
  readonly #most: number
  readonly #counts = new Map<string, number>()
  #window = 0

  /** @param most 0 for no limit */
  constructor(most: number) {
    this.#most = most
  }

  /** Counts one. @throws MORTISE_RATE_LIMITED for one too many */
  take(key: string, reply: FastifyReply): void {
    this.#require(key, reply)
    this.#count(key)
  }

  /** Does something, and counts where it fails. @throws MORTISE_RATE_LIMITED where it has failed too often */
  async watch<T>(key: string, reply: FastifyReply, work: () => Promise<T>): Promise<T> {
    this.#require(key, reply)
    try {
      return await work()
    } catch (error) {
      this.#count(key)
      throw error
    }
  }

  #require(key: string, reply: FastifyReply): void {
    if (this.#most === 0) return
    const now = performance.now()
    const window = Math.floor(now / minute)
    if (window !== this.#window) this.#counts.clear()
    this.#window = window
    if ((this.#counts.get(key) ?? 0) < this.#most) return
    reply.header('retry-after', Math.ceil(((window + 1) * minute - now) / 1000))
    throw new MortiseError('MORTISE_RATE_LIMITED', 'Too many requests.')
  }

  #count(key: string): void {
    if (this.#most === 0) return
    const [first] = this.#counts.keys()
    if (this.#counts.size >= mostKeys && first !== undefined) this.#counts.delete(first)
    this.#counts.set(key, (this.#counts.get(key) ?? 0) + 1)
  }
}
