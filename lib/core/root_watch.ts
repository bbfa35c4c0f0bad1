import { isMortiseError } from '../errors/index.js'
import { native } from '../native/index.js'
import type { Follower } from './follower.js'
import type { Services } from './services.js'

/** Milliseconds between two looks at the token, at most and at least. */
const longestInterval = 10_000
const shortestInterval = 500

/** How the root key on a token is doing. */
export interface RootKeyHealth {
  readonly sealed: boolean
  /** Why the token did not unwrap the root key when it was last asked; null when it did. */
  readonly failure: string | null
  /** Milliseconds since 1970 when it last did. */
  readonly seen: number
}

/**
 * Sees to it that a store whose root key is on a token is open only as long as the token is there: it has the root key unwrapped again
 * and again. Without an answer nothing is written at once, and all else goes on with the keyring in memory for the time of grace; then the barrier is sealed, leases end,
 * keys are wiped, and everything is refused, until the token answers again.
 */
export class RootWatch {
  readonly #services: Services
  readonly #follower: Follower
  readonly #grace: number
  #timer: NodeJS.Timeout | undefined
  #looking: Promise<void> | undefined
  #failure: string | null = null
  #seen: number

  /** @param grace milliseconds */
  constructor(services: Services, follower: Follower, grace: number) {
    this.#services = services
    this.#follower = follower
    this.#grace = grace
    this.#seen = services.clock.now()
    this.#next()
  }

  get health(): RootKeyHealth {
    return { sealed: this.#services.barrier.isSealed, failure: this.#failure, seen: this.#seen }
  }

  /** Looks now. */
  look(): Promise<void> {
    this.#looking ??= this.#look().finally(() => {
      this.#looking = undefined
    })
    return this.#looking
  }

  async stop(): Promise<void> {
    clearTimeout(this.#timer)
    this.#timer = undefined
    await this.#looking
    clearTimeout(this.#timer)
  }

  #next(): void {
    const interval =
      this.#failure === null
        ? Math.max(shortestInterval, Math.min(this.#grace / 3, longestInterval))
        : shortestInterval
    this.#timer = setTimeout(() => void this.look().then(() => this.#next()), interval).unref()
  }

  async #look(): Promise<void> {
    const { barrier, clock } = this.#services
    try {
      await barrier.wrappings.reach()
      if (barrier.isSealed) {
        await barrier.unseal()
        // What was kept is of before.
        this.#follower.forget(null)
      }
      barrier.refuseWrites(false)
      this.#failure = null
      this.#seen = clock.now()
    } catch (error) {
      this.#failure = isMortiseError(error) ? error.message : String(error)
      // A token that has too much to do is there.
      if (!isMortiseError(error, 'MORTISE_HSM_BUSY')) barrier.refuseWrites(true)
      if (clock.now() - this.#seen >= this.#grace && !barrier.isSealed) this.#seal()
    }
  }

  #seal(): void {
    const { barrier, store, providers } = this.#services
    barrier.seal()
    native.endLeases(store.id, null, null)
    for (const provider of providers) provider.forgetAll()
    this.#follower.forget(null)
  }
}
