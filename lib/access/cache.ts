interface Entry<Value> {
  readonly loading: Promise<Value | undefined>
  /** Once it is there. */
  value: Value | undefined
}

/**
 * A bounded cache that loads what it lacks and drops what was not used for longest. It keeps the promises of loads, so
 * that callers share one, and so that a load which {@link Cache.forget} overtakes answers those who wait for it but is
 * not kept. What is absent or failed to load is not kept either.
 */
export class Cache<Value> {
  readonly #entries = new Map<string, Entry<Value>>()
  readonly #size: number
  readonly #load: (key: string) => Promise<Value | undefined>

  /** @param size the largest number of entries */
  constructor(size: number, load: (key: string) => Promise<Value | undefined>) {
    this.#size = size
    this.#load = load
  }

  get(key: string): Promise<Value | undefined> {
    const entry = this.#entries.get(key)
    if (entry) {
      this.#entries.delete(key)
      this.#entries.set(key, entry)
      return entry.loading
    }
    return this.#add(key)
  }

  /** What is in memory already, without waiting. */
  known(key: string): Value | undefined {
    const entry = this.#entries.get(key)
    if (entry?.value === undefined) return undefined
    this.#entries.delete(key)
    this.#entries.set(key, entry)
    return entry.value
  }

  forget(key: string): void {
    this.#entries.delete(key)
  }

  forgetAll(): void {
    this.#entries.clear()
  }

  #add(key: string): Promise<Value | undefined> {
    const entry: Entry<Value> = { loading: this.#load(key), value: undefined }
    this.#entries.set(key, entry)
    const drop = () => {
      if (this.#entries.get(key) === entry) this.#entries.delete(key)
    }
    entry.loading.then((value) => {
      entry.value = value
      if (value === undefined) drop()
    }, drop)
    if (this.#entries.size > this.#size) {
      for (const oldest of this.#entries.keys()) {
        this.#entries.delete(oldest)
        break
      }
    }
    return entry.loading
  }
}
