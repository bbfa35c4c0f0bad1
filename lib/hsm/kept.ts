/** Things that are kept for their next use, by id; the one not used for longest goes first. */
export class Kept<Thing> {
  readonly #most: number
  readonly #drop: (thing: Thing) => void
  readonly #things = new Map<string, Thing>()

  /** @param drop called with whatever is not kept any more */
  constructor(most: number, drop: (thing: Thing) => void) {
    this.#most = most
    this.#drop = drop
  }

  /** The one that is kept, or else the one that is made now. */
  get(id: string, make: () => Thing): Thing {
    const kept = this.#things.get(id)
    if (kept !== undefined) {
      // The order matters only where something may be dropped soon, and keeping it costs more than finding the thing.
      if (this.#things.size > this.#most / 2) {
        this.#things.delete(id)
        this.#things.set(id, kept)
      }
      return kept
    }
    const made = make()
    this.#things.set(id, made)
    if (this.#things.size > this.#most) {
      const [oldest] = this.#things.keys()
      if (oldest !== undefined) this.forget(oldest)
    }
    return made
  }

  forget(id: string): void {
    const kept = this.#things.get(id)
    if (kept === undefined) return
    this.#things.delete(id)
    this.#drop(kept)
  }

  forgetAll(): void {
    for (const id of [...this.#things.keys()]) this.forget(id)
  }
}
