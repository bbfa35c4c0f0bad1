/** Nobody's honest path needs as much; a hostile one is not to need more time than this is worth. */
const limits = {
  /** Signatures verified. */
  signatures: 100,
  /** Certificates tried as an issuer. */
  steps: 1_000,
  /** Names compared with name constraints. */
  comparisons: 250_000,
} as const

/** What one validation may still spend. */
export class Budget {
  readonly #left: Record<keyof typeof limits, number> = { ...limits }

  /** False when there is not as much left. */
  spend(what: keyof typeof limits, much = 1): boolean {
    this.#left[what] -= much
    return this.#left[what] >= 0
  }

  /** Whether something was asked for that was not there. */
  get isExceeded(): boolean {
    return Object.values(this.#left).some((left) => left < 0)
  }
}
