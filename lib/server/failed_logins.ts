import { MortiseError } from '../errors/index.js'

const minute = 60_000
/** Addresses that are remembered: those that fail for longest go first. */
const mostAddresses = 10_000

/** Counts the failed logins of each address, where no HTTP does: an address with too many in a minute is refused for a while. */
export class FailedLogins {
  readonly #most: number
  readonly #counts = new Map<string, { count: number; until: number }>()

  /** @param most in a minute; 0 for no limit */
  constructor(most: number) {
    this.#most = most
  }

  /** @throws MORTISE_RATE_LIMITED */
  mayTry(address = ''): void {
    const entry = this.#counts.get(address)
    if (this.#most === 0 || !entry || entry.count < this.#most) return
    const left = entry.until - performance.now()
    if (left <= 0) this.#counts.delete(address)
    else
      throw new MortiseError(
        'MORTISE_RATE_LIMITED',
        `too many failed logins from this address: wait ${Math.ceil(left / 1000)} s`,
      )
  }

  failed(address = ''): void {
    const now = performance.now()
    const entry = this.#counts.get(address)
    const current = entry && entry.until > now ? entry : { count: 0, until: now + minute }
    current.count++
    this.#counts.delete(address)
    this.#counts.set(address, current)
    const [oldest] = this.#counts.keys()
    if (this.#counts.size > mostAddresses && oldest !== undefined) this.#counts.delete(oldest)
  }
}
