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

  /** @param load for what takes more than the key to load */
  get(key: string, load = this.#load): Promise<Value | undefined> {
    return (this.#used(key) ?? this.#add(key, load)).loading
  }

  /** What is in memory already, without waiting. */
  known(key: string): Value | undefined {
    return this.#used(key)?.value
  }

  forget(key: string): void {
    this.#entries.delete(key)
  }

  forgetAll(): void {
    this.#entries.clear()
  }

  #used(key: string): Entry<Value> | undefined {
    const entry = this.#entries.get(key)
    // The order matters only where something may be dropped soon, and keeping it costs more than finding the entry.
    if (entry && this.#entries.size > this.#size / 2) {
      this.#entries.delete(key)
      this.#entries.set(key, entry)
    }
    return entry
  }

  #add(key: string, load: (key: string) => Promise<Value | undefined>): Entry<Value> {
    const entry: Entry<Value> = { loading: load(key), value: undefined }
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
    return entry
  }
}
